"""Decodes JSON lines: bytes in as they arrive, one value per line out.

Pure: nothing here reads a socket. The caller interprets the values.
"""

from collections.abc import Iterator
from typing import Any

from g4f_lite.decoding.error_responses import MAX_PAGE_BYTES, error_from_web_page
from g4f_lite.decoding.json_values import parse_json
from g4f_lite.errors import MalformedReplyError

MAX_LINE_BYTES = 16 << 20
"""The longest line. The last one may repeat a whole answer, and JSON's escapes make it longer."""
BLANK = b"\xef\xbb\xbf \t\r\n"


class JsonLinesDecoder:
    """Decodes one stream in linear time, however the bytes are divided, and keeps at most one line."""

    def __init__(self, provider: str) -> None:
        """provider: the name in config.json, for the sentence of an error."""
        self._provider = provider
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._is_page = False
        self._begun = False

    def feed(self, block: bytes) -> Iterator[Any]:
        """Yield the values that these bytes complete, None for a line that is not JSON. Exhaust it before the next.

        Raises: MalformedReplyError for a line that is too long; for a web page, the error of
        `error_responses.error_from_web_page`.
        """
        if not self._begun:
            block = block.lstrip(BLANK)
            self._begun, self._is_page = bool(block), block.startswith(b"<")
        line_end = block.rfind(b"\n") + 1
        if not line_end or self._is_page:
            self._keep(block)
            return
        lines = b"".join([*self._tail, block[:line_end]]).split(b"\n")
        self._tail, self._tail_bytes = [], 0
        self._keep(block[line_end:])
        for line in filter(None, map(bytes.strip, lines)):
            yield self._value(line)

    def end(self) -> Iterator[Any]:
        """Yield the last value if the stream ended without a line end; drop half a value.

        Raises: as `feed`, for a web page.
        """
        rest = b"".join(self._tail).strip()
        if self._is_page:
            raise error_from_web_page(self._provider, rest)
        if rest:
            yield from filter(None, [self._value(rest)])

    def _keep(self, part: bytes) -> None:
        self._tail_bytes += len(part)
        self._tail.append(part)
        if self._is_page and self._tail_bytes > MAX_PAGE_BYTES:
            raise error_from_web_page(self._provider, b"".join(self._tail))
        if self._tail_bytes > MAX_LINE_BYTES:
            raise MalformedReplyError(f"{self._provider} sent a line larger than 16 MiB.")

    def _value(self, line: bytes) -> Any:
        try:
            return parse_json(line)
        except ValueError:
            if line.startswith(b"<"):
                raise error_from_web_page(self._provider, line) from None
            return None
