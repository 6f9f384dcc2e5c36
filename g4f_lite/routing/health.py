"""The health of a provider, as its calls have shown it."""

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
from g4f_lite.routing.circuit_breaker import CircuitBreaker, CircuitBreakers


@dataclass(slots=True)
class Health:
    """The last success and the last failure of a provider, and the circuit breakers of it and of its models.

    Units: latency_ms is from the call to the first text. clock: seconds, monotonic.
    """

    errors: Counter[str] = field(default_factory=Counter)
    """All failures so far, by code."""
    last_error: G4FLiteError | None = None
    last_success_at: datetime | None = None
    latency_ms: float | None = None
    clock: Callable[[], float] = time.monotonic
    _breaker: CircuitBreaker = field(default_factory=CircuitBreaker)
    _models: CircuitBreakers = field(init=False)

    def __post_init__(self) -> None:
        self._models = CircuitBreakers(lambda: self.clock())

    def called(self, model: str) -> None:
        """Record a call. If the model failed before, other calls stay away until this one shows whether it works."""
        self._breaker.probe(self.clock())
        self._models.probe(model)

    def succeeded(self, model: str, latency_ms: float) -> None:
        """Record an answer, which ends every cool-down of the provider and of this model."""
        self.last_success_at = datetime.now(UTC)
        self.latency_ms = round(latency_ms, 1)
        self.last_error = None
        self._breaker = CircuitBreaker()
        self._models.close(model)

    def failed(self, error: G4FLiteError, model: str | None = None) -> None:
        """Record a failure of a model. A failure that the request caused says nothing about health.

        Without a model it was a call in the background: it shows the provider's state but begins no cool-down, so that
        the first person to ask reads what failed. The exception is a service that asks for a browser: it always will.
        """
        self.errors[error.code] += 1
        if error.fault == "request":
            return
        if not isinstance(error, ModelNotSupportedError):  # the provider's other models may still work
            self.last_error = error
        if isinstance(error, NeedsBrowserError) or (model is not None and error.fault == "provider"):
            self._breaker.open(error, self.clock())
        elif model is not None:
            self._models.open(model, error)

    def reached(self) -> None:
        """Record that the service is up: it responded, though not with a reply."""
        if isinstance(self.last_error, UnreachableError | UpstreamTimeoutError):
            self.last_error = None
            self._breaker = CircuitBreaker()

    def left_s(self, model: str) -> float:
        """Return the seconds that are left of the model's cool-down; 0 if it can be called."""
        return max(self._breaker.left_s(self.clock()), self._models.left_s(model))

    def asked_for_rest(self, model: str) -> bool:
        """Return whether the service itself said when to call again, and that time has not come."""
        now = self.clock()
        return any(breaker.requested and breaker.left_s(now) for breaker in (self._breaker, self._models.of(model)))

    @property
    def out_of_rotation(self) -> G4FLiteError | None:
        """The error that makes the whole provider unusable for now: the service asks for a browser."""
        needs_browser = isinstance(self.last_error, NeedsBrowserError) and self._breaker.left_s(self.clock())
        return self.last_error if needs_browser else None
