"""Signs of life of a service: bytes that arrive restart the clocks of the reply."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

CLOCKS: ContextVar[tuple[Callable[[], None], ...]] = ContextVar("clocks", default=())
"""What restarts the clocks of the reply that the running code is waiting for."""


def bytes_arrived() -> None:
    """Restart the clocks of the awaited reply: whatever a service sends shows that it is alive."""
    for restart in CLOCKS.get():
        restart()


@contextmanager
def restarting(restart: Callable[[], None]) -> Iterator[None]:
    """Also call this function whenever bytes arrive while the block runs."""
    token = CLOCKS.set((*CLOCKS.get(), restart))
    try:
        yield
    finally:
        CLOCKS.reset(token)
