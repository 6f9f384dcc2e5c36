"""The number of replies that a provider gives at the same time: `max_concurrent` of its entry."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import OverloadedError

LONGEST_WAIT_S = 10
"""After this wait, an error or an answer from another provider serves a person better."""


class ConcurrencyLimit:
    """Lets in as many replies as the entry allows, and the others in order as places become free."""

    def __init__(self, provider: str, settings: ProviderSettings) -> None:
        """provider: the name in config.json."""
        self.waiting = 0
        """The number of replies that wait for a place."""
        self._wait_s = min(LONGEST_WAIT_S, settings.timeout.first)
        self._places = asyncio.Semaphore(settings.max_concurrent or sys.maxsize)
        self._full = (
            f"{provider} is already handling {settings.max_concurrent} requests, the limit set by "
            "max_concurrent. Try again in a moment, or choose another model."
        )

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place until the block ends. Raises: OverloadedError if none becomes free in time."""
        self.waiting += 1
        try:
            async with asyncio.timeout(self._wait_s):
                await self._places.acquire()
        except TimeoutError as error:
            raise OverloadedError(self._full) from error
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._places.release()
