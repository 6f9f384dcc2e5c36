"""One reply as the load client receives it: status, order of tokens, time of each."""

import asyncio
from dataclasses import dataclass, field

from bench.chunked import Dechunker
from bench.tokens import LONGEST_STAMP, STAMP, now_us


@dataclass
class Tally:
    """The outcome of all replies of a load. Times are in microseconds."""

    first_us: list[int] = field(default_factory=list)
    """From the request until the first token, per reply."""
    token_us: list[int] = field(default_factory=list)
    """From the upstream to here, per token."""
    finished: int = 0
    lost: int = 0
    """Tokens missing from finished replies."""
    disordered: int = 0
    repeated: int = 0
    failures: list[str] = field(default_factory=list)
    """One line per reply that was rejected, cut off, or not over in time."""


class Order:
    """Checks that tokens arrive in order, each once."""

    def __init__(self, tally: Tally, repeats: bool) -> None:
        self._tally = tally
        self._repeats = repeats
        self._missing: set[int] = set()
        self.expected = 0

    def take(self, index: int) -> bool:
        """Tell whether this token is new."""
        if index >= self.expected:
            self._missing.update(range(self.expected, index))
            self.expected = index + 1
            return True
        if index in self._missing:
            self._missing.remove(index)
            self._tally.disordered += 1
            return True
        self._tally.repeated += not self._repeats
        return False

    def lost(self, tokens: int) -> int:
        """Return how many of the expected tokens are missing."""
        return len(self._missing) + tokens - self.expected


class Reply(asyncio.BufferedProtocol):
    """Sends one request, reads the reply, and closes. The futures `begun` and `done`: first token and end."""

    transport: asyncio.Transport
    _buffer = memoryview(bytearray(1 << 18))  # shared: data is copied out before the next read

    def __init__(self, request: bytes, tokens: int, tally: Tally, repeats: bool) -> None:
        loop = asyncio.get_running_loop()
        self.begun: asyncio.Future[None] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        self.beginning = b""
        """Of the body, until its first token."""
        self._head = b""
        self._request = request
        self._tokens = tokens
        self._tally = tally
        self._order = Order(tally, repeats)
        self._body: Dechunker | None = None
        self._cut = b""
        self._read = self._read_head

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)
        self._asked_us = now_us()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._read(bytes(self._buffer[:nbytes]))

    def _read_head(self, data: bytes) -> None:
        self._head += data
        head, found, rest = self._head.partition(b"\r\n\r\n")
        if not found:
            return
        if not head.startswith((b"HTTP/1.1 200 ", b"HTTP/1.0 200 ")):
            self._end(f"refused: {self._head[9:300].decode(errors='replace')}")
            return
        if b"\r\ntransfer-encoding: chunked" in head.lower():
            self._body = Dechunker()
        self._read = self._read_body
        self._read_body(rest)

    def _read_body(self, data: bytes) -> None:
        payload = self._body.feed(data) if self._body else data
        self._read_tokens(payload)
        if self._body and self._body.ended:
            self._end()

    def _read_tokens(self, payload: bytes) -> None:
        now = now_us()
        text = self._cut + payload
        end = 0
        for stamp in STAMP.finditer(text):
            end = stamp.end()
            if self._order.take(int(stamp[1])):
                self._tally.token_us.append(now - int(stamp[2]))
        # A chunk may end within a stamp; the next one begins with the rest.
        self._cut = text[max(end, len(text) - LONGEST_STAMP) :]
        if not self.begun.done():
            self._begin(payload, now if end else 0)

    def _begin(self, payload: bytes, first_token_us: int) -> None:
        self.beginning += payload
        if first_token_us:
            self._tally.first_us.append(first_token_us - self._asked_us)
            self.begun.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        whole = (
            self._read == self._read_body and not self._body
        )  # without chunks the end of the connection ends the body
        self._end("" if whole and exc is None else "the connection was closed")

    def give_up(self, why: str) -> None:
        """Close before the end."""
        self._end(why)

    def _end(self, failure: str = "") -> None:
        if self.done.done():
            return
        if failure:
            self._tally.failures.append(failure)
        else:
            self._tally.finished += 1
            self._tally.lost += self._order.lost(self._tokens)
        self.done.set_result(None)
        self.transport.abort()
