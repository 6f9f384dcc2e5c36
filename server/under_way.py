"""How much of something goes on, and when nothing of it does any more."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class UnderWay:
    """Counts what has begun and not ended. Lives on the event loop."""

    def __init__(self) -> None:
        self.count = 0
        self._none = asyncio.Event()
        self._none.set()

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

    async def idle(self, patience_s: float) -> int:
        """Wait until there is none, or the time is over, and return how many there are then."""
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s):
                await self._none.wait()
        return self.count
