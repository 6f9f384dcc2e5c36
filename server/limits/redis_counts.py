"""Counts in Redis: a restart forgets none of them, and several processes count together."""

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
PATIENCE_S = 0.5
"""How long a request waits for Redis; what is on the same machine answers a thousand times sooner."""
AGAIN_S = 2
"""How often one that was lost is looked for; by a thread, so that no request waits for it."""

COUNT = """
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
"""Each key holds the newest times, in microseconds by the clock of Redis: several servers have one clock."""


class Shared:
    """One Redis. It may be lost: then every answer is None, or False, and who asks counts in memory."""

    def __init__(self, url: str) -> None:
        """Connect when first asked. Raises: ConfigError, where the package is not installed or the URL is none."""
        self._redis = _redis(url)
        self._script = self._redis.register_script(COUNT)
        self._is_lost = False
        self._losing = threading.Lock()
        self._closed = threading.Event()

    def count(self, most: Mapping[Hashable, int], window_s: float) -> float | None:
        """Count one under every key, as `Throttle.count` does."""
        if not most:
            return 0
        names = [_name(key) for key in most]
        wait_us = self._asked(lambda: self._script(keys=names, args=[round(window_s * 1e6), *most.values()]))
        return None if wait_us is None else int(wait_us) / 1e6

    def take_back(self, keys: Iterable[Hashable]) -> bool:
        """Forget the newest of each key."""

        def pop() -> bool:
            for key in keys:
                self._redis.rpop(_name(key))
            return True

        return self._asked(pop) or False

    def close(self) -> None:
        """Close the connections."""
        self._closed.set()
        self._redis.close()

    def _asked(self, work: Callable[[], T]) -> T | None:
        from redis import RedisError

        if self._is_lost:
            return None
        try:
            return work()
        except (RedisError, OSError) as error:
            self._lose(error)
            return None

    def _lose(self, error: Exception) -> None:
        with self._losing:
            if self._is_lost or self._closed.is_set():
                return
            self._is_lost = True
        log.warning("Redis cannot be had (%s); until it can, limits are counted in memory", type(error).__name__)
        threading.Thread(target=self._look_for_it, name="redis", daemon=True).start()

    def _look_for_it(self) -> None:
        from redis import RedisError

        while not self._closed.wait(AGAIN_S):
            with suppress(RedisError, OSError):
                self._redis.ping()
                self._is_lost = False
                log.info("Redis is back; limits are counted there again")
                return


def shared(url: str) -> Shared | None:
    """Return what an address names; None for an empty one. Raises: ConfigError."""
    return Shared(url) if url else None


def _redis(url: str) -> "Redis":
    try:
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError:
        raise ConfigError(["redis: Redis needs `pip install -r requirements-redis.txt`."]) from None
    try:
        return Redis.from_url(
            url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:
        raise ConfigError(["redis: must be an address, such as redis://127.0.0.1:6379/0."]) from None


def _name(key: Hashable) -> str:
    """Return what a key is called there; nobody can read a name or an address in it."""
    return PREFIX + hashlib.sha256(repr(key).encode()).hexdigest()[:32]
