"""Decodes a reply in server-sent events, or in the JSON or web page that may come instead.

Pure. A service may answer a streaming request with one JSON value or with a web page, under any content type. The
first byte that is not blank shows which.
"""

from abc import abstractmethod
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from g4f_lite.decoding.error_responses import MAX_PAGE_BYTES, error_from_web_page
from g4f_lite.decoding.json_values import parse_json
from g4f_lite.decoding.reply_decoder import ReplyDecoder
from g4f_lite.decoding.sse import Record, SseDecoder
from g4f_lite.errors import MalformedReplyError
from g4f_lite.pieces import Piece

MAX_BODY_BYTES = 16 << 20
"""The longest answer in one JSON value."""
BLANK = b"\xef\xbb\xbf \t\r\n"


class SseReplyDecoder(ReplyDecoder):
    """One reply. A subclass per protocol reads the records, and an answer that is not streamed."""

    def __init__(self, provider: str, secrets: Collection[str] = ()) -> None:
        super().__init__(provider, secrets)
        self._body = bytearray()
        self._form = b""
        self._events = SseDecoder()

    @abstractmethod
    def take_record(self, record: Record, pieces: list[Piece]) -> None:
        """Add the pieces of a record. Raises: as `take`."""

    @abstractmethod
    def take_whole(self, value: Any, pieces: list[Piece]) -> None:
        """Add the pieces of an answer that was not streamed. value: any JSON value. Raises: as `take`."""

    def take(self, block: bytes, pieces: list[Piece]) -> None:
        if not self._form:
            block = block.lstrip(BLANK)
            self._form = block[:1]
        if self._form in (b"{", b"[", b"<"):
            self._collect(block)
            return
        self.take_each(self._events.feed(block), self.take_record, pieces)

    def take_rest(self, pieces: list[Piece]) -> None:
        if self._form == b"<":
            raise error_from_web_page(self.provider, bytes(self._body))
        if self._form in (b"{", b"["):
            self.take_whole(self.decoded(bytes(self._body)), pieces)
        elif not self.is_over:
            self._last_record(pieces)

    def decoded(self, data: str | bytes) -> Any:
        """Return the JSON value. Raises: MalformedReplyError."""
        try:
            return parse_json(data)
        except ValueError as error:
            raise self.malformed("invalid JSON") from error

    def values(self, data: str) -> list[dict[str, Any]]:
        """Return the JSON objects of a record, also of a list of them. What is no JSON, or no object, is passed over.

        Raises: for a web page, the error of `error_responses.error_from_web_page`.
        """
        try:
            value = parse_json(data)
        except ValueError:
            return self._values_of_lines(data)
        found = [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]
        if not found:
            self.pass_over()
        return found

    def _values_of_lines(self, data: str) -> list[dict[str, Any]]:
        """Return what `values` does for lines that are no JSON together: a proxy may put its own words between them."""
        if data.lstrip().startswith("<"):
            raise error_from_web_page(self.provider, data.encode(errors="replace"))
        self.pass_over()
        lines = data.split("\n")
        return [one for line in lines for one in self.values(line)] if len(lines) > 1 else []

    def _collect(self, block: bytes) -> None:
        self._body += block
        if self._form == b"<" and len(self._body) > MAX_PAGE_BYTES:
            raise error_from_web_page(self.provider, bytes(self._body))
        if len(self._body) > MAX_BODY_BYTES:
            raise self.malformed("an answer larger than 16 MiB")

    def _last_record(self, pieces: list[Piece]) -> None:
        """Read a last record without its empty line. Half a record is dropped; `conclusion` reports the cut."""
        with suppress(MalformedReplyError):
            passed_over = self._has_passed_over
            self.take_each(self._events.end(), self.take_record, pieces)
            self._has_passed_over = passed_over
