"""What Anthropic's clients say in messages: their blocks, and tools called and answered in them.

Source: https://docs.anthropic.com/en/api/messages
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from g4f_lite.messages import Image, Message
from g4f_lite.protocols.anthropic.tools import plain_id
from g4f_lite.protocols.functions import THOUGHTS
from server.api.bodies import check_length
from server.problems import Problem

Role = Literal["system", "user", "assistant"]
Blocks = list[dict[str, Any]]

THOUGHT = ("thinking", "redacted_thinking")
"""Blocks of earlier answers that only the service that made them could read whole."""
SHAPES = "a list of blocks: a text, or an image whose source is base64 or a url"
FAILED = "Error"
"""How the result of a tool begins that failed; OpenAI's protocol has no other place for it."""


def messages_of(role: Role, content: str | Blocks, field: str) -> Iterator[Message]:
    """Yield what a message says, the results of tools before all else. Raises: Problem, which names the field."""
    results, others = _parted(_blocks(content), "tool_result" if role == "user" else None)
    for block in results:
        yield _result(block, field)
    if others or not results:
        yield _message(role, others, field)


def _parted(blocks: Blocks, kind: str | None) -> tuple[Blocks, Blocks]:
    """Return the blocks of a kind, if there is one to look for, and the others."""
    found = [block for block in blocks if kind and block.get("type") == kind]
    return found, [block for block in blocks if not kind or block.get("type") != kind]


def _blocks(content: str | Blocks) -> Blocks:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _message(role: Role, blocks: Blocks, field: str) -> Message:
    calls, others = _parted(blocks, "tool_use" if role == "assistant" else None)
    text, images = _said([block for block in others if block.get("type") not in THOUGHT], field)
    return Message(role, text, images, _calling(calls, others, text, field) if calls else {})


def _said(blocks: Sequence[Mapping[str, Any]], field: str) -> tuple[str, tuple[Image, ...]]:
    texts = [block["text"] for block in blocks if block.get("type") == "text" and isinstance(block.get("text"), str)]
    images = [_image(block.get("source"), field) for block in blocks if block.get("type") == "image"]
    if len(texts) + len(images) < len(blocks):
        raise Problem("invalid_request", f"{field}: content is a text, or {SHAPES}.")
    text = "\n".join(texts)
    check_length(text, field)
    return text, tuple(images)


def _result(block: Mapping[str, Any], field: str) -> Message:
    id_, content = block.get("tool_use_id"), block.get("content") or ""
    if not isinstance(id_, str) or not _is_content(content):
        raise Problem("invalid_request", f"{field}: a tool_result has a tool_use_id, and a content like a message's.")
    text, images = _said(_blocks(content), field)
    if block.get("is_error") is True and not text.startswith(FAILED):
        text = f"{FAILED}: {text}"
    return Message("user", text, images, {"role": "tool", "tool_call_id": plain_id(id_)})


def _is_content(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(one, dict) for one in value))


def _calling(calls: Blocks, others: Blocks, text: str, field: str) -> dict[str, Any]:
    """Return what makes a message one that calls tools: the calls, and what the model thought before."""
    thoughts = [one["thinking"] for one in others if isinstance(one.get("thinking"), str)]
    thought = {THOUGHTS: "".join(thoughts)} if any(thoughts) else {}
    return {"tool_calls": [_call(call, field) for call in calls], **thought, **({} if text else {"content": None})}


def _call(block: Mapping[str, Any], field: str) -> dict[str, Any]:
    match block:
        case {"id": str(id_), "name": str(name), "input": dict(input_)} if name:
            function = {"name": name, "arguments": json.dumps(input_, ensure_ascii=False)}
            return {"id": plain_id(id_), "type": "function", "function": function}
    raise Problem("invalid_request", f"{field}: a tool_use has an id, a name, and an object as its input.")


def _image(source: Any, field: str) -> Image:
    if isinstance(source, Mapping):
        url = source.get("url") if source.get("type") == "url" else _data_url(source)
        if isinstance(url, str) and (url.startswith(("https://", "http://")) or Image(url).inline):
            return Image(url)
    raise Problem("invalid_request", f"{field}: an image has a source with media_type and data in base64, or a url.")


def _data_url(source: Mapping[str, Any]) -> str:
    return f"data:{source.get('media_type')};base64,{source.get('data')}"
