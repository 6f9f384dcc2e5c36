"""One connection: aiohttp's protocol with our deadlines, our refusals and an eye on clients that do not read."""

import asyncio
import socket
import struct
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Protocol, cast

from aiohttp import EMPTY_PAYLOAD, HttpVersion11, StreamReader
from aiohttp.http import WebSocketReader

from server.front import refusal, web
from server.front.connection_limits import Door
from server.front.limits import Limits
from server.front.request_head import headers_too_large
from server.ops.request_id import begin
from server.problems import Problem, note

RESET_ON_CLOSE = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""A `struct linger` of no time at all: the client's connection is reset and does not look finished."""


class Reader(Protocol):
    """What aiohttp asks of the reader of an upgraded connection."""

    def feed_data(self, data: bytes) -> tuple[bool, bytes]: ...
    def feed_eof(self) -> None: ...


class Connection(web.RequestHandler):
    """Parses requests, hands them to the handler one at a time, and answers errors in no shape but ours."""

    def __init__(
        self, server: web.Server, limits: Limits, door: Door, common: Mapping[str, str], worded: refusal.Wording
    ) -> None:
        """Prepare for a client. common: headers of every answer that is not the app's."""
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=limits.idle_s,
            lingering_time=0,  # `linger` does that, for every refusal alike
            auto_decompress=False,
            access_log=None,  # type: ignore[arg-type]  # aiohttp's way to have none
        )
        self._limits = limits
        self._door = door
        self._common = common
        self._worded = worded
        self._address: str | None = None
        self._deaf = False
        self._asked: web.BaseRequest | None = None
        self._head_bytes = 0
        self._body: StreamReader = EMPTY_PAYLOAD
        self._deadline: asyncio.TimerHandle | None = None
        self._feeder: asyncio.Transport | None = None
        self._unread_check: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the client in, or tell it at once that it is one too many."""
        assert isinstance(transport, asyncio.Transport)
        self._wire = transport
        address = str((transport.get_extra_info("peername") or [""])[0])
        if not self._door.enter(address):
            self._refuse(refusal.busy("Too many connections are open."))
            return
        self._address = address
        super().connection_made(transport)
        self._deadline = self._loop.call_later(self._limits.head_s, self.force_close)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Count the client out and stop every clock."""
        self._cancel_deadline()
        self._forget_unread()
        if self._address is not None:
            self._door.leave(self._address)
        super().connection_lost(exc)

    def began(self, request: web.BaseRequest) -> None:
        """Note the request that is answered from now on: its head arrived in time."""
        self._asked = request
        self._body = request.content
        self._fail_malformed_body()
        self._cancel_deadline()

    def _cancel_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def data_received(self, data: bytes) -> None:
        """Parse what came, unless the client was refused, and bound a head that does not end."""
        if self._deaf:
            return
        super().data_received(data)
        self._fail_malformed_body()
        waits_for_head = self._waiter is not None and not self._waiter.done()
        self._head_bytes = self._head_bytes + len(data) if waits_for_head else 0
        if self._head_bytes > self._limits.head_bytes:
            self._refuse(headers_too_large(self._limits))

    def _fail_malformed_body(self) -> None:
        """Tell the reader of a body that no more of it will come.

        aiohttp only queues the parser's error behind the request; nothing else can follow a body that has not ended.
        """
        if self._messages and not self._body.is_eof():
            self._body.set_exception(web.RequestPayloadError())

    def pause_writing(self) -> None:
        """Watch a client that is behind: one that reads nothing at all is not waited for."""
        super().pause_writing()
        if self._feeder:
            self._feeder.pause_reading()
        self._expect_reading(sys.maxsize)

    def resume_writing(self) -> None:
        """Stop watching: the client caught up."""
        super().resume_writing()
        if self._feeder:
            self._feeder.resume_reading()
        self._forget_unread()

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Return what to answer for an exception of the parser or the handler; aiohttp's own pages never leave.

        Raises: ConnectionError where an answer has begun or nobody listens; the connection then ends as it is.
        """
        error = exc or sys.exception()
        if self._wire.is_closing():
            raise ConnectionResetError
        if request.writer.output_size:
            self._break_off(request, error)
            raise ConnectionAbortedError
        if request is not self._asked:  # what the parser refuses never gets to the handler
            begin()
        problem = refusal.problem_of(error, self._limits)
        note(problem, f"{request.method} {request.path}", error)
        return Refusal(self._worded(problem, request.path, request.headers), self, self._common)

    def upgrade(self, reader: Reader, feeder: asyncio.Transport) -> None:
        """Give everything the client sends to the reader, and pause the feeder of `say` while the client is behind."""
        self._feeder = feeder
        self.set_parser(cast(WebSocketReader, reader))

    def say(self, data: bytes) -> None:
        """Send bytes as they are, on an upgraded connection."""
        self._wire.write(data)

    async def linger(self) -> None:
        """Give the client time to read the last answer, and throw away what it still sends.

        Closing right away would reset a client that sends everything before it reads.
        """
        self._deafen()
        await asyncio.sleep(self._limits.linger_s)

    def _refuse(self, problem: Problem) -> None:
        """Answer outside the sequence of requests: there is none yet."""
        begin()
        note(problem, "A connection")
        self._wire.write(refusal.message(problem, self._common))
        self._deafen()
        self._cancel_deadline()
        self._deadline = self._loop.call_later(self._limits.linger_s, self._wire.close)

    def _deafen(self) -> None:
        self._deaf = True
        self._wire.resume_reading()
        if self._wire.can_write_eof():
            with suppress(OSError):  # the client has left already
                self._wire.write_eof()

    def _break_off(self, request: web.BaseRequest, error: BaseException | None) -> None:
        """End an answer in the middle so that the client notices: without the final chunk, or with a reset."""
        refusal.report(error)
        if request.version < HttpVersion11:
            self._wire.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            self._wire.abort()

    def _expect_reading(self, unread_bytes: int) -> None:
        """Look twice in the time a client may read nothing; drop it if nothing left in between."""
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


class Refusal(web.Response):
    """A problem as an answer, and the last one of its connection."""

    def __init__(self, problem: Problem, connection: Connection, common: Mapping[str, str]) -> None:
        super().__init__(status=problem.status, headers=refusal.headers(problem, common), body=problem.body())
        self.force_close()
        self._connection = connection

    async def write_eof(self, data: bytes = b"") -> None:
        """End the answer, and with it, slowly, the connection."""
        await super().write_eof(data)
        await self._connection.linger()
