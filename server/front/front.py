"""The front: accepts connections on the loop and asks the Flask app in a few threads."""

import asyncio
import errno
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from aiohttp import web

from server.front.body import Bodies
from server.front.connection import Connection
from server.front.delivery import deliver
from server.front.door import Door
from server.front.environ import environ
from server.front.gateway import Gateway
from server.front.handshake import wants_socket
from server.front.head import check
from server.front.limits import Limits
from server.front.refusal import busy
from server.front.sockets import Sockets

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

BACKLOG = 4096
"""Connections the kernel keeps while the loop is busy, so that a herd of a thousand loses none."""
UNSENT_BYTES = 128 * 1024


class ListenError(OSError):
    """The address cannot be listened on; the text says why and what to do."""


class Front:
    """A WSGI server on the running event loop. Streams and slow clients take no thread."""

    def __init__(
        self,
        app: "WSGIApplication",
        limits: Limits | None = None,
        *,
        trusted_proxies: int = 0,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare to serve.

        trusted_proxies: how many reverse proxies in a row are believed what X-Forwarded-For, -Proto and -Host say.
        headers: what answers carry that are the front's and not the app's.
        """
        limits = limits or Limits()
        self._limits = limits
        self._trusted_proxies = trusted_proxies
        self._bodies = Bodies(limits)
        self._gateway = Gateway(app)
        self._views = ThreadPoolExecutor(limits.threads, "view")
        self._sockets = Sockets(self._gateway, limits.sockets)
        self._server = Server(self._handle, limits, Door(limits, behind_proxy=trusted_proxies > 0), headers or {})
        self._listener: asyncio.Server | None = None
        self._active: set[asyncio.Task[object]] = set()
        self._refuses = False

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port: the one asked for, or the system's choice for 0. Raises: ListenError."""
        loop = asyncio.get_running_loop()
        try:
            self._listener = await loop.create_server(self._server, host, port, backlog=BACKLOG)
        except OSError as error:
            raise ListenError(_sentence(error, f"{host}:{port}")) from error
        for listening in self._listener.sockets:
            _keep_send_buffers_small(listening)
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    def refuse(self) -> None:
        """Answer every request from now on with 503; those that are under way go on."""
        self._refuses = True

    async def stop(self) -> bool:
        """End what is left, WebSockets with code 1012, and return whether every view has returned."""
        self.refuse()
        self._sockets.restart()
        await self._settle()
        if self._listener:
            self._listener.close()
        self._server.pre_shutdown()
        await self._server.shutdown(self._limits.grace_s)
        self._sockets.close()
        self._views.shutdown(wait=False, cancel_futures=True)
        return await self._gateway.settle(self._limits.grace_s)

    async def _settle(self) -> None:
        """Wait a little for the answers under way, then cut them off."""
        for cut_off in (False, True):
            for task in self._active:
                if cut_off:
                    task.cancel()
            if self._active:
                await asyncio.wait(self._active, timeout=self._limits.grace_s)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; what is raised here, `Connection.handle_error` answers."""
        connection = request.protocol
        assert isinstance(connection, Connection)
        connection.began(request)
        self._watch()
        if self._refuses:
            raise busy("The server is about to stop.")
        return await self._answer(request, connection)

    def _watch(self) -> None:
        """Keep the task of this request until its answer has left."""
        task = asyncio.current_task()
        assert task
        self._active.add(task)
        task.add_done_callback(self._active.discard)

    async def _answer(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        check(request, self._limits)
        wants = wants_socket(request)
        async with self._bodies.read(request) as body:
            asked = environ(request, body, self._trusted_proxies)
            if wants:
                return await self._sockets.answer(request, connection, asked)
            answer = await self._gateway.call(asked, self._views)
        return await deliver(request, answer)


class Server(web.Server):
    """Makes our connections where aiohttp would make its own."""

    def __init__(self, handler, limits: Limits, door: Door, headers: Mapping[str, str]) -> None:  # type: ignore
        # without the cancellation a quiet source would not hear that its client left
        super().__init__(handler, handler_cancellation=True)
        self._limits = limits
        self._door = door
        self._headers = headers

    def __call__(self) -> Connection:
        """Return the protocol of a new connection."""
        return Connection(self, self._limits, self._door, self._headers)


def _keep_send_buffers_small(listening: socket.socket) -> None:
    """Bound what the kernel takes ahead of a client, megabytes otherwise; connections inherit it."""
    if hasattr(socket, "TCP_NOTSENT_LOWAT"):
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)


def _sentence(error: OSError, address: str) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{address} is in use by another program: stop that one, or choose another port."
    return f"{address} cannot be listened on: {error.strerror or error}."
