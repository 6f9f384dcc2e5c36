"""The listening socket, and the protocol that each connection gets."""

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from server.front import web
from server.front.connection import Connection
from server.front.connection_limits import ConnectionCounter, FrontLimits
from server.front.front_errors import ErrorAdapter

BACKLOG = 4096
"""Connections that the kernel queues while the loop is busy, so that none of a thousand at once is lost."""
UNSENT_BYTES = 128 * 1024
"""How much the kernel buffers for a client that falls behind. Without this it takes megabytes."""


class ListenError(OSError):
    """The server cannot listen on the address. The message says why and what to do."""


class ConnectionFactory(web.Server):
    """Makes a `Connection` where aiohttp would make its own protocol."""

    def __init__(
        self,
        handler: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
        limits: FrontLimits,
        counter: ConnectionCounter,
        common: Mapping[str, str],
        adapt_error: ErrorAdapter,
    ) -> None:
        # without cancellation a silent source would not learn that its client has left
        super().__init__(handler, handler_cancellation=True)
        self._limits = limits
        self._counter = counter
        self._common = common
        self._adapt_error = adapt_error

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, self._limits, self._counter, self._common, self._adapt_error)


async def listen(server: ConnectionFactory, host: str, port: int) -> asyncio.Server:
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
    """Stop listening, but admit whoever is connecting: asyncio 3.11 would leave them open and unserved."""
    loop = asyncio.get_running_loop()
    for listening in listener.sockets:
        with suppress(NotImplementedError):  # on Windows, which has nothing to wait for
            loop.remove_reader(listening.fileno())
    await asyncio.sleep(0)  # new connections get their transports
    await asyncio.sleep(0)  # and their protocols, which learn of the shutdown
    listener.close()


def _sentence(error: OSError, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Another program already uses {address}. Stop it, or choose another port."
    return f"Cannot listen on {address}: {error.strerror or error}."
