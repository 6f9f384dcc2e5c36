"""Decodes a reply of Anthropic's Messages API: takes bytes as they arrive, returns pieces. Pure.

Source: https://platform.claude.com/docs/en/build-with-claude/streaming
"""

from collections.abc import Collection, Iterator
from typing import Any

from g4f_lite.decoding.finish_reasons import REASONS, is_known, reason_word
from g4f_lite.decoding.reply_decoder import is_count
from g4f_lite.decoding.sse import Record
from g4f_lite.decoding.sse_reply import SseReplyDecoder
from g4f_lite.decoding.tool_calls import ToolCallParser
from g4f_lite.errors import UpstreamError
from g4f_lite.pieces import Finish, Piece, Usage

STATUSES = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "timeout_error": 504,
    "overloaded_error": 529,
}
"""The status of each error when it comes before the reply; other errors are a 500."""
INPUT = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
OUTPUT = "output_tokens"


class AnthropicReply(SseReplyDecoder):
    """One reply. It has finished when the service sent a stop reason."""

    def __init__(self, provider: str, secrets: Collection[str] = (), *, offers_tools: bool = False) -> None:
        super().__init__(provider, secrets)
        self._offers_tools = offers_tools
        self._calls = ToolCallParser(self.texts)
        self._stop_reason = ""
        self._counts = dict.fromkeys((*INPUT, OUTPUT), 0)

    @property
    def has_finished(self) -> bool:
        return bool(self._stop_reason)

    def take_record(self, record: Record, pieces: list[Piece]) -> None:
        if record.data.strip() == "[DONE]":
            self.is_over = True
        for value in self.values(record.data) or ([{}] if record.event == "error" else []):
            self._event(record, value, pieces)

    def _event(self, record: Record, value: dict[str, Any], pieces: list[Piece]) -> None:
        if record.event == "error" or _is_error(value):
            raise self._failure(value)
        match value.get("type", record.event):
            case "message_start":
                self._message(value.get("message"), pieces)
            case "content_block_start":
                self._block(value.get("content_block"), value.get("index"), pieces)
            case "content_block_delta":
                self._block(value.get("delta"), value.get("index"), pieces)
            case "message_delta":
                self._stop(value.get("delta"))
                self._count(value.get("usage"))
            case "message_stop":
                self.is_over = True
            case _:
                self.raise_complaint(value)

    def take_whole(self, value: Any, pieces: list[Piece]) -> None:
        message = self._object(value)
        if _is_error(message):
            raise self._failure(message)
        if "content" not in message:
            self.raise_complaint(message)
        self._message(message, pieces)
        if not self.texts.size and not self.has_finished:
            raise self.malformed("an answer without a message")
        self.is_over = True

    def conclusion(self) -> Iterator[Piece]:
        if not self.has_finished and not self.is_over:
            raise self.cut()
        if not self._has_answered:
            self._check_empty_reply()
        reason = REASONS.get(self._stop_reason, "stop")
        yield from self._calls.end(is_cut=reason != "stop")
        tokens = Usage(sum(self._counts[name] for name in INPUT), self._counts[OUTPUT])
        if tokens != Usage(0, 0):
            yield tokens
        yield Finish("tool_calls" if reason == "stop" and self._calls else reason)

    def _message(self, message: Any, pieces: list[Piece]) -> None:
        if not isinstance(message, dict):
            return
        content = message.get("content")
        for index, block in enumerate(content if isinstance(content, list) else ()):
            self._block(block, index, pieces)
        self._count(message.get("usage"))
        self._stop(message)

    def _block(self, block: Any, index: Any, pieces: list[Piece]) -> None:
        """Add a block of a message, its beginning, or a delta; types that were not requested are ignored."""
        match block:
            case {"type": "text" | "text_delta", "text": str(text)} if text:
                self.texts.add_content(text, pieces)
            case {"type": "thinking" | "thinking_delta", "thinking": str(thought)}:
                self.texts.add_reasoning(thought, pieces)
            case {"type": "tool_use", "id": id_, "name": name} if self._offers_tools:
                function = {"name": name, "arguments": block.get("input") or ""}
                self._calls.feed([{"index": index, "id": id_, "function": function}], pieces)
            case {"type": "input_json_delta", "partial_json": str(text)} if self._offers_tools:
                self._calls.feed([{"index": index, "function": {"arguments": text}}], pieces)

    def _stop(self, message: Any) -> None:
        match message:
            case {"stop_reason": str(reason)} if reason_word(reason):
                if not is_known(reason_word(reason)):
                    raise self.error_from_record({"message": f"stop_reason: {reason}"})
                self._stop_reason = reason_word(reason)

    def _count(self, usage: Any) -> None:
        """Update the counts, which are running totals. A proxy without any may send 0 after the real ones."""
        if isinstance(usage, dict):
            sent: dict[str, Any] = {name: usage.get(name) for name in self._counts}
            self._counts |= {name: max(self._counts[name], count) for name, count in sent.items() if is_count(count)}

    def _check_empty_reply(self) -> None:
        """Raise the error that a missing answer means; a model may also just answer with nothing."""
        if not self.has_finished:
            raise self.malformed("an end without an answer")
        if self._stop_reason == "tool_use" and not self._offers_tools:
            raise self.malformed("a call of a tool that was not offered, instead of an answer")

    def _object(self, value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.malformed("unexpected JSON")
        return value

    def _failure(self, value: dict[str, Any]) -> UpstreamError:
        """Return the error in a record. Its type stands for the status that it would have had."""
        match value:
            case {"error": {"type": str(type_)}} if type_ in STATUSES:
                return self.error_from_record({**value, "status": STATUSES[type_]})
        return self.error_from_record(value)


def _is_error(value: dict[str, Any]) -> bool:
    return value.get("type") == "error" or bool(value.get("error"))
