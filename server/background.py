"""An event loop for servers that have none."""

import asyncio
import threading


def in_thread() -> asyncio.AbstractEventLoop:
    """Return a loop that a thread of its own runs until the process ends."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="turns", daemon=True).start()
    return loop
