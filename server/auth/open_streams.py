"""Streams and WebSockets that are open for a session. They end within seconds when the session ends."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from server.close_source import closing
from server.problems import Problem

log = logging.getLogger(__name__)

CHECK_EVERY_S = 2
SESSIONS_PER_QUERY = 500


@dataclass(eq=False, slots=True)
class OpenStream:
    """`is_open` is for those who poll; `end` is called when the session ends."""

    token_hash: str
    is_open: bool = True
    end: Callable[[], object] = field(default=lambda: None)


class OpenStreams:
    """All that is open. Methods may be called from any thread, `close_ended` on the loop."""

    def __init__(self, alive: Callable[[Iterable[str]], set[str]]) -> None:
        """alive: returns which of the token hashes belong to sessions that go on."""
        self._alive = alive
        self._open: set[OpenStream] = set()
        self._lock = Lock()

    @contextmanager
    def track(self, token_hash: str, end: Callable[[], object] = lambda: None) -> Iterator[OpenStream]:
        """Register a stream while the block runs."""
        stream = OpenStream(token_hash, end=end)
        with self._lock:
            self._open.add(stream)
        try:
            yield stream
        finally:
            with self._lock:
                self._open.discard(stream)

    async def while_session_lasts(self, source: AsyncIterator[bytes], token_hash: str) -> AsyncGenerator[bytes, None]:
        """Yield what the source yields; when the session ends, the task that reads this is cancelled."""
        task = asyncio.current_task()
        assert task
        async with closing(source):
            with self.track(token_hash, end=task.cancel):
                async for block in source:
                    yield block

    async def close_ended(self) -> None:
        """End the streams of sessions that have ended."""
        with self._lock:
            streams = list(self._open)
        hashes = sorted({stream.token_hash for stream in streams} - {""})  # nobody signs in in mode `none`
        try:
            ended = await asyncio.to_thread(self._ended, hashes) if hashes else set()
        except Problem as problem:
            log.error("could not check which sessions have ended: %s", problem.message)
            return
        for stream in streams:
            if stream.token_hash in ended and stream in self._open:
                stream.is_open = False
                stream.end()

    def _ended(self, hashes: list[str]) -> set[str]:
        starts = range(0, len(hashes), SESSIONS_PER_QUERY)
        return set(hashes).difference(*(self._alive(hashes[start : start + SESSIONS_PER_QUERY]) for start in starts))
