"""One timer for any number of streams that act once per period."""

import asyncio
from collections.abc import Callable

SLOTS = 16  # how finely the streams are spread over a period


class Wheel:
    """Calls each member once per period, beginning one period after it was added, until it returns False.

    Members that are added within the same sixteenth of a period are called together. Turns only while it has members.
    """

    def __init__(self, period_s: float) -> None:
        self._width_s = period_s / SLOTS
        self._slots: list[list[Callable[[], bool]]] = [[] for _ in range(SLOTS)]
        self._at = 0
        self._turning = False

    def add(self, member: Callable[[], bool]) -> None:
        """Call this member once per period from now on."""
        self._slots[self._at % SLOTS].append(member)
        if not self._turning:
            self._turning = True
            self._due = asyncio.get_running_loop().time()
            self._wait()

    def _wait(self) -> None:
        self._due += self._width_s
        asyncio.get_running_loop().call_at(self._due, self._turn)

    def _turn(self) -> None:
        self._at += 1
        slot = self._slots[self._at % SLOTS]
        slot[:] = [member for member in slot if member()]
        self._turning = any(self._slots)
        if self._turning:
            self._wait()
