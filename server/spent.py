"""The tokens that people used within 24 hours: what the store knew of, and what came since."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from threading import Lock

DAY_S = 24 * 60 * 60
MINUTE_S = 60
LARGEST = 20_000
"""People who are remembered; of the others the store is asked again."""

Minutes = deque[tuple[int, int]]
"""A minute of the clock, and the tokens in it; the oldest first."""


class Spent:
    """May be used from any thread."""

    def __init__(
        self, stored: Callable[[str], Iterable[tuple[float, int]]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """stored: returns what the store has of a person: how many seconds ago, and how many tokens."""
        self._stored = stored
        self._clock = clock
        self._people: OrderedDict[str, Minutes] = OrderedDict()
        self._lock = Lock()

    def add(self, user_id: str, tokens: int) -> None:
        """Count what a turn took; of who is not remembered, the store will tell it."""
        with self._lock:
            if (minutes := self._people.get(user_id)) is not None:
                _add(minutes, int(self._clock() // MINUTE_S), tokens)

    def wait_s(self, user_id: str, most: int) -> float:
        """Return how long it takes until fewer than so many were used within 24 hours; 0 if that is so already."""
        now = self._clock()
        spendings = [(now - minute * MINUTE_S, tokens) for minute, tokens in self._minutes(user_id, now)]
        left, wait_s = sum(tokens for _, tokens in spendings), 0.0
        for age_s, tokens in spendings:
            if left < most:
                break
            left -= tokens
            wait_s = DAY_S - age_s
        return wait_s

    def _minutes(self, user_id: str, now: float) -> list[tuple[int, int]]:
        if user_id not in self._people:
            self._remember(user_id, now)
        with self._lock:
            minutes = self._people[user_id]
            self._people.move_to_end(user_id)
            while minutes and now - minutes[0][0] * MINUTE_S >= DAY_S:
                minutes.popleft()
            return list(minutes)

    def _remember(self, user_id: str, now: float) -> None:
        minutes: Minutes = deque()
        for age_s, tokens in sorted(self._stored(user_id), reverse=True):
            _add(minutes, int((now - age_s) // MINUTE_S), tokens)
        with self._lock:
            self._people.setdefault(user_id, minutes)
            while len(self._people) > LARGEST:
                self._people.popitem(last=False)


def _add(minutes: Minutes, minute: int, tokens: int) -> None:
    before = minutes.pop()[1] if minutes and minutes[-1][0] == minute else 0
    minutes.append((minute, before + tokens))
