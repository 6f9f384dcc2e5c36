"""What the Hugging Face Hub said lately, for all who ask the same Hub with the same token."""

import time
from functools import lru_cache
from threading import Lock
from typing import Any

GOOD_FOR_S = 300
"""How long to believe what a Hub said, in seconds."""
MAX_ANSWERS = 256
"""Of one Hub to one token; then the first to come is the first to be forgotten."""
MAX_DIRECTORIES = 32


class HubCache:
    """Answers by path. Threads may share it."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[float, Any]] = {}
        self._lock = Lock()

    def recall(self, path: str) -> Any:
        """Return what was said under a path; None if nothing, or too long ago."""
        said_at, answer = self._answers.get(path, (0.0, None))
        return answer if answer and time.monotonic() - said_at < GOOD_FOR_S else None

    def keep(self, path: str, answer: Any) -> None:
        """Remember what was said just now; that there is nothing may change any time and is not remembered."""
        with self._lock:
            self._answers.pop(path, None)
            if answer:
                self._answers[path] = time.monotonic(), answer
            if len(self._answers) > MAX_ANSWERS:
                del self._answers[next(iter(self._answers))]


@lru_cache(MAX_DIRECTORIES)
def hub_cache(hub_url: str, token: str) -> HubCache:
    """Return the directory of a Hub and a token; the order of a mapping, and what may be seen, are the token's own."""
    return HubCache()
