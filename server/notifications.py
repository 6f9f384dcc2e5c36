"""Notifications for a person's open pages: every WebSocket of that person receives what is published."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from queue import Full, Queue
from threading import Lock
from typing import Any

from server.store import StoredConversation

MAX_QUEUED = 256
"""Messages in the queue of a slow listener; one that falls further behind is disconnected and reloads its page."""

EVERYBODY = ""
"""The key under which messages to all people are counted."""

Listener = Queue[str | None]


class Notifications:
    """The listeners of each user. All methods may be called from any thread, and none waits."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._seq: Counter[str] = Counter()
        self._lock = Lock()

    def listen(self, user_id: str) -> Listener:
        """Return a queue of the messages from now on; None is the end."""
        queue: Listener = Queue(MAX_QUEUED)
        with self._lock:
            self._listeners[user_id].add(queue)
        return queue

    def leave(self, user_id: str, queue: Listener) -> None:
        """Remove a listener."""
        with self._lock:
            self._listeners[user_id].discard(queue)
            if not self._listeners[user_id]:
                del self._listeners[user_id]

    @property
    def listeners(self) -> int:
        """The number of listeners of all users."""
        return len(self._all())

    def has_listeners(self, user_id: str) -> bool:
        """Tell whether a message would reach anybody, so that a costly one need not be made."""
        return user_id in self._listeners

    def last_seq(self, user_id: str) -> int:
        """Return how many messages there were for a user, received or not: a page that knows it has missed none."""
        with self._lock:
            return self._seq[user_id] + self._seq[EVERYBODY]

    def publish(self, user_id: str, message: dict[str, Any]) -> None:
        """Send a message to one user's listeners."""
        with self._lock:
            self._seq[user_id] += 1
            queues = list(self._listeners.get(user_id, ()))
        self._put(queues, json.dumps(message))

    def publish_to_all(self, message: dict[str, Any]) -> None:
        """Send a message to every listener."""
        with self._lock:
            self._seq[EVERYBODY] += 1
        self._put(self._all(), json.dumps(message))

    def publish_conversation(self, user_id: str, changed: StoredConversation) -> None:
        """Send a conversation as it is now, with the settings of its next turn."""
        self.publish(user_id, {"type": "conversation", "conversation": changed.as_dict() | changed.turn_settings()})

    def publish_messages(self, user_id: str, changed: StoredConversation) -> None:
        """Send a conversation as it is now, and that its messages changed, too."""
        self.publish_conversation(user_id, changed)
        self.publish(user_id, {"type": "thread", "conversation_id": changed.id})

    def close(self) -> None:
        """Disconnect every listener."""
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
