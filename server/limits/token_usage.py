"""The tokens that people, and their keys, used within 24 hours: what the store knew of, and what came since."""

import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from threading import Lock

from server.problems import Problem
from server.store.token_usage import Spender, Spendings

DAY_S = 24 * 60 * 60
MINUTE_S = 60
LARGEST = 20_000
"""Spenders who are remembered; of the others the store is asked again."""

Minutes = deque[tuple[int, int]]
"""A minute of the clock, and the tokens in it; the oldest first."""


class Spent:
    """May be used from any thread. A spender without a key stands for all of a person's, by whatever way."""

    def __init__(self, stored: Spendings, clock: Callable[[], float] = time.monotonic) -> None:
        """stored: what is kept over a restart."""
        self._stored = stored
        self._clock = clock
        self._spenders: OrderedDict[Spender, Minutes] = OrderedDict()
        self._unsaved: Counter[Spender] = Counter()
        self._lock, self._saving = Lock(), Lock()

    def add(self, spender: Spender, tokens: int) -> None:
        """Count what a turn took; `save` keeps it. It is the person's, too, where it is that of a key."""
        if not tokens:
            return
        minute = int(self._clock() // MINUTE_S)
        with self._lock:
            self._unsaved[spender] += tokens
            for one in {spender, (spender[0], "")}:
                if (minutes := self._spenders.get(one)) is not None:
                    _add(minutes, minute, tokens)

    def save(self) -> None:
        """Keep what came since the last time. Raises: Problem; then it is kept the next time."""
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

    def wait_s(self, spender: Spender, most: int) -> float:
        """Return how long it takes until fewer than so many were used within 24 hours; 0 if that is so already."""
        now = self._clock()
        spendings = [(now - minute * MINUTE_S, tokens) for minute, tokens in self._minutes(spender, now)]
        left, wait_s = sum(tokens for _, tokens in spendings), 0.0
        for age_s, tokens in spendings:
            if left < most:
                break
            left -= tokens
            wait_s = DAY_S - age_s
        return wait_s

    def _minutes(self, spender: Spender, now: float) -> list[tuple[int, int]]:
        if spender not in self._spenders:
            self._remember(spender, now)
        with self._lock:
            minutes = self._spenders[spender]
            self._spenders.move_to_end(spender)
            while minutes and now - minutes[0][0] * MINUTE_S >= DAY_S:
                minutes.popleft()
            return list(minutes)

    def _remember(self, spender: Spender, now: float) -> None:
        """Put together what is stored and what is not yet; while nobody saves, nothing is both."""
        minutes: Minutes = deque()
        with self._saving:
            for age_s, tokens in sorted(self._stored.of(*spender), reverse=True):
                _add(minutes, int((now - age_s) // MINUTE_S), tokens)
            with self._lock:
                unsaved = (tokens for one, tokens in self._unsaved.items() if spender in (one, (one[0], "")))
                _add(minutes, int(now // MINUTE_S), sum(unsaved))
                self._spenders.setdefault(spender, minutes)
                while len(self._spenders) > LARGEST:
                    self._spenders.popitem(last=False)


def _add(minutes: Minutes, minute: int, tokens: int) -> None:
    before = minutes.pop()[1] if minutes and minutes[-1][0] == minute else 0
    minutes.append((minute, before + tokens))
