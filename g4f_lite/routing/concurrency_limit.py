"""How many replies a provider gives at a time: `max_concurrent` of its entry."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from g4f_lite.config.settings import ProviderSettings
from g4f_lite.errors import OverloadedError

LONGEST_WAIT_S = 10
"""Who is not let in by then is better told so, or answered by another provider."""


class Turnstile:
    """Lets as many in as the entry says, and the others in their order as places become free."""

    def __init__(self, provider: str, settings: ProviderSettings) -> None:
        """provider: the name in config.json."""
        self.waiting = 0
        """How many are not let in yet."""
        self._wait_s = min(LONGEST_WAIT_S, settings.timeout.first)
        self._places = asyncio.Semaphore(settings.max_concurrent or sys.maxsize)
        self._full = (
            f"{provider} is answering as many as max_concurrent allows, which is {settings.max_concurrent}; "
            f"try again in a moment, or choose another model."
        )

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """Hold a place until the block ends. Raises: OverloadedError when none became free for too long."""
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
