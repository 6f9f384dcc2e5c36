"""An event loop for servers that have none."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any


def loop_in_thread() -> asyncio.AbstractEventLoop:
    """Return a loop that a thread of its own runs until the process ends."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="turns", daemon=True).start()
    return loop


def run_before_exit(loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run something on the loop once the main thread is done.

    `atexit` comes too late: the executors, through which answers are saved, take no work by then. They are shut down
    by what this hook of `threading` is for; it calls the newest first.
    Source: CPython, Lib/concurrent/futures/thread.py, `_python_exit`
    """
    threading._register_atexit(  # type: ignore[attr-defined]
        lambda: asyncio.run_coroutine_threadsafe(work(), loop).result()
    )
