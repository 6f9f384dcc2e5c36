"""What sessions hold open: streams and WebSockets. They end within seconds when the session does."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from server.problems import Problem
from server.web.closing import closing

log = logging.getLogger(__name__)

LOOK_EVERY_S = 2
AT_ONCE = 500
"""Sessions that one query asks for."""


@dataclass(eq=False, slots=True)
class Presence:
    """Something open. `here` is for whoever looks at it again and again; `end` is called once it is over."""

    token_hash: str
    here: bool = True
    end: Callable[[], object] = field(default=lambda: None)


class Attendance:
    """Who is present. Methods may be called from any thread, `look` on the loop."""

    def __init__(self, alive: Callable[[Iterable[str]], set[str]]) -> None:
        """alive: returns those of some sessions' token hashes whose sessions go on."""
        self._alive = alive
        self._present: set[Presence] = set()
        self._lock = Lock()

    @contextmanager
    def present(self, token_hash: str, end: Callable[[], object] = lambda: None) -> Iterator[Presence]:
        """Count something as open while the block runs."""
        presence = Presence(token_hash, end=end)
        with self._lock:
            self._present.add(presence)
        try:
            yield presence
        finally:
            with self._lock:
                self._present.discard(presence)

    async def attended(self, source: AsyncIterator[bytes], token_hash: str) -> AsyncGenerator[bytes, None]:
        """Yield what the source yields; when the session ends, whoever reads this is cancelled."""
        task = asyncio.current_task()
        assert task
        async with closing(source):
            with self.present(token_hash, end=task.cancel):
                async for block in source:
                    yield block

    async def look(self) -> None:
        """End what belongs to sessions that have ended."""
        with self._lock:
            present = list(self._present)
        hashes = sorted({presence.token_hash for presence in present} - {""})  # nobody signs in in mode `none`
        try:
            ended = await asyncio.to_thread(self._ended, hashes) if hashes else set()
        except Problem as problem:
            log.error("could not see whose sessions have ended: %s", problem.message)
            return
        for presence in present:
            if presence.token_hash in ended and presence in self._present:
                presence.here = False
                presence.end()

    def _ended(self, hashes: list[str]) -> set[str]:
        parts = [hashes[start : start + AT_ONCE] for start in range(0, len(hashes), AT_ONCE)]
        return set(hashes).difference(*(self._alive(part) for part in parts))
