"""Decodes a reply of OpenAI's chat protocol: takes bytes as they arrive, returns pieces. Pure.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Collection, Iterator
from typing import Any

from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.decoding.sse import Record
from g4f_lite.decoding.sse_reply import SseReplyDecoder
from g4f_lite.decoding.tool_calls import ToolCallParser
from g4f_lite.pieces import Finish, FinishReason, Piece, Usage

DONE = "[DONE]"
REASONING_MEMBERS = ("reasoning_content", "reasoning", "reasoning_text")
CONTENT_MEMBERS = ("content", "refusal")
TOOL_MEMBERS = ("tool_calls", "function_call")
FINISH_REASONS: dict[str, FinishReason] = {
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "content_filter": "content_filter",
    "safety": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "spii": "content_filter",
}
"""The services' reasons for the end of a reply; any other is a plain stop. Gemini writes its own in capitals."""
BREAKS = {"error": 500, "abort": 500, "insufficient_system_resource": 503}
"""Reasons that mean a failure instead of an end, and the status of each."""


class OpenAIReply(SseReplyDecoder):
    """One reply. It has finished when the service sent a reason."""

    def __init__(self, provider: str, secrets: Collection[str] = (), *, offers_tools: bool = False) -> None:
        super().__init__(provider, secrets)
        self._offers_tools = offers_tools
        self._finish = ""
        self._usage: Usage | None = None
        self._has_answered = False
        self._calls_tool = False
        self._calls = ToolCallParser(self.texts)

    @property
    def has_finished(self) -> bool:
        return bool(self._finish)

    def take_record(self, record: Record, pieces: list[Piece]) -> None:
        if record.error or record.event == "error":
            raise self.error_from_record(_json_or_none(record.error or record.data))
        if record.data.lstrip().startswith(DONE):
            self.is_over = True
        for value in self.values(record.data):
            self._chunk(value, pieces)

    def take_whole(self, value: Any, pieces: list[Piece]) -> None:
        for one in _dicts(value) or [value]:  # Gemini wraps an error in a list
            if not isinstance(one, dict):
                raise self.malformed("unexpected JSON")
            self._chunk(one, pieces)
        if not self.texts.size and not self.has_finished:
            raise self.malformed("an answer without a message")
        self._finish = self._finish or "stop"  # a whole body has always finished

    def conclusion(self) -> Iterator[Piece]:
        if not self.has_finished:
            self._check_unfinished()
        if self._calls_tool and not self._has_answered and not self._offers_tools:
            raise self.malformed("a call of a tool that was not offered, instead of an answer")
        reason = FINISH_REASONS.get(self._finish, "stop")
        yield from self._calls.end(is_cut=reason != "stop")
        if self._usage:
            yield self._usage
        yield Finish("tool_calls" if reason == "stop" and self._calls else reason)

    def _check_unfinished(self) -> None:
        """Raise the error that a missing reason means, unless `[DONE]` came after text."""
        if not self.is_over:
            raise self.cut()
        if not self.texts.size:
            raise self.malformed("an end without an answer")

    def _chunk(self, value: dict[str, Any], pieces: list[Piece]) -> None:
        choices = [choice for choice in _dicts(value.get("choices")) if not choice.get("index")]
        for choice in choices:
            self._choice(choice, pieces)
        for failure in filter(None, map(_failure, [value, *choices])):
            raise self.error_from_record(failure)
        for finish in filter(None, (choice.get("finish_reason") for choice in choices)):
            self._finish = str(finish).lower()
        if usage := value.get("usage") or _groq(value).get("usage"):
            self._usage = _usage(usage) or self._usage

    def _choice(self, choice: dict[str, Any], pieces: list[Piece]) -> None:
        delta = choice.get("delta") or choice.get("message")
        if isinstance(delta, dict):
            self._delta(delta, pieces)

    def _delta(self, delta: dict[str, Any], pieces: list[Piece]) -> None:
        for member in REASONING_MEMBERS:
            if reasoning := delta.get(member):
                self.texts.add_reasoning(_text(reasoning), pieces)
                break
        for member in CONTENT_MEMBERS:
            if content := delta.get(member):
                self._content(content, pieces)
        self._calls_tool = self._calls_tool or any(map(delta.get, TOOL_MEMBERS))
        if self._offers_tools and (parts := delta.get("tool_calls") or _old_call(delta)):
            self._calls.feed(parts, pieces)

    def _content(self, content: Any, pieces: list[Piece]) -> None:
        """Add a text, or a list of parts. A part of the type `thinking` holds parts itself (Mistral)."""
        for part in [{"text": content}] if isinstance(content, str) else _dicts(content):
            if part.get("type") == "thinking":
                self.texts.add_reasoning(_text(part.get("thinking")), pieces)
            elif text := _text([part]):
                self._has_answered = True
                self.texts.add_content(text, pieces)


def _failure(part: dict[str, Any]) -> dict[str, Any] | None:
    """Return the failure in a chunk, or in a choice of it; None if there is none."""
    if part.get("error") or part.get("object") == "error":
        return part
    if error := _groq(part).get("error"):
        return {"error": error}
    status = BREAKS.get(str(part.get("finish_reason")))
    return {"code": status} if status else None


def _groq(chunk: dict[str, Any]) -> dict[str, Any]:
    """Return Groq's addition to a chunk; source: https://console.groq.com/docs/api-reference#chat-create."""
    added = chunk.get("x_groq")
    return added if isinstance(added, dict) else {}


def _old_call(delta: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a `function_call`, the predecessor of `tool_calls`."""
    call = delta.get("function_call")
    return [{"index": 0, "function": call}] if call else []


def _text(value: Any) -> str:
    """Return a text, or the joined texts of a list of parts `{"type": "text", "text"}`."""
    if isinstance(value, str):
        return value
    texts = [part.get("text") for part in _dicts(value)]
    return "".join(text for text in texts if isinstance(text, str))


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    counts = value.get("prompt_tokens", 0), value.get("completion_tokens", 0)
    return Usage(*counts) if any(counts) and all(map(is_count, counts)) else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none if the value is not a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _json_or_none(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
