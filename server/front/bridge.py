"""WebSockets for flask-sock: the app gets one end of a socket pair, the loop carries bytes between it and the client.

The client's own socket cannot be lent out: the loop reads from it, TLS may wrap it, and what the client sent right
behind its handshake is here already.
"""

import asyncio
import socket
from contextlib import suppress
from typing import TYPE_CHECKING

from server.front import web
from server.front.connection import Connection

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

RESTART = b"\x88\x82\x00\x00\x00\x00\x03\xf4"
"""A client's close frame with code 1012, service restart, masked with zeros (RFC 6455 5.2)."""
CLOSING_S = 2
"""How long the client may take to answer the app's close frame."""


class Lent(socket.socket):
    """The app's end of a pair, made for simple_websocket: it takes `send` for `sendall`, and expects no failure.

    That the client is gone is for its reading thread to notice, which makes a ConnectionClosed of it.
    """

    spoken = False
    """Whether the app has accepted the handshake; from then on that thread reads here, and closes."""

    def send(self, data: "ReadableBuffer", flags: int = 0) -> int:
        """Send everything, if anybody is there. Returns: how much that was."""
        self.spoken = True
        with suppress(OSError):
            self.sendall(data, flags)
        return len(memoryview(data))


class Bridge(asyncio.Protocol):
    """Between a connection and the loop's end of the pair. `ended` is set when the app has said its last byte."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._loop = asyncio.get_running_loop()
        self.accepted = False
        self.ended = asyncio.Event()

    async def open(self) -> socket.socket:
        """Return the app's end of the pair, which blocks as flask-sock expects."""
        ours, theirs = socket.socketpair()
        self._theirs = Lent(fileno=theirs.detach())
        try:
            await self._loop.create_connection(lambda: self, sock=ours)
        except BaseException:  # the client may leave meanwhile, too
            self._theirs.close()
            raise
        return self._theirs

    def returned(self) -> None:
        """Note that the app's view has returned. Called in any thread.

        The thread that reads for it may still answer the client's close frame; it gets a little time.
        """
        if self._theirs.spoken:
            self._loop.call_soon_threadsafe(self._loop.call_later, CLOSING_S, self.ended.set)
        else:
            self._theirs.close()

    def restart(self) -> None:
        """Ask the app for a close with code 1012, as if the client had sent one: the app's echo is framed right."""
        self._pair.write(RESTART)

    def close(self) -> None:
        """Hang up on the app."""
        self._pair.abort()

    # Called by the loop, for the pair.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._pair = transport

    def data_received(self, data: bytes) -> None:
        """Carry what the app says; its first words accept the handshake."""
        if not self.accepted:
            self.accepted = True
            self._connection.upgrade(self, self._pair)
        self._connection.say(data)

    def eof_received(self) -> bool:
        self.ended.set()
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()

    def pause_writing(self) -> None:
        self._connection.pause_reading()

    def resume_writing(self) -> None:
        self._connection.resume_reading()

    # Called by aiohttp's protocol, which takes this for the parser of the upgraded connection.

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        """Carry what the client says."""
        self._pair.write(data)
        return False, b""

    def feed_eof(self) -> None:
        self._pair.abort()


class Said(web.StreamResponse):
    """What the handler returns where everything was said already: aiohttp writes nothing and ends the connection."""

    async def prepare(self, request: web.BaseRequest) -> None:
        return None

    async def write_eof(self, data: bytes = b"") -> None:
        return None
