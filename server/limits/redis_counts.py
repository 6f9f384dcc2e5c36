"""Hit counts in Redis: they survive a restart, and several processes share them."""

import hashlib
import logging
import threading
from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from g4f_lite.errors import ConfigError

if TYPE_CHECKING:
    from redis import Redis

log = logging.getLogger(__name__)
T = TypeVar("T")

PREFIX = "g4f-lite:"
TIMEOUT_S = 0.5
"""How long a request waits for Redis, which on the same machine answers a thousand times faster."""
RECONNECT_EVERY_S = 2
"""How often a thread tries to reach a lost Redis again, so that no request waits for it."""

HIT_EACH = """
local time = redis.call('TIME')
local now, window, wait = time[1] * 1000000 + time[2], tonumber(ARGV[1]), 0
for i, key in ipairs(KEYS) do
  local one_too_many = redis.call('LINDEX', key, -ARGV[i + 1])
  if one_too_many then wait = math.max(wait, one_too_many + window - now) end
end
if wait <= 0 then
  for i, key in ipairs(KEYS) do
    redis.call('RPUSH', key, string.format('%.0f', now))
    redis.call('LTRIM', key, -ARGV[i + 1], -1)
    redis.call('PEXPIRE', key, math.ceil(window / 1000))
  end
end
return math.max(wait, 0)
"""
"""Each key holds the times of its newest hits, in microseconds of the Redis clock, which all servers share."""


class RedisCounts:
    """One Redis. While it cannot be reached, methods return None or False, and the caller counts in memory."""

    def __init__(self, url: str) -> None:
        """Connect at the first call. Raises: ConfigError if the package is not installed or the URL is not valid."""
        self._redis = _redis(url)
        self._script = self._redis.register_script(HIT_EACH)
        self._is_lost = False
        self._lock = threading.Lock()
        self._closed = threading.Event()

    def hit_each(self, limits: Mapping[Hashable, int], window_s: float) -> float | None:
        """Count a hit under every key, as `RateLimiter.hit_each` does."""
        if not limits:
            return 0
        names = [_name(key) for key in limits]
        wait_us = self._try(lambda: self._script(keys=names, args=[round(window_s * 1e6), *limits.values()]))
        return None if wait_us is None else int(wait_us) / 1e6

    def refund(self, keys: Iterable[Hashable]) -> bool:
        """Take back the newest hit of each key."""

        def pop() -> bool:
            for key in keys:
                self._redis.rpop(_name(key))
            return True

        return self._try(pop) or False

    def close(self) -> None:
        """Close the connections."""
        self._closed.set()
        self._redis.close()

    def _try(self, work: Callable[[], T]) -> T | None:
        from redis import RedisError

        if self._is_lost:
            return None
        try:
            return work()
        except (RedisError, OSError) as error:
            self._disconnected(error)
            return None

    def _disconnected(self, error: Exception) -> None:
        with self._lock:
            if self._is_lost or self._closed.is_set():
                return
            self._is_lost = True
        log.warning("Redis is unreachable (%s); limits are counted in memory until it is back", type(error).__name__)
        threading.Thread(target=self._reconnect, name="redis", daemon=True).start()

    def _reconnect(self) -> None:
        from redis import RedisError

        while not self._closed.wait(RECONNECT_EVERY_S):
            with suppress(RedisError, OSError):
                self._redis.ping()
                self._is_lost = False
                log.info("Redis is back; limits are counted there again")
                return


def redis_counts(url: str) -> RedisCounts | None:
    """Return the counts at a URL; None if it is empty. Raises: ConfigError."""
    return RedisCounts(url) if url else None


def _redis(url: str) -> "Redis":
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ConfigError(["redis: Redis needs `pip install -r requirements-redis.txt`."]) from None
    try:
        return Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        raise ConfigError(["redis: must be an address, such as redis://127.0.0.1:6379/0."]) from None


def _name(key: Hashable) -> str:
    """Return the Redis key, hashed so that nobody can read a name or an address in it."""
    return PREFIX + hashlib.sha256(repr(key).encode()).hexdigest()[:32]
