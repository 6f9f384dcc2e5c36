"""Reads request bodies on the loop before a view gets a thread, so that slow senders hold no thread."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Executor
from contextlib import asynccontextmanager
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from typing import Any

from aiohttp import HttpVersion11, hdrs

from server.front import web
from server.front.connection_limits import FrontLimits
from server.front.front_errors import busy
from server.limits.rate_limiter import network
from server.problems import Problem, body_too_large

Environ = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BodyRules:
    """What the app says about a body before it is read. The defaults are for an app that does not care."""

    largest_bytes: Callable[[Environ], float] = lambda environ: float("inf")
    """Returns the limit of the request's address. Called on the loop."""
    require_sender: Callable[[Environ], object] = lambda environ: None
    """Raises Problem unless it knows who sends the request. Called in a thread for bodies above `stranger_bytes`."""


class RequestBodies:
    """All request bodies in memory, which share one limit. Each client has a share of it."""

    def __init__(self, limits: FrontLimits, rules: BodyRules, threads: Executor) -> None:
        self._limits = limits
        self._rules = rules
        self._threads = threads
        self._held_bytes = 0
        self._held_by_client: Counter[str] = Counter()

    @asynccontextmanager
    async def read(self, request: web.BaseRequest, environ: dict[str, Any]) -> AsyncIterator[None]:
        """Put the whole body into the environ of the head, for as long as the block runs.

        Raises: Problem if the body is too large, too slow or malformed, or if a stranger sends a large one. What the
            head announces is checked before anything is read.
        """
        if not request.body_exists:
            yield
            return
        reading = _Reading(min(self._limits.body_bytes, self._rules.largest_bytes(environ)))
        await self._admit(reading, request.content_length or 0, environ)
        _continue(request)
        client, body = network(environ["REMOTE_ADDR"]), BytesIO()
        try:
            while part := await self._part(request):
                reading.held_bytes += len(part)
                self._hold(client, len(part))
                await self._admit(reading, reading.held_bytes, environ)
                body.write(part)
            body.seek(0)
            environ |= {"wsgi.input": body, "CONTENT_LENGTH": str(reading.held_bytes)}
            yield
        finally:
            self._release(client, reading.held_bytes)

    async def _admit(self, reading: "_Reading", size_bytes: int, environ: Environ) -> None:
        """Raises: Problem if a body of this size may not come."""
        if size_bytes > reading.largest_bytes:
            raise body_too_large(reading.largest_bytes)
        if size_bytes > self._limits.stranger_bytes and not reading.knows_sender:
            check = partial(copy_context().run, self._rules.require_sender, environ)
            await asyncio.get_running_loop().run_in_executor(self._threads, check)
            reading.knows_sender = True

    def _hold(self, client: str, size_bytes: int) -> None:
        self._held_bytes += size_bytes
        self._held_by_client[client] += size_bytes
        if self._held_by_client[client] > self._limits.bodies_bytes_per_client:
            raise busy("You are sending too much at the same time.")
        if self._held_bytes > self._limits.bodies_bytes:
            raise busy("The server is already receiving as many request bodies as it can.")

    def _release(self, client: str, size_bytes: int) -> None:
        self._held_bytes -= size_bytes
        self._held_by_client[client] -= size_bytes
        if not self._held_by_client[client]:
            del self._held_by_client[client]

    async def _part(self, request: web.BaseRequest) -> bytes:
        try:
            async with asyncio.timeout(self._limits.body_idle_s):
                return await request.content.readany()
        except TimeoutError:
            raise Problem("request_timeout", "The body did not arrive in time. Send the request again.") from None
        except web.RequestPayloadError:
            raise Problem("invalid_request", "The body does not match its headers.") from None


@dataclass(slots=True)
class _Reading:
    """One body on its way."""

    largest_bytes: float
    knows_sender: bool = False
    held_bytes: int = 0


def _continue(request: web.BaseRequest) -> None:
    """Send `100 Continue` to a client that waits for it; aiohttp does so only in its own router."""
    if hdrs.EXPECT in request.headers and request.version >= HttpVersion11 and request.transport:
        request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
