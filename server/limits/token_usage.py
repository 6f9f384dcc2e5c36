"""Tokens per day: what people and their API keys used within the last 24 hours."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from threading import Lock

from server.problems import Problem
from server.store.stored_usage import Consumer, StoredUsage

DAY_S = 24 * 60 * 60
MINUTE_S = 60
MAX_CONSUMERS = 20_000
"""Consumers in memory; the usage of others is read from the store again."""

Minutes = deque[tuple[int, int]]
"""Pairs of a minute of the clock and its tokens, oldest first."""


class TokenUsage:
    """May be used from any thread. A consumer without a key stands for everything the person used, keys included."""

    def __init__(self, stored: StoredUsage, clock: Callable[[], float] = time.monotonic) -> None:
        """stored: the usage that survives a restart."""
        self._stored = stored
        self._clock = clock
        self._consumers: OrderedDict[Consumer, Minutes] = OrderedDict()
        self._unsaved: Counter[Consumer] = Counter()
        self._lock, self._saving = Lock(), Lock()

    def add(self, consumer: Consumer, tokens: int) -> None:
        """Count the tokens of a turn until `save` stores them. What a key uses, its person uses too."""
        if not tokens:
            return
        minute = int(self._clock() // MINUTE_S)
        with self._lock:
            self._unsaved[consumer] += tokens
            for counted in {consumer, (consumer[0], "")}:
                if (minutes := self._consumers.get(counted)) is not None:
                    _add(minutes, minute, tokens)

    def save(self) -> None:
        """Store what was added since the last call. Raises: Problem; the next call tries again."""
        with self._saving:
            with self._lock:
                unsaved, self._unsaved = self._unsaved, Counter()
            try:
                if unsaved:
                    self._stored.add(unsaved)
            except Problem:
                with self._lock:
                    self._unsaved.update(unsaved)
                raise

    def wait_s(self, consumer: Consumer, most: int) -> float:
        """Return the seconds until the usage of 24 hours is below `most` tokens; 0 if it is already."""
        now = self._clock()
        used = [(now - minute * MINUTE_S, tokens) for minute, tokens in self._minutes(consumer, now)]
        left, wait_s = sum(tokens for _, tokens in used), 0.0
        for age_s, tokens in used:
            if left < most:
                break
            left -= tokens
            wait_s = DAY_S - age_s
        return wait_s

    def _minutes(self, consumer: Consumer, now: float) -> list[tuple[int, int]]:
        if consumer not in self._consumers:
            self._load(consumer, now)
        with self._lock:
            minutes = self._consumers[consumer]
            self._consumers.move_to_end(consumer)
            while minutes and now - minutes[0][0] * MINUTE_S >= DAY_S:
                minutes.popleft()
            return list(minutes)

    def _load(self, consumer: Consumer, now: float) -> None:
        """Merge stored and unsaved usage under the save lock, so that nothing is counted twice."""
        minutes: Minutes = deque()
        with self._saving:
            for age_s, tokens in sorted(self._stored.of(*consumer), reverse=True):
                _add(minutes, int((now - age_s) // MINUTE_S), tokens)
            with self._lock:
                unsaved = (tokens for other, tokens in self._unsaved.items() if consumer in (other, (other[0], "")))
                _add(minutes, int(now // MINUTE_S), sum(unsaved))
                self._consumers.setdefault(consumer, minutes)
                while len(self._consumers) > MAX_CONSUMERS:
                    self._consumers.popitem(last=False)


def _add(minutes: Minutes, minute: int, tokens: int) -> None:
    before = minutes.pop()[1] if minutes and minutes[-1][0] == minute else 0
    minutes.append((minute, before + tokens))
