"""A sign of life while nothing comes, so that nobody on the way takes a stream for dead."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

BEAT_S = 7.5
"""How often to look: after at least so long a silence, and at most twice that, a ping is sent."""
MAX_QUEUED = 64
"""Blocks that wait for a slow reader; then the source waits, too."""


async def beating(source: AsyncGenerator[bytes, None], ping: bytes) -> AsyncGenerator[bytes, None]:
    """Yield what the source yields, all that waits as one block, and pings in its silences behind the first block.

    One task reads ahead, and one timer ticks as long as the stream lasts: a timer for each block would cost more than
    the block. Raises: what the source raises, at once.
    """
    ahead = _Ahead(source, ping)
    try:
        async for block in ahead.blocks():
            yield block
    finally:
        await ahead.end()


class _Ahead:
    """Reads a source ahead of whoever wants it."""

    def __init__(self, source: AsyncGenerator[bytes, None], ping: bytes) -> None:
        self._loop = asyncio.get_running_loop()
        self._source = source
        self._ping = ping
        self._waiting: list[bytes] = []
        self._news, self._room = asyncio.Event(), asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._is_silent = False
        self._task = asyncio.create_task(self._read())
        self._task.add_done_callback(lambda _: self._news.set())

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._waiting:
                block = b"".join(self._waiting)
                self._waiting.clear()
                self._room.set()
                yield block
            if self._task.done() and not self._waiting:
                self._task.result()
                return

    async def end(self) -> None:
        """Leave the source."""
        if self._timer:
            self._timer.cancel()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        async with aclosing(self._source):
            async for block in self._source:
                self._say(block)
                if not self._timer:
                    self._timer = self._loop.call_later(BEAT_S, self._tick)
                if len(self._waiting) >= MAX_QUEUED:
                    self._room.clear()
                    await self._room.wait()

    def _say(self, block: bytes) -> None:
        self._is_silent = False
        self._waiting.append(block)
        self._news.set()

    def _tick(self) -> None:
        if self._is_silent and not self._waiting:
            self._say(self._ping)
        self._is_silent = True
        self._timer = self._loop.call_later(BEAT_S, self._tick)
