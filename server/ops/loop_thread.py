"""An event loop in a thread, for WSGI servers that have none."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any


def loop_in_thread() -> asyncio.AbstractEventLoop:
    """Return a loop that runs in a thread of its own until the process ends."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="turns", daemon=True).start()
    return loop


def run_before_exit(loop: asyncio.AbstractEventLoop, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run work on the loop when the main thread has ended.

    `atexit` is too late: the executors that save answers accept no work by then. This hook of `threading` also shuts
    them down, and calls the newest function first.
    Source: CPython, Lib/concurrent/futures/thread.py, `_python_exit`
    """
    threading._register_atexit(  # type: ignore[attr-defined]
        lambda: asyncio.run_coroutine_threadsafe(work(), loop).result()
    )
