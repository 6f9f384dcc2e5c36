"""Calls the WSGI app in a thread and returns its response."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, wait
from contextvars import Context, copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from server.close_source import close
from server.web.environ_keys import OWN_THREADS
from server.web.hashing_threads import CallAgain
from server.web.streaming import StreamBody

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

WHOLE_BYTES = 1024 * 1024
"""A body of a known size up to this is fetched in the view's thread; a larger one is sent block by block."""


@dataclass(frozen=True, slots=True)
class AppResponse:
    """The app's response. A body that is a source must be closed; `waits` as in `Stream`."""

    status: int
    reason: str
    headers: list[tuple[str, str]]
    body: bytes | AsyncIterator[bytes]
    waits: bool = False

    async def close(self) -> None:
        """Close the source, which will not be read."""
        if not isinstance(self.body, bytes):
            await close(self.body)


class Gateway:
    """Calls the app in threads, and cleans up after clients that do not wait for the response."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app
        self._jobs: set[Future[AppResponse | CallAgain]] = set()
        self._closing: set[asyncio.Task[None]] = set()

    async def call(
        self, environ: dict[str, Any], threads: Executor, returned: Callable[[], None] = lambda: None
    ) -> AppResponse:
        """Return the app's response. Raises: whatever the app raises.

        returned: called in any thread once the app has returned or will not be called; again if it is called again.
        If this is cancelled, a call that has not begun never starts, and the response of one that has is closed.
        """
        answer = await self._answer(environ, threads, returned)
        if isinstance(answer, CallAgain):
            answer = await self._answer({**environ, OWN_THREADS: True}, answer.threads, returned)
        assert isinstance(answer, AppResponse)
        return answer

    async def _answer(
        self, environ: dict[str, Any], threads: Executor, returned: Callable[[], None]
    ) -> AppResponse | CallAgain:
        try:
            job = threads.submit(self._call, environ, threads)
        except RuntimeError:  # no thread is available
            returned()
            raise
        self._jobs.add(job)
        job.add_done_callback(lambda _: returned())
        job.add_done_callback(self._jobs.discard)
        try:
            return await asyncio.wrap_future(job)
        except asyncio.CancelledError:
            self._abandon(job)
            raise

    async def settle(self, within_s: float) -> bool:
        """Wait until every call has returned and every abandoned response is closed; tell whether that happened."""
        _, left = await asyncio.to_thread(wait, list(self._jobs), within_s)
        if self._closing:
            await asyncio.wait(self._closing, timeout=within_s)
        return not left and not self._closing

    def _call(self, environ: dict[str, Any], threads: Executor) -> AppResponse | CallAgain:
        context = copy_context()
        started = StartResponse()
        body = context.run(self._app, environ, started)
        if isinstance(body, CallAgain):
            return body
        if isinstance(body, StreamBody):
            return started.answer(body.source, body.waits)
        if environ["REQUEST_METHOD"] == "HEAD" or started.size_bytes <= WHOLE_BYTES:
            return started.answer(_whole(body, context))
        return started.answer(IterableSource(body, threads, context))

    def _abandon(self, job: "Future[AppResponse | CallAgain]") -> None:
        """Close the response once it exists. The task is created now so that `settle` cannot miss it."""
        task = asyncio.create_task(_close_response(job))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


class StartResponse:
    """The `start_response` of one call: keeps status and headers."""

    def __init__(self) -> None:
        self.status = ""
        self.headers: list[tuple[str, str]] = []

    def __call__(self, status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], None]:
        """Keep the status line and headers. A later call replaces them, since nothing was sent yet."""
        self.status, self.headers = status, headers
        return _write

    @property
    def size_bytes(self) -> float:
        """The Content-Length in bytes; infinite without one."""
        sizes = [int(value) for name, value in self.headers if name.lower() == "content-length"]
        return sizes[0] if sizes else float("inf")

    def answer(self, body: bytes | AsyncIterator[bytes], waits: bool = False) -> AppResponse:
        status, _, reason = self.status.partition(" ")
        return AppResponse(int(status), reason, self.headers, body, waits)


class IterableSource:
    """An ordinary iterable as a source: each block is fetched in a thread, so that a slow reader holds none."""

    def __init__(self, body: Iterable[bytes], threads: Executor, context: Context) -> None:
        self._body = body
        self._blocks: Iterator[bytes] | None = None
        self._threads = threads
        self._context = context
        self._step: Future[bytes | None] | None = None

    def __aiter__(self) -> "IterableSource":
        return self

    async def __anext__(self) -> bytes:
        self._step = self._threads.submit(self._context.run, self._next)
        block = await asyncio.wrap_future(self._step)
        if block is None:
            raise StopAsyncIteration
        return block

    async def aclose(self) -> None:
        """Close the iterable in a thread, once no other thread is using it."""
        if self._step is None:
            self._threads.submit(_close, self._body)
        else:
            self._step.add_done_callback(lambda _: self._threads.submit(_close, self._body))

    def _next(self) -> bytes | None:
        self._blocks = self._blocks or iter(self._body)
        return next(self._blocks, None)


async def _close_response(job: "Future[AppResponse | CallAgain]") -> None:
    if job.cancelled():
        return
    try:
        answer = await asyncio.wrap_future(job)
    except Exception:
        log.exception("a view failed after its client left")
    else:
        if isinstance(answer, AppResponse):
            await answer.close()


def _whole(body: Iterable[bytes], context: Context) -> bytes:
    try:
        return context.run(b"".join, body)
    finally:
        _close(body)


def _close(body: Iterable[bytes]) -> None:
    if hasattr(body, "close"):
        body.close()


def _write(block: bytes) -> None:
    """Reject `write`, which PEP 3333 keeps only for older applications."""
    raise NotImplementedError("Return an iterable instead of calling write().")
