"""Asynchronous sources of bytes whose end a test can observe."""

import asyncio
from collections.abc import AsyncIterator


class Source:
    """Yields blocks, then raises, goes silent or ends; knows whether it was closed."""

    def __init__(self, *blocks: bytes, error: Exception | None = None, silent: bool = False) -> None:
        self.blocks = blocks
        self.error = error
        self.silent = silent
        self.taken = 0
        self.waiting = False
        self.closed = False
        self._steps = self._run()

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._steps)

    async def aclose(self) -> None:
        await self._steps.aclose()
        self.closed = True

    async def _run(self) -> AsyncIterator[bytes]:
        for block in self.blocks:
            self.taken += 1
            yield block
        if self.silent:
            self.waiting = True
            await asyncio.Event().wait()
        if self.error:
            raise self.error
