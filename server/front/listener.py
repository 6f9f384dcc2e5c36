"""The socket that connections come in by, and the protocol each of them gets."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from server.front import web
from server.front.connection import Connection
from server.front.connection_limits import Door
from server.front.limits import Limits
from server.front.refusal import Wording

BACKLOG = 4096
"""Connections the kernel keeps while the loop is busy, so that a herd of a thousand loses none."""
UNSENT_BYTES = 128 * 1024
"""What the kernel takes ahead of a client that is behind; megabytes otherwise."""


class ListenError(OSError):
    """The address cannot be listened on; the text says why and what to do."""


class Server(web.Server):
    """Makes our connections where aiohttp would make its own."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        limits: Limits,
        door: Door,
        common: Mapping[str, str],
        worded: Wording,
    ) -> None:
        # without the cancellation a quiet source would not hear that its client left
        super().__init__(handler, handler_cancellation=True)
        self._limits = limits
        self._door = door
        self._common = common
        self._worded = worded

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, self._limits, self._door, self._common, self._worded)


async def listen(server: Server, host: str, port: int) -> asyncio.Server:
    """Return the open listener. Raises: ListenError."""
    try:
        listener = await asyncio.get_running_loop().create_server(server, host, port, backlog=BACKLOG)
    except OSError as error:
        raise ListenError(_sentence(error, f"{host}:{port}")) from error
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        for listening in listener.sockets:  # what it accepts inherits this
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)
    return listener


async def close(listener: asyncio.Server) -> None:
    """Stop listening. Who is being let in is let in first: asyncio 3.11 would leave them neither in nor out."""
    loop = asyncio.get_running_loop()
    for listening in listener.sockets:
        with suppress(NotImplementedError):  # on Windows, where there is nothing to wait for
            loop.remove_reader(listening.fileno())
    await asyncio.sleep(0)  # they get their transports
    await asyncio.sleep(0)  # and those their protocols, which the end is told to
    listener.close()


def _sentence(error: OSError, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use by another program: stop that one, or choose another port."
    return f"{address} cannot be listened on: {error.strerror or error}."
