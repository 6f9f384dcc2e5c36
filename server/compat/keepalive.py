"""Sends a comment in the silences of a stream, so that no proxy or client takes the connection for dead."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

TICK_S = 7.5
"""How often to check for silence. A ping follows a silence of at least this time, and at most twice this time."""
MAX_QUEUED = 64
"""Blocks that may wait for a slow reader, before the source waits too."""


async def with_keepalive(source: AsyncGenerator[bytes, None], ping: bytes) -> AsyncGenerator[bytes, None]:
    """Yield the blocks of the source, joined if several wait, and pings in its silences after the first block.

    One task reads ahead, and one timer ticks as long as the stream lasts. A timer for each block would cost more than
    the block itself. Raises: whatever the source raises, at once.
    """
    ahead = _ReadAhead(source, ping)
    try:
        async for block in ahead.blocks():
            yield block
    finally:
        await ahead.end()


class _ReadAhead:
    """Reads a source ahead of its reader."""

    def __init__(self, source: AsyncGenerator[bytes, None], ping: bytes) -> None:
        self._loop = asyncio.get_running_loop()
        self._source = source
        self._ping = ping
        self._waiting: list[bytes] = []
        self._changed, self._room = asyncio.Event(), asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._is_silent = False
        self._task = asyncio.create_task(self._read())
        self._task.add_done_callback(lambda _: self._changed.set())

    async def blocks(self) -> AsyncGenerator[bytes, None]:
        while True:
            await self._changed.wait()
            self._changed.clear()
            if self._waiting:
                block = b"".join(self._waiting)
                self._waiting.clear()
                self._room.set()
                yield block
            if self._task.done() and not self._waiting:
                self._task.result()
                return

    async def end(self) -> None:
        """Stop reading, and close the source."""
        if self._timer:
            self._timer.cancel()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        async with aclosing(self._source):
            async for block in self._source:
                self._add(block)
                if not self._timer:
                    self._timer = self._loop.call_later(TICK_S, self._tick)
                if len(self._waiting) >= MAX_QUEUED:
                    self._room.clear()
                    await self._room.wait()

    def _add(self, block: bytes) -> None:
        self._is_silent = False
        self._waiting.append(block)
        self._changed.set()

    def _tick(self) -> None:
        if self._is_silent and not self._waiting:
            self._add(self._ping)
        self._is_silent = True
        self._timer = self._loop.call_later(TICK_S, self._tick)
