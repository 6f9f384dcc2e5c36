"""How many streams or WebSockets each person has open at the moment."""

from collections import Counter
from collections.abc import Hashable
from threading import Lock

STREAMS_PER_PERSON = 32
"""Four times as many as the answers that may be written for a person at a time, for pages that read along."""
SOCKETS_PER_PERSON = 16
"""One for each open page. Without one a page still works, but learns of changes elsewhere later."""


class OpenCounts:
    """Counts what is open by its holder. May be used from any thread."""

    def __init__(self, most: int) -> None:
        """most: how many one holder may have open."""
        self.most = most
        self._open: Counter[Hashable] = Counter()
        self._lock = Lock()

    def is_full(self, holder: Hashable) -> bool:
        """Tell whether the holder has as many open as allowed."""
        return self._open[holder] >= self.most

    def open(self, holder: Hashable) -> None:
        """Count one more, even above the limit. Call `close` for each."""
        with self._lock:
            self._open[holder] += 1

    def open_if_free(self, holder: Hashable) -> bool:
        """Count one more unless the holder has as many as allowed, and tell which."""
        with self._lock:
            is_free = not self.is_full(holder)
            self._open[holder] += is_free
            return is_free

    def close(self, holder: Hashable) -> None:
        """Count one less."""
        with self._lock:
            self._open[holder] -= 1
            if not self._open[holder]:
                del self._open[holder]
