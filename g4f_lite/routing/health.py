"""What is known of a provider from the calls it has served, and whom not to ask for a while."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from g4f_lite.errors import (
    G4FLiteError,
    ModelNotSupportedError,
    NeedsBrowserError,
    UnreachableError,
    UpstreamTimeoutError,
)

FIRST_COOL_DOWN_S = 60
"""Time to read an answer and ask again: that next turn does not meet the same failure."""
LONGEST_COOL_DOWN_S = 600
BROWSER_COOL_DOWN_S = 3600
"""A service that wants to see a browser goes on wanting it."""
LONGEST_WISH_S = 3600
"""Of a service that says how long it wants to be left alone: as much as is granted before it is tried again."""
MOST_BREAKERS = 1000
"""Of one provider; a name that somebody makes up can fail, too."""


@dataclass(slots=True)
class Breaker:
    """Keeps something from being asked while it is likely to fail again. Times: seconds of a monotonic clock.

    failures: in a row. until: when the cool-down ends. wished: whether the service itself asked for it.
    """

    failures: int = 0
    until: float = 0
    wished: bool = False

    def open(self, error: G4FLiteError, now: float) -> None:
        """Begin a cool-down: as long as the service wishes, else twice as long with each failure in a row."""
        self.failures += 1
        self.wished = error.retry_after is not None
        self.until = now + _cool_down_s(error, self.failures)

    def hold(self, now: float) -> None:
        """Keep others away while one call finds out whether it works again."""
        if self.failures:
            self.until = max(self.until, now + FIRST_COOL_DOWN_S)

    def left_s(self, now: float) -> float:
        """Return how long the cool-down lasts still; 0 when there is none."""
        return max(0.0, self.until - now)


@dataclass(slots=True)
class Breakers:
    """Breakers by name, so many at most. clock: seconds, monotonic."""

    clock: Callable[[], float] = time.monotonic
    _by_name: dict[str, Breaker] = field(default_factory=dict)

    def open(self, name: str, error: G4FLiteError) -> None:
        """Begin a cool-down."""
        if name not in self._by_name and len(self._by_name) >= MOST_BREAKERS:
            del self._by_name[next(iter(self._by_name))]
        self._by_name.setdefault(name, Breaker()).open(error, self.clock())

    def close(self, name: str) -> None:
        """Forget all failures."""
        self._by_name.pop(name, None)

    def hold(self, name: str) -> None:
        """Do as `Breaker.hold` says."""
        self.of(name).hold(self.clock())

    def left_s(self, name: str) -> float:
        """Return how long a cool-down lasts still; 0 when there is none."""
        return self.of(name).left_s(self.clock())

    def of(self, name: str) -> Breaker:
        """Return the breaker of that name; of what never failed, a new one."""
        return self._by_name.get(name) or Breaker()


@dataclass(slots=True)
class Health:
    """The last success and the last failure of a provider, and the breakers of its models and of all of it.

    Units: latency_ms is from the call to the first text. clock: seconds, monotonic.
    """

    errors: Counter[str] = field(default_factory=Counter)
    """All failures so far, by code."""
    last_error: G4FLiteError | None = None
    last_success_at: datetime | None = None
    latency_ms: float | None = None
    clock: Callable[[], float] = time.monotonic
    _whole: Breaker = field(default_factory=Breaker)
    _models: Breakers = field(init=False)

    def __post_init__(self) -> None:
        self._models = Breakers(lambda: self.clock())

    def asked(self, model: str) -> None:
        """Note that a model is being asked; if it failed before, others are kept from it until this call shows more."""
        self._whole.hold(self.clock())
        self._models.hold(model)

    def succeeded(self, model: str, latency_ms: float) -> None:
        """Note an answer; what failed before is over."""
        self.last_success_at = datetime.now(UTC)
        self.latency_ms = round(latency_ms, 1)
        self.last_error = None
        self._whole = Breaker()
        self._models.close(model)

    def failed(self, error: G4FLiteError, model: str | None = None) -> None:
        """Note a failure of a model; one that the request is to blame for is none.

        Without a model it was a call that nobody waited for: it shows how the provider fares and keeps nothing from
        being asked, so that who asks first is told what failed; but who wants a browser once wants it always.
        """
        self.errors[error.code] += 1
        if error.blames == "request":
            return
        if not isinstance(error, ModelNotSupportedError):  # the others may do as well as ever
            self.last_error = error
        if isinstance(error, NeedsBrowserError) or (model is not None and error.blames == "provider"):
            self._whole.open(error, self.clock())
        elif model is not None:
            self._models.open(model, error)

    def reached(self) -> None:
        """Note that the service is there: it answered, though not with a reply."""
        if isinstance(self.last_error, UnreachableError | UpstreamTimeoutError):
            self.last_error = None
            self._whole = Breaker()

    def left_s(self, model: str) -> float:
        """Return how long the model had better not be asked; 0 when it can be."""
        return max(self._whole.left_s(self.clock()), self._models.left_s(model))

    def wishes_rest(self, model: str) -> bool:
        """Tell whether the service itself said how long it wants to be left alone, and that time is not over."""
        now = self.clock()
        return any(breaker.wished and breaker.left_s(now) for breaker in (self._whole, self._models.of(model)))

    @property
    def out_of_rotation(self) -> G4FLiteError | None:
        """Why the whole provider cannot be used from here for now, as far as it has shown."""
        wants_browser = isinstance(self.last_error, NeedsBrowserError) and self._whole.left_s(self.clock())
        return self.last_error if wants_browser else None


def _cool_down_s(error: G4FLiteError, failures: int) -> float:
    if error.retry_after is not None:
        return min(error.retry_after, LONGEST_WISH_S)
    if isinstance(error, NeedsBrowserError):
        return BROWSER_COOL_DOWN_S
    return min(FIRST_COOL_DOWN_S * 2.0 ** min(failures - 1, 10), LONGEST_COOL_DOWN_S)
