"""Puts images that are passed beside a conversation into its last question."""

import mimetypes
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

Medium = Mapping[str, Any] | tuple[bytes | str, str | None]
"""`{"url", "type"?}` with an address or a `data:` URL; or a pair: a file's bytes, or an address, and its name."""


def with_media(messages: Sequence[Mapping[str, Any]], media: Sequence[Medium]) -> list[Mapping[str, Any]]:
    """Return the messages with the images as parts of the last question's content.

    messages: as `messages.message_of` takes them.
    Raises: ValueError, with a sentence, if a file is not an image, or there is no question.
    """
    if not media:
        return list(messages)
    questions = [index for index, message in enumerate(messages) if message.get("role") == "user"]
    if not questions:
        raise ValueError("An image needs a user message to go with.")
    last = questions[-1]
    question = {**messages[last], "content": [*_parts(messages[last].get("content")), *map(_part, media)]}
    return [*messages[:last], question, *messages[last + 1 :]]


def _parts(content: Any) -> list[Any]:
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if content else []


def _part(medium: Medium) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": _url(medium)}}


def _url(medium: Medium) -> str:
    if isinstance(medium, Mapping):
        type_, data = medium.get("type"), medium.get("url")
    else:
        data, name = medium
        type_ = mimetypes.guess_type(name or "")[0]
    type_ = type_ or "image/png"
    if not type_.startswith("image/"):
        raise ValueError(f"Only images can be sent along with messages, not {type_[:50]}.")
    return f"data:{type_};base64,{b64encode(data).decode()}" if isinstance(data, bytes) else str(data)
