"""Recent answers of the Hugging Face Hub, shared by all entries with the same Hub and the same token."""

import time
from functools import lru_cache
from threading import Lock
from typing import Any

GOOD_FOR_S = 300
"""Seconds that an answer stays valid."""
MAX_ANSWERS = 256
"""Per Hub and token. Beyond it, the oldest answer is dropped."""
MAX_CACHES = 32


class HubCache:
    """Answers by path. Threads may share a cache."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[float, Any]] = {}
        self._lock = Lock()

    def recall(self, path: str) -> Any:
        """Return the answer to a path; None if there is none, or it is too old."""
        received_at, answer = self._answers.get(path, (0.0, None))
        return answer if answer and time.monotonic() - received_at < GOOD_FOR_S else None

    def keep(self, path: str, answer: Any) -> None:
        """Keep an answer. An empty one is not kept, because it may change at any time."""
        with self._lock:
            self._answers.pop(path, None)
            if answer:
                self._answers[path] = time.monotonic(), answer
            if len(self._answers) > MAX_ANSWERS:
                del self._answers[next(iter(self._answers))]


@lru_cache(MAX_CACHES)
def hub_cache(hub_url: str, token: str) -> HubCache:
    """Return the cache of a Hub and a token. Each token has its own order of providers, and its own access."""
    return HubCache()
