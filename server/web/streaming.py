"""A response whose body is an asynchronous source.

The front takes such a body over: the view's thread goes back to its pool and the event loop writes what the source
yields. Under any other WSGI server the body is an ordinary iterator that asks the loop for each block. The request
context is gone once the view has returned, so a source holds everything it needs.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response

from g4f_lite.errors import G4FLiteError
from server.problems import Problem, note
from server.web.closing import close, closing
from server.web.environ_keys import LOOP

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

T = TypeVar("T")


class Stream(Response):
    """A response that sends each block of its source at once, and never a Content-Length."""

    automatically_set_content_length = False

    def __init__(
        self,
        source: AsyncIterator[bytes],
        *,
        loop: asyncio.AbstractEventLoop,
        waits: bool = False,
        status: int = 200,
        mimetype: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep the source; nothing of it runs yet. Whatever happens, its `aclose` is called, if it has one.

        loop: where the source runs.
        waits: hold the headers back until the first block, so that a Problem or a provider's error before it
            becomes a true status. An error behind it ends the connection without the final chunk.
        """
        self.blocks = Blocks(source, loop, waits)
        super().__init__(self.blocks, status=status, mimetype=mimetype, headers=headers)
        self.headers["Cache-Control"] = "no-store, no-transform"
        self.headers["X-Accel-Buffering"] = "no"

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application does: with `blocks` itself where the server takes it over."""
        if environ["REQUEST_METHOD"] == "HEAD":
            self.blocks.close()
        elif environ.get(LOOP) is self.blocks.loop:
            start_response(self.status, self.get_wsgi_headers(environ).to_wsgi_list())
            return self.blocks
        elif self.blocks.waits:
            try:
                self.blocks.begin()
            except Problem as problem:
                note(problem, f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
                return failure(problem, self.headers.to_wsgi_list())(environ, start_response)
        return super().__call__(environ, start_response)


class Blocks(Iterator[bytes]):
    """A source as a thread sees it, one block at a time.

    One task of the loop runs the source from beginning to end, at most one block ahead of its reader.
    """

    def __init__(self, source: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop, waits: bool) -> None:
        self.source = source
        self.loop = loop
        self.waits = waits
        self._ready: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._task: asyncio.Task[None] | None = None
        self._first: bytes | None = None

    def begin(self) -> None:
        """Wait for the first block and keep it. Raises: Problem, or what else the source raises."""
        with as_problems():
            self._first = self._on_loop(self._next())

    def __next__(self) -> bytes:
        block, self._first = self._first or self._on_loop(self._next()), None
        if block is None:
            raise StopIteration
        return block

    def close(self) -> None:
        """End the source, wherever it is."""
        self._on_loop(self._stop())

    def _on_loop(self, step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, self.loop).result()

    async def _next(self) -> bytes | None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(_heed)
        taking = asyncio.create_task(self._ready.get())
        await asyncio.wait({taking, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if taking.done():
            return taking.result()
        taking.cancel()
        await self._task
        return None

    async def _run(self) -> None:
        async with closing(self.source) as source:
            async for block in source:
                if block:  # an empty one would be the final chunk
                    await self._ready.put(block)

    async def _stop(self) -> None:
        if self._task is None:
            await close(self.source)
        else:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def _heed(task: "asyncio.Task[None]") -> None:
    """Take note of a failure: who reads is told of it, and may have left before."""
    if not task.cancelled():
        task.exception()


@contextmanager
def as_problems() -> Iterator[None]:
    """Raise a provider's error as the Problem it is to our client."""
    try:
        yield
    except G4FLiteError as error:
        raise Problem.of(error) from error


def failure(problem: Problem, headers: Iterable[tuple[str, str]]) -> Response:
    """Return the error in the place of a stream that never began; all its headers but the type stay."""
    response = Response(problem.body(), status=problem.status, headers=list(headers))
    response.headers.update(problem.headers())
    return response
