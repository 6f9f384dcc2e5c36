"""Decodes server-sent events (SSE): bytes in as they arrive, records out.

Pure: nothing here reads a socket. The caller interprets the records.
Source: https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from g4f_lite.decoding.json_values import parse_json
from g4f_lite.errors import MalformedReplyError

MAX_RECORD_BYTES = 1 << 20
"""The longest line, and the longest sum of data lines in one record. Honest services repeat a whole answer at most."""

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
DONE = b"[DONE]"
"""The data that ends many streams; it is the only one that is not JSON."""
FIELD = re.compile(rb"[\w-]+(?::|$)")


class Record(NamedTuple):
    """One event. `error` is a field that older llama.cpp sends; the standard has none."""

    data: str
    event: str = ""
    error: str = ""


class SseDecoder:
    """Decodes one stream in linear time, however the bytes are divided, and keeps at most one record."""

    def __init__(self) -> None:
        self._tail: list[bytes] = []
        self._tail_bytes = 0
        self._after_cr = False
        self._begun = False
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._event = b""
        self._error = b""
        self._lacks_empty_lines = False

    def feed(self, block: bytes) -> Iterator[Record]:
        """Yield the records that these bytes complete. Exhaust it before the next call.

        Some services leave out the empty line between records: data after a whole JSON value begins another one.
        Raises: MalformedReplyError for a line or a record that is too long.
        """
        for line in self._lines(block):
            is_data = line.startswith(b"data:")
            if not line or (is_data and self._data and self._begins_another()):
                yield from self._dispatch()
            if line:
                self._take(line)
                if is_data and self._lacks_empty_lines and _is_whole(self._data):
                    yield from self._dispatch()

    def end(self) -> Iterator[Record]:
        """Yield the last record if the stream ended without an empty line. It may be incomplete."""
        if self._tail:
            self._take(self._first(b"".join(self._tail)))
            self._tail = []
        yield from self._dispatch()

    def _begins_another(self) -> bool:
        is_whole = _is_whole(self._data)
        self._lacks_empty_lines = self._lacks_empty_lines or is_whole
        return is_whole

    def _lines(self, block: bytes) -> list[bytes]:
        """Return the lines that the block completes. The rest waits for the next block."""
        if self._after_cr and block:
            self._after_cr = False
            block = block.removeprefix(b"\n")
        if b"\n" not in block and b"\r" not in block:
            self._keep(block)
            return []
        lines = b"".join([*self._tail, block]).splitlines()
        self._tail, self._tail_bytes = [], 0
        self._after_cr = block.endswith(b"\r")
        if not block.endswith((b"\n", b"\r")):
            self._keep(lines.pop())
        if not self._begun:
            lines[0] = self._first(lines[0])
        return lines

    def _keep(self, part: bytes) -> None:
        if not part:
            return
        self._tail_bytes += len(part)
        if self._tail_bytes > MAX_RECORD_BYTES:
            raise _too_long()
        self._tail.append(part)

    def _first(self, line: bytes) -> bytes:
        if self._begun:
            return line
        self._begun = True
        return line.removeprefix(BYTE_ORDER_MARK)

    def _take(self, line: bytes) -> None:
        if line.startswith(b"data:"):
            self._add(line[6:] if line[5:6] == b" " else line[5:])
        elif line.startswith(b":"):
            pass
        elif FIELD.match(line):
            self._set(*_field(line))
        else:
            self._add(line)  # not a field: a proxy's HTML or words, which must not go unnoticed

    def _set(self, name: bytes, value: bytes) -> None:
        if name == b"event":
            self._event = value
        elif name == b"error":
            self._error = value
        elif name == b"data":
            self._add(value)

    def _add(self, value: bytes) -> None:
        self._data_bytes += len(value) + 1
        if self._data_bytes > MAX_RECORD_BYTES:
            raise _too_long()
        self._data.append(value)

    def _dispatch(self) -> Iterator[Record]:
        """Yield the record that is complete, if there is one."""
        data, event, error = b"\n".join(self._data), self._event, self._error
        self._data, self._data_bytes, self._event, self._error = [], 0, b"", b""
        if data or error:
            yield Record(_text(data), _text(event), _text(error))


def _field(line: bytes) -> tuple[bytes, bytes]:
    name, _, value = line.partition(b":")
    return name, value.removeprefix(b" ")


def _text(value: bytes) -> str:
    """Return the text; a byte that is not UTF-8 becomes U+FFFD, as the standard says."""
    return value.decode(errors="replace") if value else ""


def _is_whole(lines: list[bytes]) -> bool:
    """Return whether lines of data are a JSON object, or the mark of the end."""
    data = b"\n".join(lines).strip()
    if not data.startswith(b"{"):
        return data == DONE
    try:
        parse_json(data)
    except ValueError:
        return False
    return True


def _too_long() -> MalformedReplyError:
    return MalformedReplyError("The service sent a line longer than one megabyte.")
