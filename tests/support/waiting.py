"""Waiting for what another thread or process does, as long as it takes and not longer than a test may."""

import time
from collections.abc import Callable

PATIENCE_S = 10
LOOK_EVERY_S = 0.005


def wait_for(condition: Callable[[], object]) -> None:
    """Return once the condition holds; fail after `PATIENCE_S` seconds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(LOOK_EVERY_S)
