"""Counts what somebody does: so much within so many seconds, and nobody has to wait for longer than those."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from threading import Lock

from server.limits.redis_counts import Shared

MOST = 10
WINDOW_S = 180
"""Of passwords that were wrong."""
LARGEST = 20_000
"""Keys that are remembered; of more, those that were used longest ago are forgotten."""


class Throttle:
    """Counts by key, in the memory of this process or in Redis. May be called from any thread.

    An attempt counts from its beginning, so that many at once are not all the first; one that succeeds is taken back.
    """

    def __init__(
        self,
        most: int = MOST,
        window_s: float = WINDOW_S,
        largest: int = LARGEST,
        clock: Callable[[], float] = time.monotonic,
        *,
        shared: Shared | None = None,
    ) -> None:
        """most: attempts within `window_s` seconds that may fail. shared: where the counts are, while it can be had."""
        self._most = most
        self._window_s = window_s
        self._largest = largest
        self._clock = clock
        self._shared = shared
        self._attempts: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._lock = Lock()

    def attempt(self, *keys: Hashable) -> float:
        """Count an attempt under every key. Returns: 0; or the seconds to wait, and then it is not counted."""
        return self.count(dict.fromkeys(keys, self._most))

    def count(self, most: Mapping[Hashable, int]) -> float:
        """Count one under every key of which there are fewer than it says; the rest as `attempt` does."""
        if self._shared and (wait_s := self._shared.count(most, self._window_s)) is not None:
            return wait_s
        now = self._clock()
        with self._lock:
            wait_s = max((self._wait_s(key, number, now) for key, number in most.items()), default=0)
            if wait_s <= 0:
                for key, number in most.items():
                    self._note(key, number, now)
                self._tidy(now)
        return max(wait_s, 0)

    def succeeded(self, *keys: Hashable) -> None:
        """Take back the newest attempt under each key."""
        if self._shared and self._shared.take_back(keys):
            return
        with self._lock:
            for key in keys:
                if attempts := self._attempts.get(key):
                    attempts.pop()
                if not attempts:
                    self._attempts.pop(key, None)

    def _wait_s(self, key: Hashable, most: int, now: float) -> float:
        attempts = self._attempts.get(key, ())
        return attempts[-most] + self._window_s - now if len(attempts) >= most else 0

    def _note(self, key: Hashable, most: int, now: float) -> None:
        attempts = self._attempts.setdefault(key, deque())
        attempts.append(now)
        while len(attempts) > most:
            attempts.popleft()
        self._attempts.move_to_end(key)

    def _tidy(self, now: float) -> None:
        """Forget what is over, so that a table is never larger than what was done within its seconds."""
        while self._attempts:
            oldest = next(iter(self._attempts))
            if len(self._attempts) <= self._largest and self._attempts[oldest][-1] + self._window_s > now:
                return
            del self._attempts[oldest]


def network(address: str) -> str:
    """Return what one client has to itself: an address, or with IPv6 a network of them."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
