"""From the first connection to the last: serve until a signal comes, then drain."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from server.front.file_limits import allow
from server.front.forwarded import NO_PROXIES, Proxies
from server.front.front import Front
from server.front.limits import Limits
from server.front.refusal import Wording, as_it_is

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

DRAIN_S = 25
"""How long running turns may go on once a signal came; with what follows, the process ends within 30 seconds."""
INTERRUPTING_S = 1.5
"""How long interrupting and saving the rest may take."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def serve(
    app: "WSGIApplication",
    host: str,
    port: int,
    *,
    drain: Callable[[float], Awaitable[object]],
    on_ready: Callable[[int], object],
    limits: Limits | None = None,
    proxies: Proxies = NO_PROXIES,
    headers: Mapping[str, str] | None = None,
    worded: Wording = as_it_is,
) -> bool:
    """Serve until SIGTERM or SIGINT, then refuse new work, drain and close; a second signal kills the process.

    drain: ends running turns, in no more seconds than it is given. on_ready: hears the port once connections are taken.
    Returns: whether every thread is done; if not, the interpreter would wait for them at its exit.
    Raises: ListenError.
    """
    limits = limits or Limits()
    allow(limits.handles)
    front = Front(app, limits, proxies=proxies, headers=headers, worded=worded)
    bound = await front.start(host, port)
    # A full collection stops every stream for 30 ms. What is loaded now never dies: keep it out of them.
    gc.collect()
    gc.freeze()
    asked_to_stop = _on_signal()
    on_ready(bound)
    await asked_to_stop.wait()
    log.info("stopping: new requests are refused, running turns may take %d s", DRAIN_S)
    front.refuse()
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S + INTERRUPTING_S):
            await drain(DRAIN_S)
    return await front.stop()


def _on_signal() -> asyncio.Event:
    """Return the event of the first signal. `signal.signal`, since Windows has no `loop.add_signal_handler`."""
    loop = asyncio.get_running_loop()
    came = asyncio.Event()

    def first(*_: Any) -> None:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        loop.call_soon_threadsafe(came.set)

    for number in SIGNALS:
        signal.signal(number, first)
    return came
