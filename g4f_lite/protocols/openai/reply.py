"""Decodes a reply of OpenAI's chat protocol: takes bytes as they arrive, returns pieces. Pure.

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

import json
from collections.abc import Collection, Iterator
from typing import Any

from g4f_lite.decoding.error_bodies import error_body_of
from g4f_lite.decoding.finish_reasons import REASONS, is_known, reason_word
from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.decoding.sse import Record
from g4f_lite.decoding.sse_reply import SseReplyDecoder
from g4f_lite.decoding.tool_calls import ToolCallParser
from g4f_lite.pieces import Finish, Piece, Usage

DONE = "[DONE]"
REASONING_MEMBERS = ("reasoning_content", "reasoning", "reasoning_text", "reasoning_details")
CONTENT_MEMBERS = ("content", "refusal")
TOOL_MEMBERS = ("tool_calls", "function_call")
TEXT_MEMBERS = ("text", "content", "value", "summary")
"""Where an object in place of a text has it."""
DEEPEST_TEXT = 4
"""Lists and objects in each other: a list of parts, whose text is an object, and one to spare."""
BREAKS = {"error": 500, "abort": 500, "insufficient_system_resource": 503}
"""Reasons that mean a failure instead of an end, and the status of each."""


class OpenAIReply(SseReplyDecoder):
    """One reply. It has finished when the service sent a reason."""

    def __init__(self, provider: str, secrets: Collection[str] = (), *, offers_tools: bool = False) -> None:
        super().__init__(provider, secrets)
        self._offers_tools = offers_tools
        self._finish = ""
        self._usage: Usage | None = None
        self._is_streamed = False
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
        reason = REASONS.get(self._finish, "stop")
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
        if not choices:
            self.raise_complaint(value)
        for choice in choices:
            self._finish = reason_word(choice.get("finish_reason")) or self._finish
        in_choices = (choice.get("usage") for choice in choices)  # Moonshot
        if usage := value.get("usage") or _groq(value).get("usage") or next(filter(None, in_choices), None):
            self._usage = _usage(usage) or self._usage

    def _choice(self, choice: dict[str, Any], pieces: list[Piece]) -> None:
        """Take a choice: what it adds, or a whole message, which at the end of a stream repeats what it had."""
        is_last = bool(reason_word(choice.get("finish_reason")))
        delta, message = choice.get("delta"), choice.get("message")
        if text := choice.get("text"):
            delta = {"content": text}
        if delta and isinstance(delta, dict):
            self._is_streamed = True
            self._delta(delta, pieces, is_last)
        elif isinstance(message, dict):
            is_repetition = self._is_streamed and self.texts.size > 0
            self._delta({"tool_calls": message.get("tool_calls")} if is_repetition else message, pieces)

    def _delta(self, delta: dict[str, Any], pieces: list[Piece], is_last: bool = False) -> None:
        thought = next(filter(None, (_text(delta.get(member)) for member in REASONING_MEMBERS)), "")
        if thought and not (is_last and self.texts.has_reasoning(thought)):
            self.texts.add_reasoning(thought, pieces)
        for member in CONTENT_MEMBERS:
            if content := delta.get(member):
                self._content(content, pieces, is_last)
        self._calls_tool = self._calls_tool or any(map(delta.get, TOOL_MEMBERS))
        if self._offers_tools and (parts := delta.get("tool_calls") or _old_call(delta)):
            self._calls.feed(parts, pieces)

    def _content(self, content: Any, pieces: list[Piece], is_last: bool) -> None:
        """Add a text, or a list of parts. A part of the type `thinking` holds parts itself (Mistral)."""
        for part in content if isinstance(content, list) else [content]:
            if isinstance(part, dict) and part.get("type") == "thinking":
                self.texts.add_reasoning(_text(part.get("thinking")), pieces)
            elif (text := _text(part)) and not (is_last and self.texts.has_content(text)):
                self.texts.add_content(text, pieces)


def _failure(part: dict[str, Any]) -> dict[str, Any] | None:
    """Return the failure in a chunk, or in a choice of it; None if there is none."""
    if part.get("error") or part.get("object") == "error":
        return part
    if error := _groq(part).get("error"):
        return {"error": error}
    if error_body_of(part.get("base_resp")).text:  # MiniMax
        return {"error": part["base_resp"]}
    reason = reason_word(part.get("finish_reason"))
    if not reason or is_known(reason):
        return None
    status = BREAKS.get(reason, 500)
    return {"code": status, "message": "" if reason in BREAKS else f"finish_reason: {reason}"}


def _groq(chunk: dict[str, Any]) -> dict[str, Any]:
    """Return Groq's addition to a chunk; source: https://console.groq.com/docs/api-reference#chat-create."""
    added = chunk.get("x_groq")
    return added if isinstance(added, dict) else {}


def _old_call(delta: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the parts of a `function_call`, the predecessor of `tool_calls`."""
    call = delta.get("function_call")
    return [{"index": 0, "function": call}] if call else []


def _text(value: Any, depth: int = DEEPEST_TEXT) -> str:
    """Return a text, or the joined texts of parts: `{"type": "text", "text"}`, an object with `content`, or a text."""
    if isinstance(value, str) or not depth:
        return value if isinstance(value, str) else ""
    if isinstance(value, dict):
        return next(filter(None, (_text(value.get(member), depth - 1) for member in TEXT_MEMBERS)), "")
    return "".join(_text(part, depth - 1) for part in value) if isinstance(value, list) else ""


def _usage(value: Any) -> Usage | None:
    if not isinstance(value, dict):
        return None
    read = value.get("prompt_tokens", value.get("input_tokens", 0))
    written = value.get("completion_tokens", value.get("output_tokens", 0))
    return Usage(read, written) if is_count(read) and is_count(written) and read + written else None


def _dicts(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; none if the value is not a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _json_or_none(data: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
