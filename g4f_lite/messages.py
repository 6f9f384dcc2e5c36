"""What a conversation is made of before it reaches a provider."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class Message:
    """One contribution to a conversation. `content` is text as it was written, Markdown included."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Params:
    """How the reply should be made. What is None, or empty, is left to the service.

    Units: max_tokens in tokens; temperature 0 to 2; top_p 0 to 1.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()

    def given(self) -> dict[str, Any]:
        """Return only what was set, by name."""
        pairs = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "stop": list(self.stop) or None,
        }
        return {name: value for name, value in pairs.items() if value is not None}


def conversation(*contents: str) -> list[Message]:
    """Return messages of alternating roles whose first and last are the user's."""
    roles: tuple[Role, Role] = ("user", "assistant")
    return [Message(roles[index % 2], content) for index, content in enumerate(contents)]


def with_system(system: str, messages: Sequence[Message]) -> list[Message]:
    """Return the messages behind a system message, unless there is one already or nothing to say."""
    if not system or any(message.role == "system" for message in messages):
        return list(messages)
    return [Message("system", system), *messages]
