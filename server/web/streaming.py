"""A response whose body is an asynchronous source.

The front takes the source over: the view's thread returns to its pool, and the event loop writes what the source
yields. Under any other WSGI server the body is an ordinary iterator that asks the loop for each block. The request
context ends when the view returns, so a source must hold everything it needs.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response

from g4f_lite.errors import G4FLiteError
from server.close_source import close, closing
from server.problems import Problem, log_problem
from server.web.environ_keys import LOOP

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

T = TypeVar("T")


class Stream(Response):
    """A response that sends each block of its source immediately, without a Content-Length."""

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
        """Keep the source without running it. Its `aclose`, if it has one, is called in every case.

        loop: where the source runs.
        waits: send the headers with the first block, so that a Problem or a provider's error before it sets the
            status. An error after it ends the connection without the final chunk.
        """
        self.body_source = StreamBody(source, loop, waits)
        super().__init__(self.body_source, status=status, mimetype=mimetype, headers=headers)
        self.headers["Cache-Control"] = "no-store, no-transform"
        self.headers["X-Accel-Buffering"] = "no"

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer as a WSGI application; a server that takes the source over gets `body_source` itself."""
        if environ["REQUEST_METHOD"] == "HEAD":
            self.body_source.close()
        elif environ.get(LOOP) is self.body_source.loop:
            start_response(self.status, self.get_wsgi_headers(environ).to_wsgi_list())
            return self.body_source
        elif self.body_source.waits:
            try:
                self.body_source.begin()
            except Problem as problem:
                log_problem(problem, f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
                return error_response(problem, self.headers.to_wsgi_list())(environ, start_response)
        return super().__call__(environ, start_response)


class StreamBody(Iterator[bytes]):
    """Iterates over a source in a thread, one block at a time.

    One task of the loop runs the whole source, at most one block ahead of its reader.
    """

    def __init__(self, source: AsyncIterator[bytes], loop: asyncio.AbstractEventLoop, waits: bool) -> None:
        self.source = source
        self.loop = loop
        self.waits = waits
        self._ready: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._task: asyncio.Task[None] | None = None
        self._first: bytes | None = None

    def begin(self) -> None:
        """Wait for the first block and keep it. Raises: Problem, or any other error of the source."""
        with provider_errors_as_problems():
            self._first = self._on_loop(self._next())

    def __next__(self) -> bytes:
        block, self._first = self._first or self._on_loop(self._next()), None
        if block is None:
            raise StopIteration
        return block

    def close(self) -> None:
        """End the source, whether it has started or not."""
        self._on_loop(self._stop())

    def _on_loop(self, step: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(step, self.loop).result()

    async def _next(self) -> bytes | None:
        if self._task is None:
            self._task = asyncio.create_task(self._run())
            self._task.add_done_callback(_retrieve_error)
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


def _retrieve_error(task: "asyncio.Task[None]") -> None:
    """Mark an error as retrieved. The reader gets it too, unless the reader has left before."""
    if not task.cancelled():
        task.exception()


@contextmanager
def provider_errors_as_problems() -> Iterator[None]:
    """Raise a provider's error as the Problem that describes it to the client."""
    try:
        yield
    except G4FLiteError as error:
        raise Problem.of(error) from error


def error_response(problem: Problem, headers: Iterable[tuple[str, str]]) -> Response:
    """Return the response for an error before a stream starts. It keeps the given headers, apart from the type."""
    response = Response(problem.body(), status=problem.status, headers=list(headers))
    response.headers.update(problem.headers())
    return response
