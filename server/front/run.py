"""Serves until a signal arrives, then drains and closes."""

import asyncio
import gc
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from server.front.connection_limits import FrontLimits, raise_file_limit
from server.front.forwarded import NO_PROXIES, Proxies
from server.front.front import Front
from server.front.front_errors import ErrorAdapter, unchanged
from server.front.request_body import BodyRules

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)

DRAIN_S = 25
"""How long running turns may continue after a signal, in seconds. With what follows, the process ends within 30."""
INTERRUPTING_S = 1.5
"""How long interrupting and saving the remaining turns may take, in seconds."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def serve(
    app: "WSGIApplication",
    host: str,
    port: int,
    *,
    drain: Callable[[float], Awaitable[object]],
    on_ready: Callable[[int], object],
    limits: FrontLimits | None = None,
    proxies: Proxies = NO_PROXIES,
    headers: Mapping[str, str] | None = None,
    adapt_error: ErrorAdapter = unchanged,
    body_rules: BodyRules | None = None,
) -> bool:
    """Serve until SIGTERM or SIGINT, then refuse new work, drain and close; a second signal kills the process.

    drain: ends running turns within the given seconds. on_ready: gets the port once connections are accepted.
    Returns: whether every thread has ended; if not, the interpreter would wait for them at exit.
    Raises: ListenError.
    """
    limits = limits or FrontLimits()
    raise_file_limit(limits.open_files)
    front = Front(app, limits, proxies=proxies, headers=headers, adapt_error=adapt_error, body_rules=body_rules)
    bound = await front.start(host, port)
    # A full collection stops every stream for 30 ms. What is loaded by now never dies, so keep it out of them.
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
