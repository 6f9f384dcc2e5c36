"""Counts the work in flight, and waits until there is none."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress


class InFlight:
    """Lives on the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self._timeouts: set[asyncio.Timeout] = set()

    @contextmanager
    def track(self) -> Iterator[None]:
        """Count one more while the block runs."""
        self.count += 1
        self._idle.clear()
        try:
            yield
        finally:
            self.count -= 1
            if not self.count:
                self._idle.set()

    @asynccontextmanager
    async def abortable(self) -> AsyncIterator[None]:
        """Run the block until `abort` is called. Raises: TimeoutError then."""
        async with asyncio.timeout(None) as timeout:
            self._timeouts.add(timeout)
            try:
                yield
            finally:
                self._timeouts.discard(timeout)

    def abort(self) -> None:
        """End every block of `abortable`."""
        for timeout in self._timeouts:
            if not timeout.expired():
                timeout.reschedule(0)

    async def idle(self, timeout_s: float) -> int:
        """Wait until nothing is in flight, or the time is over. Returns: the count then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._idle.wait()
        return self.count
