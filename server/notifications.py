"""News for a person's open pages: whoever changes something publishes it, and every WebSocket hears of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from queue import Full, Queue
from threading import Lock
from typing import Any

MOST_WAITING = 256
"""Messages a listener may fall behind; one that falls further behind is sent away, and comes back to a fresh page."""

EVERYBODY = ""
"""Stands for all people where messages are counted."""

Listener = Queue[str | None]


class Hub:
    """Who listens, by user. All methods may be called from any thread, and none waits."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._told: Counter[str] = Counter()
        self._lock = Lock()

    def listen(self, user: str) -> Listener:
        """Return a queue of what will be published from now on; None says that there is no more."""
        queue: Listener = Queue(MOST_WAITING)
        with self._lock:
            self._listeners[user].add(queue)
        return queue

    def leave(self, user: str, queue: Listener) -> None:
        """Forget a queue."""
        with self._lock:
            self._listeners[user].discard(queue)
            if not self._listeners[user]:
                del self._listeners[user]

    @property
    def listeners(self) -> int:
        """How many there are in all."""
        return len(self._all())

    def has_listeners(self, user: str) -> bool:
        """Tell whether anybody would hear; what is costly to tell need not be made otherwise."""
        return user in self._listeners

    def told(self, user: str) -> int:
        """Return how much there was to tell a person so far, heard or not: whoever knows the number missed nothing."""
        with self._lock:
            return self._told[user] + self._told[EVERYBODY]

    def publish(self, user: str, message: dict[str, Any]) -> None:
        """Tell one person's listeners."""
        with self._lock:
            self._told[user] += 1
            queues = list(self._listeners.get(user, ()))
        self._put(queues, json.dumps(message))

    def publish_to_all(self, message: dict[str, Any]) -> None:
        """Tell everybody."""
        with self._lock:
            self._told[EVERYBODY] += 1
        self._put(self._all(), json.dumps(message))

    def close(self) -> None:
        """Send everybody away."""
        self._put(self._all(), None)

    def _all(self) -> list[Listener]:
        with self._lock:
            return [queue for queues in self._listeners.values() for queue in queues]

    def _put(self, queues: Iterable[Listener], text: str | None) -> None:
        for queue in queues:
            try:
                queue.put_nowait(text)
            except Full:
                with queue.mutex:
                    queue.queue.clear()
                queue.put_nowait(None)
