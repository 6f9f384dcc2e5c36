"""One connection: aiohttp's protocol with our time limits and error responses. Drops clients that do not read."""

import asyncio
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol, cast

from aiohttp import EMPTY_PAYLOAD, HttpVersion11, StreamReader
from aiohttp.http import WebSocketReader

from server.front import front_errors, web
from server.front.connection_limits import ConnectionCounter, FrontLimits
from server.front.request_head import headers_too_large
from server.ops.request_id import begin
from server.problems import Problem, log_problem

RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""A `struct linger` of zero seconds: the connection is reset, so the response does not look complete."""


class Reader(Protocol):
    """The methods that aiohttp calls on the reader of an upgraded connection."""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]: ...
    def feed_eof(self) -> None: ...


class Connection(web.RequestHandler):
    """Parses requests, passes them to the handler one at a time, and answers errors in our own format."""

    def __init__(
        self,
        server: web.Server,
        limits: FrontLimits,
        counter: ConnectionCounter,
        common: Mapping[str, str],
        adapt_error: front_errors.ErrorAdapter,
    ) -> None:
        """Prepare for a client. common: headers of every response that is not the app's."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.idle_s,
            lingering_time=0,  # `linger` does that for every error response alike
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # None turns the log off
        )
        self._limits = limits
        self._counter = counter
        self._common = common
        self._adapt_error = adapt_error
        self._address: str | None = None
        self._ignores_input = False
        self._request: web.BaseRequest | None = None
        self._head_bytes = 0
        self._body: StreamReader = EMPTY_PAYLOAD
        self._deadline: asyncio.TimerHandle | None = None
        self._feeder: asyncio.Transport | None = None
        self._unread_check: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Admit the client, or reject it at once if there are too many."""
        assert isinstance(transport, asyncio.Transport)
        self._wire = transport
        address = str((transport.get_extra_info("peername") or [""])[0])
        if not self._counter.admit(address):
            self._refuse(front_errors.busy("Too many connections are open."))
            return
        self._address = address
        super().connection_made(transport)
        self._deadline = self._loop.call_later(self._limits.head_s, self.force_close)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Release the connection's place and cancel every timer."""
        self._cancel_deadline()
        self._forget_unread()
        if self._address is not None:
            self._counter.release(self._address)
        super().connection_lost(exc)

    def request_started(self, request: web.BaseRequest) -> None:
        """Note the request being answered: its head has arrived in time."""
        self._request = request
        self._body = request.content
        self._fail_malformed_body()
        self._cancel_deadline()

    def _cancel_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def data_received(self, data: bytes) -> None:
        """Parse the data unless the client was rejected, and limit a head that does not end."""
        if self._ignores_input:
            return
        super().data_received(data)
        self._fail_malformed_body()
        waits_for_head = self._waiter is not None and not self._waiter.done()
        self._head_bytes = self._head_bytes + len(data) if waits_for_head else 0
        if self._head_bytes > self._limits.head_bytes:
            self._refuse(headers_too_large(self._limits))

    def _fail_malformed_body(self) -> None:
        """Tell the reader of a body that the rest of it will not come.

        aiohttp only queues the parser's error after the request. Nothing else can follow a body that has not ended.
        """
        if self._messages and not self._body.is_eof():
            self._body.set_exception(web.RequestPayloadError())

    def pause_writing(self) -> None:
        """Watch a client that falls behind; drop one that reads nothing at all."""
        super().pause_writing()
        if self._feeder:
            self._feeder.pause_reading()
        self._expect_reading(sys.maxsize)

    def resume_writing(self) -> None:
        """Stop watching: the client has caught up."""
        super().resume_writing()
        if self._feeder:
            self._feeder.resume_reading()
        self._forget_unread()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Return the response to an exception of the parser or the handler, in place of aiohttp's own pages.

        Raises: ConnectionError if a response has begun or the client has left; the connection then ends as it is.
        """
        error = exc or sys.exception()
        if self._wire.is_closing():
            raise ConnectionResetError
        if request.writer.output_size:
            self._break_off(request, error)
            raise ConnectionAbortedError
        if request is not self._request:  # a request that the parser rejects never reaches the handler
            begin()
        problem = front_errors.problem_of(error, self._limits)
        log_problem(problem, f"{request.method} {request.path}", error)
        return ErrorResponse(self._adapt_error(problem, request.path, request.headers), self, self._common)

    def upgrade(self, reader: Reader, feeder: asyncio.Transport) -> None:
        """Pass everything the client sends to the reader, and pause the feeder while the client is behind."""
        self._feeder = feeder
        self.set_parser(cast(WebSocketReader, reader))

    def send_raw(self, data: bytes) -> None:
        """Send bytes unchanged on an upgraded connection."""
        self._wire.write(data)

    async def linger(self) -> None:
        """Give the client time to read the last response, and discard what it still sends.

        Closing at once would reset a client that sends everything before it reads.
        """
        self._stop_listening()
        await asyncio.sleep(self._limits.linger_s)

    def _refuse(self, problem: Problem) -> None:
        """Answer before there is a request, and close the connection."""
        begin()
        log_problem(problem, "A connection")
        self._wire.write(front_errors.message(problem, self._common))
        self._stop_listening()
        self._cancel_deadline()
        self._deadline = self._loop.call_later(self._limits.linger_s, self._wire.close)

    def _stop_listening(self) -> None:
        self._ignores_input = True
        self._wire.resume_reading()
        if self._wire.can_write_eof():
            with suppress(OSError):  # the client has left already
                self._wire.write_eof()

    def _break_off(self, request: web.BaseRequest, error: BaseException | None) -> None:
        """End a response in the middle so that the client notices: without the final chunk, or with a reset."""
        front_errors.report(error)
        if request.version < HttpVersion11:
            self._wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._wire.abort()

    def _expect_reading(self, unread_bytes: int) -> None:
        """Check again after half the time a client may read nothing; drop it if nothing was sent in between."""
        self._unread_check = self._loop.call_later(self._limits.stalled_s / 2, self._check_reading, unread_bytes)

    def _check_reading(self, before_bytes: int) -> None:
        unread_bytes = self._wire.get_write_buffer_size()
        if unread_bytes < before_bytes:
            self._expect_reading(unread_bytes)
        else:
            self._wire.abort()

    def _forget_unread(self) -> None:
        if self._unread_check:
            self._unread_check.cancel()
            self._unread_check = None


class ErrorResponse(web.Response):
    """A problem as a response, and the last one of its connection."""

    def __init__(self, problem: Problem, connection: Connection, common: Mapping[str, str]) -> None:
        super().__init__(status=problem.status, headers=front_errors.headers(problem, common), body=problem.body())
        self.force_close()
        self._connection = connection

    async def write_eof(self, data: bytes = b"") -> None:
        """End the response, then let the connection linger."""
        await super().write_eof(data)
        await self._connection.linger()
