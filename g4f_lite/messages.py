"""Messages, images and parameters, as a provider gets them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple, cast

from g4f_lite.errors import ImageNotSupportedError

Role = Literal["system", "user", "assistant"]

ROLES: dict[str, Role] = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
"""The roles of other programs, by name."""

DATA_URL = re.compile(r"data:([a-z]+/[a-z0-9.+-]+);base64,([A-Za-z0-9+/]+)={0,2}")


CHARACTERS_PER_TOKEN = 4
"""The average of English text, in current tokenizers."""

ONE_TOKEN_EACH = re.compile("[\u2e80-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
"""Chinese, Japanese and Korean characters, about one token each."""


class Inline(NamedTuple):
    """The data of an image. media_type: such as `image/png`. data: base64, without line breaks, padded."""

    media_type: str
    data: str


@dataclass(frozen=True, slots=True)
class Image:
    """An image in a message. `url` begins with https:// or http://, or is `data:<media type>;base64,<data>`."""

    url: str

    @property
    def inline(self) -> Inline | None:
        """The image's data, or None if there is only its address."""
        match = DATA_URL.fullmatch(self.url)
        if not match or len(match[2]) % 4 == 1:  # a length that base64 never has
            return None
        return Inline(match[1], match[2] + "=" * (-len(match[2]) % 4))


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation. `content` is the text as written, Markdown included.

    extra: members of the message in OpenAI's protocol, for providers that support tools: calls and results. A result is
    a message of the user, which other providers take as such.
    """

    role: Role
    content: str
    images: tuple[Image, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Params:
    """The parameters of a reply. None, or empty: the service's own default.

    Units: max_tokens in tokens; temperature 0 to 2; top_p 0 to 1.
    extra: members of the request in OpenAI's protocol. Members that change the meaning of the answer go only to
    providers that support them. Providers ignore members that only tune the model, if they do not know them.
    """

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    extra_body: Mapping[str, Any] = field(default_factory=dict)
    """Members of the request as the model's entry has them, for kinds that can take any."""

    def given(self) -> dict[str, Any]:
        """Return only the parameters that are set, by name, without the extras."""
        pairs = {
            "temperature": self.temperature,
            "top_p": self.top_p,
            "max_tokens": self.max_tokens,
            "stop": list(self.stop) or None,
        }
        return {name: value for name, value in pairs.items() if value is not None}


def conversation(*contents: str) -> list[Message]:
    """Return messages of alternating roles, beginning with the user's."""
    roles: tuple[Role, Role] = ("user", "assistant")
    return [Message(roles[index % 2], content) for index, content in enumerate(contents)]


def message_of(value: Mapping[str, Any]) -> Message:
    """Return the message of a dictionary in OpenAI's format; members other than these are ignored.

    value: `role`, and `content`: a text, null, or a list of parts `{"type": "text", "text"}` and
    `{"type": "image_url", "image_url": {"url"}}`.
    Raises: ValueError, with a sentence, for anything else.
    Source: https://platform.openai.com/docs/api-reference/chat/create#chat-create-messages
    """
    role, content = value.get("role"), value.get("content")
    if not isinstance(role, str) or role not in ROLES:
        found = f", not {role[:100]!r}" if isinstance(role, str) else ""
        raise ValueError(f"A message's role must be system, user or assistant{found}.")
    parts = content if isinstance(content, list) else [{"type": "text", "text": "" if content is None else content}]
    texts = [part["text"] for part in parts if _is(part, "text", str)]
    images = [_image(part["image_url"]) for part in parts if _is(part, "image_url", str | dict)]
    if len(texts) + len(images) < len(parts):
        raise ValueError(
            "A message's content must be a string, or a list of parts that each have a text or an image_url."
        )
    return Message(ROLES[role], "\n".join(texts), tuple(images))


def with_system(system: str, messages: Sequence[Message]) -> list[Message]:
    """Return the messages after a system message, unless they have one already or `system` is empty."""
    if not system or any(message.role == "system" for message in messages):
        return list(messages)
    return [Message("system", system), *messages]


def without_system(messages: Sequence[Message]) -> list[Message]:
    """Return the messages with the system's text before the first question, for models without that role."""
    system = "\n\n".join(message.content for message in messages if message.role == "system")
    rest = [message for message in messages if message.role != "system"]
    first = next((at for at, one in enumerate(rest) if one.role == "user" and not one.extra), None)
    if not system or first is None:
        return [*([Message("user", system)] if system else []), *rest]
    rest[first] = replace(rest[first], content=f"{system}\n\n{rest[first].content}".rstrip())
    return rest


def flat_prompt(messages: Sequence[Message]) -> str:
    """Return the messages as `Role: content` lines and a last `Assistant:`, or the content of a single message."""
    if len(messages) == 1:
        return messages[0].content
    lines = [f"{message.role.capitalize()}: {message.content}" for message in messages]
    return "\n".join([*lines, "Assistant:"])


def refuse_images(provider: str, messages: Sequence[Message]) -> None:
    """Raise ImageNotSupportedError if there is an image: an answer that ignores it would be wrong."""
    if any(message.images for message in messages):
        raise ImageNotSupportedError(f"{provider} does not accept images. Choose a model that does.")


def estimate_tokens(text: str) -> int:
    """Return a rough number of tokens."""
    wide = len(ONE_TOKEN_EACH.findall(text))
    return wide + -(-(len(text) - wide) // CHARACTERS_PER_TOKEN)


def _is(part: Any, type_: str, shape: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == type_ and isinstance(part.get(type_), shape)


def _image(address: str | Mapping[str, Any]) -> Image:
    url = cast(str, address if isinstance(address, str) else address.get("url"))
    if not isinstance(url, str) or not (url.startswith(("http://", "https://")) or Image(url).inline):
        raise ValueError("An image's url must start with http://, https:// or data:image/…;base64,")
    return Image(url)
