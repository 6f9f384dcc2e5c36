"""The objects that a direct call of AllenAI yields beside the texts.

They print as empty texts, so a caller who prints everything prints only the answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from g4f_lite.messages import flat_prompt, message_of
from g4f_lite.pieces import Content, Finish, Piece, UpstreamState
from g4f_lite.protocols.olmo.question_form import last_question


@dataclass(eq=False)
class Conversation:
    """The messages so far, and the service's ids to continue them.

    parent: the service's id of the last answer. messages: questions and answers, as dictionaries.
    """

    model: str
    parent: str | None = None
    x_anonymous_user_id: str = field(default_factory=lambda: str(uuid4()))
    messages: list[dict[str, str]] = field(default_factory=list)

    def __str__(self) -> str:
        return ""

    def state(self) -> dict[str, str | None]:
        """Return the state with which `AllenAI.stream` continues the conversation."""
        return {"parent": self.parent, "user": self.x_anonymous_user_id}

    def with_history(self, messages: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the messages of a call, with the earlier ones in front if it is a single message."""
        return [*self.messages, *messages] if len(messages) == 1 else list(messages)

    def question(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """Return the text that a call's messages add to the conversation."""
        new = [message_of(message) for message in messages]
        return last_question(new).content if self.parent or self.messages else flat_prompt(new)

    def add(self, question: str, answer: str, state: Mapping[str, Any]) -> None:
        """Add a question and its answer. state: as in `UpstreamState`."""
        self.parent, self.x_anonymous_user_id = state["parent"], state["user"]
        self.messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


@dataclass(frozen=True, slots=True)
class FinishReason:
    """Why the reply ended: `stop` or `length`."""

    reason: str

    def __str__(self) -> str:
        return ""


class ReplyConverter:
    """Converts the pieces of a reply for a direct call, and adds the reply to its conversation."""

    def __init__(self, conversation: Conversation, question: str, wants_conversation: bool) -> None:
        self._conversation = conversation
        self._question = question
        self._wants_conversation = wants_conversation
        self._answer: list[str] = []

    def __call__(self, piece: Piece) -> str | Conversation | FinishReason | None:
        match piece:
            case Content(text):
                self._answer.append(text)
                return text
            case UpstreamState(state):
                self._conversation.add(self._question, "".join(self._answer), state)
                return self._conversation if self._wants_conversation else None
            case Finish(reason):
                return FinishReason(reason)
        return None
