"""A rate limiter with a sliding window: wrong passwords, requests and turns within so many seconds."""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Mapping
from threading import Lock

from server.limits.redis_counts import RedisCounts

MAX_HITS = 10
WINDOW_S = 180
"""The default limit is for failed sign-ins."""
MAX_KEYS = 20_000
"""Keys in memory; beyond that, those used longest ago are forgotten."""


class RateLimiter:
    """Counts hits by key, in the memory of this process or in Redis. May be called from any thread.

    A sign-in counts when it begins, so that many at once cannot all be the first; a successful one is refunded.
    """

    def __init__(
        self,
        max_hits: int = MAX_HITS,
        window_s: float = WINDOW_S,
        max_keys: int = MAX_KEYS,
        clock: Callable[[], float] = time.monotonic,
        *,
        redis: RedisCounts | None = None,
    ) -> None:
        """max_hits: allowed within `window_s` seconds. redis: holds the counts while it is reachable."""
        self._max_hits = max_hits
        self._window_s = window_s
        self._max_keys = max_keys
        self._clock = clock
        self._redis = redis
        self._hits: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._lock = Lock()

    def hit(self, *keys: Hashable) -> float:
        """Count a hit under every key. Returns: 0; or the seconds to wait, and then nothing is counted."""
        return self.hit_each(dict.fromkeys(keys, self._max_hits))

    def hit_each(self, limits: Mapping[Hashable, int]) -> float:
        """Count a hit under every key, each with a limit of its own. Returns: as `hit` does."""
        if self._redis and (wait_s := self._redis.hit_each(limits, self._window_s)) is not None:
            return wait_s
        now = self._clock()
        with self._lock:
            wait_s = max((self._wait_s(key, limit, now) for key, limit in limits.items()), default=0)
            if wait_s <= 0:
                for key, limit in limits.items():
                    self._add(key, limit, now)
                self._forget_old(now)
        return max(wait_s, 0)

    def refund(self, *keys: Hashable) -> None:
        """Take back the newest hit under each key."""
        if self._redis and self._redis.refund(keys):
            return
        with self._lock:
            for key in keys:
                if hits := self._hits.get(key):
                    hits.pop()
                if not hits:
                    self._hits.pop(key, None)

    def _wait_s(self, key: Hashable, limit: int, now: float) -> float:
        hits = self._hits.get(key, ())
        return hits[-limit] + self._window_s - now if len(hits) >= limit else 0

    def _add(self, key: Hashable, limit: int, now: float) -> None:
        hits = self._hits.setdefault(key, deque())
        hits.append(now)
        while len(hits) > limit:
            hits.popleft()
        self._hits.move_to_end(key)

    def _forget_old(self, now: float) -> None:
        """Remove keys whose window is over, so that the table stays as small as the traffic of one window."""
        while self._hits:
            oldest = next(iter(self._hits))
            if len(self._hits) <= self._max_keys and self._hits[oldest][-1] + self._window_s > now:
                return
            del self._hits[oldest]


def network(address: str) -> str:
    """Return what one client has to itself: an IPv4 address, or a /64 network of IPv6."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and not parsed.ipv4_mapped:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(getattr(parsed, "ipv4_mapped", None) or parsed)
