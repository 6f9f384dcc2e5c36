"""Decodes a reply of Ollama's API: takes bytes as they arrive, returns pieces. Pure.

Source: https://github.com/ollama/ollama/blob/main/docs/api.md#generate-a-chat-completion
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from g4f_lite.decoding.finish_reasons import REASONS, is_known, reason_word
from g4f_lite.decoding.json_lines import JsonLinesDecoder
from g4f_lite.decoding.reply_decoder import ReplyDecoder, is_count
from g4f_lite.decoding.tool_calls import ToolCallParser
from g4f_lite.pieces import Finish, Piece, Usage

LOADING = ("load", "unload")
"""Reasons that end no answer: the model was only loaded, or unloaded."""


class OllamaReply(ReplyDecoder):
    """One reply. It has finished with the record that is `done`, which may also hold text."""

    def __init__(self, provider: str, secrets: Collection[str] = (), *, offers_tools: bool = False) -> None:
        super().__init__(provider, secrets)
        self._offers_tools = offers_tools
        self._calls = ToolCallParser(self.texts)
        self._lines = JsonLinesDecoder(provider)
        self._last: Mapping[str, Any] = {}
        self._calls_tool = False

    @property
    def has_finished(self) -> bool:
        return self.is_over

    def take(self, block: bytes, pieces: list[Piece]) -> None:
        self.take_each(self._lines.feed(block), self._record, pieces)

    def take_rest(self, pieces: list[Piece]) -> None:
        self.take_each(self._lines.end(), self._record, pieces)

    def conclusion(self) -> Iterator[Piece]:
        if not self.is_over:
            raise self.cut()
        if not self._has_answered:
            self._check_empty_reply()
        reason = REASONS.get(reason_word(self._last.get("done_reason")), "stop")
        is_cut = reason != "stop"
        yield from self._calls.end(is_cut=is_cut)
        if usage := _usage(self._last):
            yield usage
        yield Finish("tool_calls" if self._calls and not is_cut else reason)

    def _record(self, record: Any, pieces: list[Piece]) -> None:
        if not isinstance(record, dict):
            self.pass_over()
            return
        reason = reason_word(record.get("done_reason"))
        if isinstance(message := record.get("message"), dict):
            self._message(message, pieces, is_last=bool(record.get("done")))
        if record.get("error") or (reason and not is_known(reason) and reason not in LOADING):
            raise self.error_from_record(record if record.get("error") else {"message": f"done_reason: {reason}"})
        if not record.get("done") and not isinstance(message, dict):
            self.raise_complaint(record)
        if record.get("done"):
            self._last, self.is_over = record, True

    def _message(self, message: Mapping[str, Any], pieces: list[Piece], is_last: bool) -> None:
        thinking, content = message.get("thinking"), message.get("content")
        if isinstance(thinking, str) and not (is_last and self.texts.has_reasoning(thinking)):
            self.texts.add_reasoning(thinking, pieces)
        if isinstance(content, str) and not (is_last and self.texts.has_content(content)):
            self.texts.add_content(content, pieces)
        if calls := message.get("tool_calls"):
            self._calls_tool = True
            if self._offers_tools:
                self._calls.feed(calls, pieces)

    def _check_empty_reply(self) -> None:
        """Raise the error that a missing answer means; a model may also just answer with nothing."""
        if self._calls_tool and not self._offers_tools:
            raise self.malformed("a call of a tool that was not offered, instead of an answer")
        if self._last.get("done_reason") in LOADING:
            raise self.malformed("a notice that the model was loaded or unloaded, instead of an answer")


def _usage(record: Mapping[str, Any]) -> Usage | None:
    """Return the counts, or None if one is missing: the server does not count a prompt that is still in memory."""
    prompt, answer = record.get("prompt_eval_count"), record.get("eval_count")
    return Usage(prompt, answer) if is_count(prompt) and is_count(answer) and prompt + answer else None
