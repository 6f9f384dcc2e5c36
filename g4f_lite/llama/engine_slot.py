"""Room for one local model at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from g4f_lite.errors import UnreachableError
from g4f_lite.llama.engine_process import EngineProcess


class EngineSlot:
    """At most one engine: started when first needed, changed when idle, let go when nobody needs it for a while.

    First come, first served: a turn for another model waits until those before it have ended, and those that come
    later wait behind it, so that a busy model keeps no other one out.
    """

    def __init__(self, start: Callable[[Path], Coroutine[Any, Any, EngineProcess]], keep_s: float) -> None:
        """keep_s: seconds an idle engine stays; 0 is for good."""
        self._start = start
        self._keep_s = keep_s
        self._entrance = asyncio.Lock()
        self._users = 0
        self._unused = asyncio.Event()
        self._unused.set()
        self._last_use = 0.0
        self._file: Path | None = None
        self._load: asyncio.Task[EngineProcess] | None = None
        self._watch: asyncio.Task[None] | None = None
        self._closed = False

    @asynccontextmanager
    async def engine(self, file: Path) -> AsyncIterator[EngineProcess]:
        """Yield a running engine for the file, which stays until the block ends.

        Raises: what starting it raises; UnreachableError when the slot was closed.
        """
        async with self._entrance:
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
        """End the engine for good, also under an answer."""
        self._closed = True
        if self._watch:
            self._watch.cancel()
        await self._clear()

    async def _loaded(self, file: Path) -> EngineProcess:
        if self._load is None or file != self._file or _failed(self._load):
            await self._unused.wait()
            await self._clear()
            self._load = self._begin(file)
        load = self._load
        await asyncio.wait({load})  # a turn that is stopped here leaves the load to the next one
        if load.cancelled():
            raise _shut_down()
        return load.result()

    def _begin(self, file: Path) -> asyncio.Task[EngineProcess]:
        if self._closed:
            raise _shut_down()
        self._file = file
        self._last_use = monotonic()
        if self._keep_s and (self._watch is None or self._watch.done()):
            self._watch = asyncio.create_task(self._let_go())
        load = asyncio.create_task(self._start(file))
        load.add_done_callback(_mark_as_seen)
        return load

    async def _let_go(self) -> None:
        while True:
            await asyncio.sleep(self._rest_s())
            async with self._entrance:
                if self._rest_s() <= 0:
                    return await self._clear()

    def _rest_s(self) -> float:
        return self._keep_s if self._users else self._last_use + self._keep_s - monotonic()

    async def _clear(self) -> None:
        """Empty the slot; interrupted here, the next one to come finishes it."""
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


def _mark_as_seen(load: asyncio.Task[EngineProcess]) -> None:
    """Keep asyncio from logging a failure that nobody waited for; the next turn meets it anew."""
    if not load.cancelled():
        load.exception()


def _shut_down() -> UnreachableError:
    return UnreachableError("The local engine was shut down. Try again.")
