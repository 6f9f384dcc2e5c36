"""WebSockets for flask-sock: the app gets one end of a socket pair; the loop copies bytes to and from the client.

The app cannot have the client's own socket: the loop reads from it, TLS may wrap it, and bytes that the client sent
directly after its handshake have already been read.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, suppress
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from server.front import front_errors, web
from server.front.connection import Connection
from server.front.connection_limits import FrontLimits
from server.front.delivery import deliver
from server.front.frame_rate import FrameRate
from server.front.gateway import AppResponse, Gateway

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

RESTART = b"\x88\x82\x00\x00\x00\x00\x03\xf4"
"""A client's close frame with code 1012, service restart, masked with zeros (RFC 6455 5.2)."""
TOO_FAST = b"\x88\x82\x00\x00\x00\x00\x03\xf0"
"""The same with code 1008, policy violation."""
CLOSING_S = 2
"""How long the client may take to answer the app's close frame, in seconds."""
COMPRESSION = "HTTP_SEC_WEBSOCKET_EXTENSIONS"
"""Hidden from the app: short events gain nothing, and the client would choose how far a message inflates."""


class LentSocket(socket.socket):
    """The app's end of a pair, for simple_websocket, which uses `send` as if it were `sendall` and handles no failure.

    Its reading thread notices that the client has left and raises ConnectionClosed.
    """

    has_sent = False
    """Whether the app has accepted the handshake. From then on simple_websocket's thread reads from and closes this."""

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """Send everything and return the number of bytes. A client that has left is no error here."""
        self.has_sent = True
        with suppress(OSError):
            self.sendall(data, flags)
        return len(memoryview(data))


class Bridge(asyncio.Protocol):
    """Copies bytes between a connection and the loop's end of the pair.

    `answered` is set with the app's first byte, or at the end if there is none; `ended` after its last byte.
    """

    def __init__(self, connection: Connection, limits: FrontLimits) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self._rate = FrameRate(limits.socket_frames_per_s, limits.socket_bytes_per_s, self._loop.time)
        self.accepted = False
        self.answered, self.ended = asyncio.Event(), asyncio.Event()

    async def open(self) -> socket.socket:
        """Return the app's end of the pair, which blocks as flask-sock expects."""
        ours, theirs = socket.socketpair()
        self._theirs = LentSocket(fileno=theirs.detach())
        try:
            await self._loop.create_connection(lambda: self, sock=ours)
        except BaseException:  # includes a client that leaves meanwhile
            self._theirs.close()
            raise
        return self._theirs

    def returned(self) -> None:
        """Note that the app's view has returned. Called in any thread.

        simple_websocket's reading thread may still answer the client's close frame, so it gets a little time.
        """
        if self._theirs.has_sent:
            self._loop.call_soon_threadsafe(self._loop.call_later, CLOSING_S, self._end)
        else:
            self._theirs.close()

    def restart(self) -> None:
        """Make the app close with code 1012: it echoes this close frame as if the client had sent it."""
        self._pair.write(RESTART)

    def close(self) -> None:
        """Close the app's end at once."""
        self._pair.abort()

    # asyncio calls these for the pair.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._pair = transport

    def data_received(self, data: bytes) -> None:
        """Send the app's bytes to the client; the first ones accept the handshake."""
        if not self.accepted:
            self.accepted = True
            self.answered.set()
            self._connection.upgrade(self, self._pair)
        self._connection.send_raw(data)

    def eof_received(self) -> bool:
        self._end()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        self.answered.set()
        self.ended.set()

    def pause_writing(self) -> None:
        self._connection.pause_reading()

    def resume_writing(self) -> None:
        self._connection.resume_reading()

    # aiohttp's protocol calls these: to it, this is the parser of the upgraded connection.

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Send the client's bytes to the app. Make the app close the WebSocket of a client that sends too much."""
        if not self._rate.exceeded:
            self._pair.write(self._rate.admit(data))
            if self._rate.exceeded:
                self._pair.write(TOO_FAST)
        return False, b""

    def feed_eof(self) -> None:
        self._pair.abort()


class AlreadySent(web.StreamResponse):
    """A response that was already sent: aiohttp writes nothing and ends the connection."""

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None


class WebSockets:
    """Calls the app for WebSocket handshakes in threads of its own, so that they never take those of the views."""

    def __init__(self, gateway: Gateway, limits: FrontLimits) -> None:
        self._gateway = gateway
        self._limits = limits
        self._threads = ThreadPoolExecutor(limits.sockets, "socket")
        self._free = BoundedSemaphore(limits.sockets)
        self._handshakes = asyncio.Semaphore(limits.threads)
        """Hundreds at once would take the interpreter from everything else."""
        self._bridges: set[Bridge] = set()

    async def answer(
        self, request: web.BaseRequest, connection: Connection, environ: dict[str, Any]
    ) -> web.StreamResponse:
        """Serve a WebSocket until it ends, or deliver the response with which the app rejects the handshake."""
        bridge = Bridge(connection, self._limits)
        environ.pop(COMPRESSION, None)
        async with AsyncExitStack() as stack:
            async with self._handshakes:
                environ["werkzeug.socket"] = await self._open(bridge)
                call = asyncio.ensure_future(self._gateway.call(environ, self._threads, lambda: self._returned(bridge)))
                self._bridges.add(bridge)
                stack.callback(self._end, bridge, call)
                await bridge.answered.wait()
            await bridge.ended.wait()
            if not bridge.accepted:
                return await deliver(request, await call)
            call.add_done_callback(_report)
            await connection.linger()
            return AlreadySent()

    def _end(self, bridge: Bridge, call: "asyncio.Future[AppResponse]") -> None:
        self._bridges.discard(bridge)
        bridge.close()
        call.cancel()

    def restart(self) -> None:
        """Close every WebSocket with code 1012, so that clients reconnect after the restart."""
        for bridge in self._bridges:
            bridge.restart()

    def close(self) -> None:
        """Accept no more handshakes."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _open(self, bridge: Bridge) -> socket.socket:
        """Return the app's end of the bridge. Its thread is taken until the view has returned."""
        if not self._free.acquire(blocking=False):
            raise front_errors.busy("Too many WebSockets are open.")
        try:
            return await bridge.open()
        except BaseException:
            self._free.release()
            raise

    def _returned(self, bridge: Bridge) -> None:
        bridge.returned()
        self._free.release()


def _report(call: "asyncio.Future[AppResponse]") -> None:
    """Log the failure of a view after its client has received something."""
    if not call.cancelled() and (error := call.exception()):
        front_errors.report(error)
