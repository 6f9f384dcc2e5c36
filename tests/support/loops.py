"""An event loop in a thread, for tests that are not on one themselves."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def running_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """Yield a loop that runs until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=(loop,))
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    """Run until stopped, and end in the same thread: another may have a loop of its own that counts as running."""
    loop.run_forever()
    _cancel_all(loop)
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


def _cancel_all(loop: asyncio.AbstractEventLoop) -> None:
    """End what a test left, a response it did not read for one, as `asyncio.run` does."""
    if tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks))


def on(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    """Run something on the loop, and wait for it at most ten seconds."""
    return asyncio.run_coroutine_threadsafe(work, loop).result(10)
