"""The front: accepts connections on the loop and asks the Flask app in a few threads."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from server.front import web
from server.front.body import Bodies
from server.front.connection import Connection
from server.front.connection_limits import Door
from server.front.delivery import deliver
from server.front.environ import environ
from server.front.forwarded import NO_PROXIES, Proxies
from server.front.gateway import Gateway
from server.front.handshake import wants_socket
from server.front.limits import Limits
from server.front.listener import Server, close, listen
from server.front.refusal import Wording, as_it_is, busy
from server.front.request_head import check
from server.front.sockets import Sockets
from server.ops.request_id import HEADER, begin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class Front:
    """A WSGI server on the running event loop. Streams and slow clients take no thread."""

    def __init__(
        self,
        app: "WSGIApplication",
        limits: Limits | None = None,
        *,
        proxies: Proxies = NO_PROXIES,
        headers: Mapping[str, str] | None = None,
        worded: Wording = as_it_is,
    ) -> None:
        """Prepare to serve.

        proxies: who is believed what X-Forwarded-For, -Proto and -Host, and X-Request-ID say.
        headers: what answers carry that are the front's and not the app's. worded: how they tell a problem.
        """
        limits = limits or Limits()
        self._limits = limits
        self._proxies = proxies
        self._bodies = Bodies(limits)
        self._gateway = Gateway(app)
        self._views = ThreadPoolExecutor(limits.threads, "view")
        self._sockets = Sockets(self._gateway, limits.sockets)
        self._server = Server(self._handle, limits, Door(limits, proxies), headers or {}, worded)
        self._listener: asyncio.Server | None = None
        self._active: set[asyncio.Task[object]] = set()
        self._refuses = False

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port: the one asked for, or the system's choice for 0. Raises: ListenError."""
        self._listener = await listen(self._server, host, port)
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
            await close(self._listener)
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
        begin(request.headers.get(HEADER, "") if self._proxies.believed(request.remote) else "")
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
            asked = environ(request, body, self._proxies.believed(request.remote))
            if wants:
                return await self._sockets.answer(request, connection, asked)
            answer = await self._gateway.call(asked, self._views)
        return await deliver(request, answer)
