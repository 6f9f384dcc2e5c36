"""Reads request bodies on the loop before a view gets a thread, so that slow senders hold no thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

from aiohttp import HttpVersion11, hdrs

from server.front import web
from server.front.connection_limits import FrontLimits
from server.front.front_errors import busy
from server.front.request_head import too_large
from server.problems import Problem


class RequestBodies:
    """All request bodies in memory, which share one limit."""

    def __init__(self, limits: FrontLimits) -> None:
        self._limits = limits
        self._held_bytes = 0

    @asynccontextmanager
    async def read(self, request: web.BaseRequest) -> AsyncIterator[BytesIO]:
        """Yield the whole body, positioned at its start. Raises: Problem if it is too large, too slow or malformed."""
        body, held_bytes = BytesIO(), 0
        if request.body_exists:
            _continue(request)
        try:
            while part := await self._part(request):
                held_bytes += body.write(part)
                self._held_bytes += len(part)
                self._check(held_bytes)
            body.seek(0)
            yield body
        finally:
            self._held_bytes -= held_bytes

    def _check(self, size_bytes: int) -> None:
        if size_bytes > self._limits.body_bytes:
            raise too_large(self._limits)
        if self._held_bytes > self._limits.bodies_bytes:
            raise busy("The server is already receiving as many request bodies as it can.")

    async def _part(self, request: web.BaseRequest) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_idle_s):
                return await request.content.readany()
        except TimeoutError:
            raise Problem("request_timeout", "The body did not arrive in time. Send the request again.") from None
        except web.RequestPayloadError:
            raise Problem("invalid_request", "The body does not match its headers.") from None


def _continue(request: web.BaseRequest) -> None:
    """Send `100 Continue` to a client that waits for it; aiohttp does so only in its own router."""
    if hdrs.EXPECT in request.headers and request.version >= HttpVersion11 and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
