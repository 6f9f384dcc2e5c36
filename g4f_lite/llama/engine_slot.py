"""A slot that holds at most one running engine, so one local model at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from g4f_lite.errors import UnreachableError
from g4f_lite.llama.engine_process import EngineProcess


class EngineSlot:
    """Starts an engine when it is first needed, replaces it when it is idle, and ends it when it was idle for long.

    First come, first served: a turn for another model waits for the turns before it, and later turns wait for it, so a
    busy model cannot keep others out.
    """

    def __init__(self, start: Callable[[Path], Coroutine[Any, Any, EngineProcess]], keep_s: float) -> None:
        """keep_s: seconds that an idle engine stays; 0 is forever."""
        self._start = start
        self._keep_s = keep_s
        self._queue = asyncio.Lock()
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()
        self._last_use = 0.0
        self._file: Path | None = None
        self._load: asyncio.Task[EngineProcess] | None = None
        self._expiry: asyncio.Task[None] | None = None
        self._closed = False

    @asynccontextmanager
    async def engine(self, file: Path) -> AsyncIterator[EngineProcess]:
        """Yield a running engine for the file, which keeps running until the block ends.

        Raises: the errors of its start; UnreachableError if the slot was closed.
        """
        async with self._queue:
            engine = await self._loaded(file)
            self._users += 1
            self._unused.clear()
        try:
            yield engine
        finally:
            self._users -= 1
            self._last_use = monotonic()
            if not self._users:
                self._unused.set()

    async def close(self) -> None:
        """End the engine for good, even during an answer."""
        self._closed = True
        if self._expiry:
            self._expiry.cancel()
        await self._clear()

    async def _loaded(self, file: Path) -> EngineProcess:
        if self._load is None or file != self._file or _failed(self._load):
            await self._unused.wait()
            await self._clear()
            self._load = self._begin(file)
        load = self._load
        await asyncio.wait({load})  # if this turn is stopped here, the next one goes on with the load
        if load.cancelled():
            raise _shut_down()
        return load.result()

    def _begin(self, file: Path) -> asyncio.Task[EngineProcess]:
        if self._closed:
            raise _shut_down()
        self._file = file
        self._last_use = monotonic()
        if self._keep_s and (self._expiry is None or self._expiry.done()):
            self._expiry = asyncio.create_task(self._end_when_idle())
        load = asyncio.create_task(self._start(file))
        load.add_done_callback(_retrieve_exception)
        return load

    async def _end_when_idle(self) -> None:
        while True:
            await asyncio.sleep(self._idle_left_s())
            async with self._queue:
                if self._idle_left_s() <= 0:
                    return await self._clear()

    def _idle_left_s(self) -> float:
        return self._keep_s if self._users else self._last_use + self._keep_s - monotonic()

    async def _clear(self) -> None:
        """Empty the slot. If it is interrupted, the next call finishes it."""
        load, self._file = self._load, None
        if load is None:
            return
        load.cancel()
        await asyncio.wait({load})
        if not load.cancelled() and not load.exception():
            await load.result().end()
        self._load = None


def _failed(load: asyncio.Task[EngineProcess]) -> bool:
    return load.done() and (load.cancelled() or load.exception() is not None or not load.result().running)


def _retrieve_exception(load: asyncio.Task[EngineProcess]) -> None:
    """Keep asyncio from logging a failure that no turn waited for. The next turn starts the engine again."""
    if not load.cancelled():
        load.exception()


def _shut_down() -> UnreachableError:
    return UnreachableError("The local engine was shut down. Try again.")
