"""Reads the content of Anthropic's messages: text, images, tool calls and tool results.

Source: https://docs.anthropic.com/en/api/messages
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from g4f_lite.messages import Image, Message
from g4f_lite.protocols.anthropic.tools import plain_id
from g4f_lite.protocols.functions import REASONING_MEMBER
from server.api.bodies import check_length
from server.problems import Problem

Role = Literal["system", "user", "assistant"]
BlockList = list[dict[str, Any]]

THINKING = ("thinking", "redacted_thinking")
"""Blocks of earlier answers. Only the service that made them can read them."""
SHAPES = "a list of text blocks and image blocks with a base64 or url source"
FAILED = "Error"
"""How the result of a failed tool begins; OpenAI's protocol has no other place for it."""


def messages_of(role: Role, content: str | BlockList, field: str) -> Iterator[Message]:
    """Yield what one of Anthropic's messages becomes: tool results first. Raises: Problem, which names the field."""
    results, others = _split_by_type(_blocks(content), "tool_result" if role == "user" else None)
    for block in results:
        yield _tool_result(block, field)
    if others or not results:
        yield _message(role, others, field)


def _split_by_type(blocks: BlockList, type_: str | None) -> tuple[BlockList, BlockList]:
    """Return the blocks of a type, and the others; without a type all are others."""
    found = [block for block in blocks if type_ and block.get("type") == type_]
    return found, [block for block in blocks if not type_ or block.get("type") != type_]


def _blocks(content: str | BlockList) -> BlockList:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _message(role: Role, blocks: BlockList, field: str) -> Message:
    calls, others = _split_by_type(blocks, "tool_use" if role == "assistant" else None)
    text, images = _text_and_images([block for block in others if block.get("type") not in THINKING], field)
    return Message(role, text, images, _call_members(calls, others, text, field) if calls else {})


def _text_and_images(blocks: Sequence[Mapping[str, Any]], field: str) -> tuple[str, tuple[Image, ...]]:
    texts = [block["text"] for block in blocks if block.get("type") == "text" and isinstance(block.get("text"), str)]
    images = [_image(block.get("source"), field) for block in blocks if block.get("type") == "image"]
    if len(texts) + len(images) < len(blocks):
        raise Problem("invalid_request", f"{field}: content must be a string or {SHAPES}.")
    text = "\n".join(texts)
    check_length(text, field)
    return text, tuple(images)


def _tool_result(block: Mapping[str, Any], field: str) -> Message:
    id_, content = block.get("tool_use_id"), block.get("content") or ""
    if not isinstance(id_, str) or not _is_content(content):
        raise Problem(
            "invalid_request", f"{field}: a tool_result needs a tool_use_id and the same kind of content as a message."
        )
    text, images = _text_and_images(_blocks(content), field)
    if block.get("is_error") is True and not text.startswith(FAILED):
        text = f"{FAILED}: {text}"
    return Message("user", text, images, {"role": "tool", "tool_call_id": plain_id(id_)})


def _is_content(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(block, dict) for block in value))


def _call_members(calls: BlockList, others: BlockList, text: str, field: str) -> dict[str, Any]:
    """Return the members of a message with tool calls: the calls, and the model's thoughts before them."""
    thoughts = [block["thinking"] for block in others if isinstance(block.get("thinking"), str)]
    thought = {REASONING_MEMBER: "".join(thoughts)} if any(thoughts) else {}
    return {"tool_calls": [_tool_call(call, field) for call in calls], **thought, **({} if text else {"content": None})}


def _tool_call(block: Mapping[str, Any], field: str) -> dict[str, Any]:
    match block:
        case {"id": str(id_), "name": str(name), "input": dict(input_)} if name:
            function = {"name": name, "arguments": json.dumps(input_, ensure_ascii=False)}
            return {"id": plain_id(id_), "type": "function", "function": function}
    raise Problem("invalid_request", f"{field}: a tool_use needs an id, a name and an object as its input.")


def _image(source: Any, field: str) -> Image:
    if isinstance(source, Mapping):
        url = source.get("url") if source.get("type") == "url" else _data_url(source)
        if isinstance(url, str) and (url.startswith(("https://", "http://")) or Image(url).inline):
            return Image(url)
    raise Problem("invalid_request", f"{field}: an image needs a source with media_type and base64 data, or a url.")


def _data_url(source: Mapping[str, Any]) -> str:
    return f"data:{source.get('media_type')};base64,{source.get('data')}"
