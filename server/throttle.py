"""Slows down who guesses: so many attempts in so many minutes, and nobody is shut out for longer than that."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from threading import Lock

MOST = 10
WINDOW_S = 180
LARGEST = 20_000
"""Keys that are remembered; of more, those that were used longest ago are forgotten."""


class Throttle:
    """Counts by key, in the memory of this process. May be called from any thread.

    An attempt counts from its beginning, so that many at once are not all the first; one that succeeds is taken back.
    """

    def __init__(
        self,
        most: int = MOST,
        window_s: float = WINDOW_S,
        largest: int = LARGEST,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """most: attempts within `window_s` seconds that may fail."""
        self._most = most
        self._window_s = window_s
        self._largest = largest
        self._clock = clock
        self._attempts: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._lock = Lock()

    def attempt(self, *keys: Hashable) -> float:
        """Count an attempt under every key. Returns: 0; or the seconds to wait, and then it is not counted."""
        now = self._clock()
        with self._lock:
            wait_s = max(self._wait_s(key, now) for key in keys)
            if wait_s <= 0:
                for key in keys:
                    self._note(key, now)
        return max(wait_s, 0)

    def succeeded(self, *keys: Hashable) -> None:
        """Take back the newest attempt under each key."""
        with self._lock:
            for key in keys:
                if attempts := self._attempts.get(key):
                    attempts.pop()
                if not attempts:
                    self._attempts.pop(key, None)

    def _wait_s(self, key: Hashable, now: float) -> float:
        attempts = self._attempts.get(key)
        return attempts[0] + self._window_s - now if attempts and len(attempts) >= self._most else 0

    def _note(self, key: Hashable, now: float) -> None:
        attempts = self._attempts.setdefault(key, deque(maxlen=self._most))
        attempts.append(now)
        self._attempts.move_to_end(key)
        while len(self._attempts) > self._largest:
            self._attempts.popitem(last=False)
