"""How much of something goes on, and when nothing of it does any more."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress


class UnderWay:
    """Counts what has begun and not ended. Lives on the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._none = asyncio.Event()
        self._none.set()
        self._ends: set[asyncio.Timeout] = set()

    @contextmanager
    def one(self) -> Iterator[None]:
        """Count one more in while the block runs."""
        self.count += 1
        self._none.clear()
        try:
            yield
        finally:
            self.count -= 1
            if not self.count:
                self._none.set()

    @asynccontextmanager
    async def until_cut_off(self) -> AsyncIterator[None]:
        """Run the block until `cut_off` is called. Raises: TimeoutError then."""
        async with asyncio.timeout(None) as end:
            self._ends.add(end)
            try:
                yield
            finally:
                self._ends.discard(end)

    def cut_off(self) -> None:
        """End the blocks of `until_cut_off`."""
        for end in self._ends:
            if not end.expired():
                end.reschedule(0)

    async def idle(self, patience_s: float) -> int:
        """Wait until there is none, or the time is over, and return how many there are then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._none.wait()
        return self.count
