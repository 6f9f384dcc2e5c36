"""The WebSockets that are open: a pool of threads of their own, so that they never take the views' threads."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import BoundedSemaphore
from typing import Any

from server.front import refusal, web
from server.front.bridge import Bridge, Said
from server.front.connection import Connection
from server.front.delivery import deliver
from server.front.gateway import Answer, Gateway

COMPRESSION = "HTTP_SEC_WEBSOCKET_EXTENSIONS"
"""Never shown to the app: short events gain nothing, and what a message inflates to would be the client's choice."""


class Sockets:
    """Calls the app for WebSocket handshakes, and stays between it and the client."""

    def __init__(self, gateway: Gateway, most: int) -> None:
        self._gateway = gateway
        self._threads = ThreadPoolExecutor(most, "socket")
        self._free = BoundedSemaphore(most)
        self._bridges: set[Bridge] = set()

    async def answer(
        self, request: web.BaseRequest, connection: Connection, environ: dict[str, Any]
    ) -> web.StreamResponse:
        """Serve a handshake to its end: the app's conversation, or the ordinary answer with which it refuses."""
        bridge = Bridge(connection)
        environ.pop(COMPRESSION, None)
        environ["werkzeug.socket"] = await self._open(bridge)
        call = asyncio.ensure_future(self._gateway.call(environ, self._threads, lambda: self._returned(bridge)))
        self._bridges.add(bridge)
        try:
            await bridge.ended.wait()
            if not bridge.accepted:
                return await deliver(request, await call)
            call.add_done_callback(_report)
            await connection.linger()
            return Said()
        finally:
            self._bridges.discard(bridge)
            bridge.close()
            call.cancel()

    def restart(self) -> None:
        """Have every client told to come back: the server starts anew."""
        for bridge in self._bridges:
            bridge.restart()

    def close(self) -> None:
        """Take no more calls."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _open(self, bridge: Bridge) -> socket.socket:
        """Return the app's end of the bridge, which has a place until its view has returned."""
        if not self._free.acquire(blocking=False):
            raise refusal.busy("Too many WebSockets are open.")
        try:
            return await bridge.open()
        except BaseException:
            self._free.release()
            raise

    def _returned(self, bridge: Bridge) -> None:
        bridge.returned()
        self._free.release()


def _report(call: "asyncio.Future[Answer]") -> None:
    """Log the failure of a view whose client has heard something already."""
    if not call.cancelled() and (error := call.exception()):
        refusal.report(error)
