"""Circuit breakers: after a failure, a provider or a model is not called for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from g4f_lite.errors import G4FLiteError, NeedsBrowserError

FIRST_COOL_DOWN_S = 60
"""Time to read an answer and ask again, so that the next turn does not meet the same failure."""
LONGEST_COOL_DOWN_S = 600
BROWSER_COOL_DOWN_S = 3600
"""A service that asks for a browser keeps asking for one."""
LONGEST_RETRY_AFTER_S = 3600
"""The longest `retry_after` that is honoured before the service is tried again."""
MAX_BREAKERS = 1000
"""Per provider. Model names that a person makes up can fail, too."""


@dataclass(slots=True)
class CircuitBreaker:
    """Keeps something from being called while it is likely to fail again. Times are seconds of a monotonic clock.

    failures: in a row. until: the end of the cool-down. requested: whether the service itself named the time.
    """

    failures: int = 0
    until: float = 0
    requested: bool = False

    def open(self, error: G4FLiteError, now: float) -> None:
        """Begin a cool-down: as long as the service asks for, or else twice as long with each failure in a row."""
        self.failures += 1
        self.requested = error.retry_after is not None
        self.until = now + _cool_down_s(error, self.failures)

    def probe(self, now: float) -> None:
        """Keep other calls away while one call finds out whether it works again."""
        if self.failures:
            self.until = max(self.until, now + FIRST_COOL_DOWN_S)

    def left_s(self, now: float) -> float:
        """Return the seconds that are left of the cool-down; 0 if there is none."""
        return max(0.0, self.until - now)


@dataclass(slots=True)
class CircuitBreakers:
    """Circuit breakers by name, at most MAX_BREAKERS of them. clock: seconds, monotonic."""

    clock: Callable[[], float] = time.monotonic
    _by_name: dict[str, CircuitBreaker] = field(default_factory=dict)

    def open(self, name: str, error: G4FLiteError) -> None:
        """Begin a cool-down."""
        if name not in self._by_name and len(self._by_name) >= MAX_BREAKERS:
            del self._by_name[next(iter(self._by_name))]
        self._by_name.setdefault(name, CircuitBreaker()).open(error, self.clock())

    def close(self, name: str) -> None:
        """Forget all failures."""
        self._by_name.pop(name, None)

    def probe(self, name: str) -> None:
        """See `CircuitBreaker.probe`."""
        self.of(name).probe(self.clock())

    def left_s(self, name: str) -> float:
        """Return the seconds that are left of a cool-down; 0 if there is none."""
        return self.of(name).left_s(self.clock())

    def of(self, name: str) -> CircuitBreaker:
        """Return the breaker of that name; a new one if the name never failed."""
        return self._by_name.get(name) or CircuitBreaker()


def _cool_down_s(error: G4FLiteError, failures: int) -> float:
    if error.retry_after is not None:
        return min(error.retry_after, LONGEST_RETRY_AFTER_S)
    if isinstance(error, NeedsBrowserError):
        return BROWSER_COOL_DOWN_S
    return min(FIRST_COOL_DOWN_S * 2.0 ** min(failures - 1, 10), LONGEST_COOL_DOWN_S)
