"""What Anthropic's clients send. Source: https://docs.anthropic.com/en/api/messages"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field

from g4f_lite.messages import Image, Message, Params
from server.doors.question import Harmless, check_said
from server.payload import Body, check_length
from server.problems import Problem

UNCARRIED: Harmless = {"tools": ([],), "mcp_servers": ([],), "container": ()}
FORGOTTEN = ("thinking", "redacted_thinking")
"""Blocks of earlier answers that only the service that made them could read."""
SHAPES = "a list of blocks: a text, or an image whose source is base64 or a url"

Blocks = list[dict[str, Any]]


class AnthropicMessage(Body):
    role: Literal["user", "assistant"]
    content: str | Blocks


class CountBody(Body):
    """What tokens are counted of."""

    model: str
    messages: Annotated[list[AnthropicMessage], Field(min_length=1)]
    system: str | Blocks | None = None

    def said(self) -> list[Message]:
        """Return the messages behind what is for the system. Raises: Problem, which names the field."""
        system = _message("system", self.system or "", "system")
        messages = [_message(one.role, one.content, f"messages.{number}") for number, one in enumerate(self.messages)]
        check_said(messages)
        return [system, *messages] if system.content.strip() else messages


class MessagesBody(CountBody):
    """The body of a message; fields that only tune the model, and no provider knows, are left alone."""

    max_tokens: Annotated[int, Field(gt=0, le=1_000_000)]
    stream: bool | None = None
    temperature: Annotated[float, Field(ge=0, le=1)] | None = None
    top_p: Annotated[float, Field(ge=0, le=1)] | None = None
    stop_sequences: Annotated[list[str], Field(max_length=16)] | None = None

    def params(self) -> Params:
        """Return what a provider is asked for."""
        return Params(self.temperature, self.top_p, self.max_tokens, tuple(self.stop_sequences or ()))


def _message(role: Literal["system", "user", "assistant"], content: str | Blocks, field: str) -> Message:
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    known = [block for block in blocks if block.get("type") not in FORGOTTEN]
    texts = [block["text"] for block in known if block.get("type") == "text" and isinstance(block.get("text"), str)]
    images = [_image(block.get("source"), field) for block in known if block.get("type") == "image"]
    if len(texts) + len(images) < len(known):
        raise Problem("invalid_request", f"{field}: content is a text, or {SHAPES}.")
    text = "\n".join(texts)
    check_length(text, field)
    return Message(role, text, tuple(images))


def _image(source: Any, field: str) -> Image:
    if isinstance(source, Mapping):
        url = source.get("url") if source.get("type") == "url" else _data_url(source)
        if isinstance(url, str) and (url.startswith(("https://", "http://")) or Image(url).inline):
            return Image(url)
    raise Problem("invalid_request", f"{field}: an image has a source with media_type and data in base64, or a url.")


def _data_url(source: Mapping[str, Any]) -> str:
    return f"data:{source.get('media_type')};base64,{source.get('data')}"
