"""Request bodies, read on the loop before a view gets a thread: who sends slowly holds no thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from io import BytesIO

from aiohttp import HttpVersion11, hdrs

from server.front import web
from server.front.limits import Limits
from server.front.refusal import busy
from server.front.request_head import too_large
from server.problems import Problem


class Bodies:
    """All bodies that are in memory; together they have a limit too."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held_bytes = 0

    @asynccontextmanager
    async def read(self, request: web.BaseRequest) -> AsyncIterator[BytesIO]:
        """Yield the whole body, at its beginning. Raises: Problem where it is too large, too slow or malformed."""
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
            raise busy("The server holds as many request bodies as it can.")

    async def _part(self, request: web.BaseRequest) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_idle_s):
                return await request.content.readany()
        except TimeoutError:
            raise Problem("request_timeout", "The body did not arrive in time; send the request again.") from None
        except web.RequestPayloadError:
            raise Problem("invalid_request", "The body is not what its headers announce.") from None


def _continue(request: web.BaseRequest) -> None:
    """Tell a client that waits for leave to send its body that it may; aiohttp does so only in its own router."""
    if hdrs.EXPECT in request.headers and request.version >= HttpVersion11 and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
