"""Decodes a reply of a chat-ui server: takes bytes as they arrive, returns pieces. Pure.

Until September 2023, such a server passes on the events of its text-generation server. Later ones send JSON lines. The
first byte that is not blank shows which.
Source: https://github.com/huggingface/chat-ui, src/routes/conversation/[id]/+server.ts
"""

from collections.abc import Collection, Iterator
from typing import Any

from g4f_lite.decoding.error_bodies import error_body_of
from g4f_lite.decoding.json_lines import JsonLinesDecoder
from g4f_lite.decoding.sse import Record
from g4f_lite.decoding.sse_reply import BLANK, SseReplyDecoder
from g4f_lite.errors import UpstreamError
from g4f_lite.pieces import Finish, FinishReason, Piece

START = "<|startoftext|>"
ENDS = ("</s>", "<|endoftext|>")
"""The marks at the beginning and end of a model's text. Some servers do not mark them as special."""


class ChatUiReply(SseReplyDecoder):
    """One reply. It has finished when the whole text, or the model's own end mark, came."""

    def __init__(self, provider: str, secrets: Collection[str] = (), stop: Collection[str] = ()) -> None:
        """stop: the stop sequences of the request."""
        super().__init__(provider, secrets)
        self._lines = JsonLinesDecoder(provider)
        self._stop = tuple(stop)
        self._has_begun = False
        self._finish: FinishReason | None = None

    @property
    def has_finished(self) -> bool:
        return self._finish is not None

    def take(self, block: bytes, pieces: list[Piece]) -> None:
        if not self._form:
            block = block.lstrip(BLANK)
            self._form = block[:1]
        if self._form != b"{":
            super().take(block, pieces)
            return
        self.take_each(self._lines.feed(block), self._take_value, pieces)

    def take_rest(self, pieces: list[Piece]) -> None:
        if self._form != b"{":
            super().take_rest(pieces)
        else:
            self.take_each(self._lines.end(), self._take_value, pieces)

    def take_record(self, record: Record, pieces: list[Piece]) -> None:
        for value in self.values(record.data or record.error):
            self._take_value(value, pieces)

    def take_whole(self, value: Any, pieces: list[Piece]) -> None:
        """Read a whole reply: a list of one, as sent without streaming."""
        if not isinstance(value, list) or len(value) != 1:
            raise self.malformed("unexpected JSON")
        self._take_value(value[0], pieces)

    def conclusion(self) -> Iterator[Piece]:
        if self._finish is None:
            raise self.cut()
        yield Finish(self._finish)

    def _take_value(self, value: Any, pieces: list[Piece]) -> None:
        if not isinstance(value, dict):
            self.pass_over()
            return
        if value.get("error") is not None:
            raise self._failure(value)
        if "type" in value:
            self._take_update(value, pieces)
        else:
            self._take_generation(value, pieces)

    def _take_generation(self, record: dict[str, Any], pieces: list[Piece]) -> None:
        """Read a record of the text-generation server: a token, and with the last one the whole text."""
        token, text = record.get("token"), record.get("generated_text")
        if isinstance(token, dict):
            self._take_token(token, pieces)
        elif text is None and error_body_of(record).text:
            raise self._failure(record)
        if isinstance(text, str):
            self._conclude(text, pieces)
            self._finish = _finish_reason(record) or self._guessed_reason(token, text)

    def _take_token(self, token: dict[str, Any], pieces: list[Piece]) -> None:
        text = token.get("text")
        if not isinstance(text, str):
            return
        if text in ENDS:
            self._finish = "stop"
        elif text != START and not token.get("special"):
            self._add_text(text, pieces)

    def _take_update(self, update: dict[str, Any], pieces: list[Piece]) -> None:
        """Read a line of a later server. Types without text are ignored."""
        match update:
            case {"type": "stream", "token": str(token)}:
                self._add_text(token.rstrip("\0"), pieces)  # padded, to hide its length on the wire
            case {"type": "finalAnswer"}:
                self._conclude(str(update.get("text") or ""), pieces)
                self._finish = "stop"
            case {"type": "error"} | {"type": "status", "status": "error"}:
                raise self._failure(update)

    def _add_text(self, text: str, pieces: list[Piece]) -> None:
        self._finish = None  # an end mark with text after it was not the end
        if not self._has_begun:
            self._has_begun = bool(text)
            text = text.lstrip()
        self.texts.add_content(text, pieces)

    def _conclude(self, whole: str, pieces: list[Piece]) -> None:
        """End the reply; add its whole text only if no tokens came."""
        self.is_over = True
        if not self.texts.size:
            self.texts.add_content(_without_marks(whole), pieces)

    def _guessed_reason(self, token: Any, whole: str) -> FinishReason:
        """Guess the reason for the end: without an end mark or a stop sequence, the reply was cut at its limit."""
        is_open = isinstance(token, dict) and token.get("text") and not token.get("special")
        if self._finish or not is_open or whole.endswith(self._stop):
            return "stop"
        return "length"

    def _failure(self, record: dict[str, Any]) -> UpstreamError:
        """Return the error in a record. An error of validation means that the request is wrong."""
        is_about_request = record.get("error_type") == "validation"
        return self.error_from_record({**record, "code": 422} if is_about_request else record)


def _finish_reason(record: dict[str, Any]) -> FinishReason | None:
    details = record.get("details")
    reason = details.get("finish_reason") if isinstance(details, dict) else None
    if reason is None:
        return None
    return "length" if reason == "length" else "stop"


def _without_marks(text: str) -> str:
    text = text.lstrip().removeprefix(START)
    size = len(text)
    while mark := next((mark for mark in ENDS if text.endswith(mark, 0, size)), ""):
        size -= len(mark)
    return text[:size]
