"""Accepts connections on the event loop and calls the Flask app in a few threads."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from server.front import web
from server.front.connection import Connection
from server.front.connection_limits import ConnectionCounter, FrontLimits
from server.front.delivery import deliver
from server.front.environ import environ
from server.front.forwarded import NO_PROXIES, Proxies
from server.front.front_errors import ErrorAdapter, busy, unchanged
from server.front.gateway import Gateway
from server.front.handshake import wants_socket
from server.front.listener import ConnectionFactory, close, listen
from server.front.request_body import BodyRules, RequestBodies
from server.front.request_head import check
from server.front.websocket_bridge import WebSockets
from server.ops.request_id import HEADER, begin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


HEALTH_CHECK = "/healthz"
"""How the path ends that gets a thread of its own, so that it says whether the process works and not how busy it is."""


class Front:
    """A WSGI server on the running event loop. Streams and slow clients take no thread."""

    def __init__(
        self,
        app: "WSGIApplication",
        limits: FrontLimits | None = None,
        *,
        proxies: Proxies = NO_PROXIES,
        headers: Mapping[str, str] | None = None,
        adapt_error: ErrorAdapter = unchanged,
        body_rules: BodyRules | None = None,
    ) -> None:
        """Prepare to serve.

        proxies: whose X-Forwarded-For, -Proto, -Host and X-Request-ID are believed.
        headers: sent with the front's own responses. adapt_error: puts a problem into the format of the client's API.
        body_rules: how large a body may be, and whose.
        """
        limits = limits or FrontLimits()
        self._limits = limits
        self._proxies = proxies
        self._gateway = Gateway(app)
        self._views = ThreadPoolExecutor(limits.threads, "view")
        self._health = ThreadPoolExecutor(1, "health")
        self._bodies = RequestBodies(limits, body_rules or BodyRules(), self._views)
        self._sockets = WebSockets(self._gateway, limits)
        self._server = ConnectionFactory(
            self._handle, limits, ConnectionCounter(limits, proxies), headers or {}, adapt_error
        )
        self._listener: asyncio.Server | None = None
        self._active: set[asyncio.Task[object]] = set()
        self._refuses = False

    async def start(self, host: str, port: int) -> int:
        """Listen, and return the port: the one asked for, or the system's choice for 0. Raises: ListenError."""
        self._listener = await listen(self._server, host, port)
        bound: int = self._listener.sockets[0].getsockname()[1]
        return bound

    def refuse(self) -> None:
        """Answer every new request with 503; those in flight continue."""
        self._refuses = True

    async def stop(self) -> bool:
        """End what is left (WebSockets with code 1012) and tell whether every view has returned."""
        self.refuse()
        self._sockets.restart()
        await self._settle()
        if self._listener:
            await close(self._listener)
        self._server.pre_shutdown()
        await self._server.shutdown(self._limits.grace_s)
        self._sockets.close()
        self._views.shutdown(wait=False, cancel_futures=True)
        self._health.shutdown(wait=False, cancel_futures=True)
        return await self._gateway.settle(self._limits.grace_s)

    async def _settle(self) -> None:
        """Wait a little for responses in flight, then cut them off."""
        for cut_off in (False, True):
            for task in self._active:
                if cut_off:
                    task.cancel()
            if self._active:
                await asyncio.wait(self._active, timeout=self._limits.grace_s)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request. `Connection.handle_error` answers whatever is raised here."""
        connection = request.protocol
        assert isinstance(connection, Connection)
        begin(request.headers.get(HEADER, "") if self._proxies.believed(request.remote) else "")
        connection.request_started(request)
        self._watch()
        if self._refuses:
            raise busy("The server is shutting down.")
        return await self._answer(request, connection)

    def _watch(self) -> None:
        """Keep the task of this request until its response was sent."""
        task = asyncio.current_task()
        assert task
        self._active.add(task)
        task.add_done_callback(self._active.discard)

    async def _answer(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        check(request, self._limits)
        wants = wants_socket(request)
        asked = environ(request, self._proxies.believed(request.remote))
        async with self._bodies.read(request, asked):
            if wants:
                return await self._sockets.answer(request, connection, asked)
            is_health_check = asked["PATH_INFO"].endswith(HEALTH_CHECK)
            answer = await self._gateway.call(asked, self._health if is_health_check else self._views)
        return await deliver(request, answer)
