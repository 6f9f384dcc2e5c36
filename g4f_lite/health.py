"""What is known of a provider from the calls it has served."""

from dataclasses import dataclass
from datetime import UTC, datetime

from g4f_lite.errors import G4FLiteError


@dataclass(slots=True)
class Health:
    """The last success and the last failure. Units: latency_ms is from the call to the first piece."""

    last_error: G4FLiteError | None = None
    last_success_at: datetime | None = None
    latency_ms: float | None = None

    def succeeded(self, latency_ms: float) -> None:
        """Note an answer; what failed before is over."""
        self.last_success_at = datetime.now(UTC)
        self.latency_ms = round(latency_ms, 1)
        self.last_error = None

    def failed(self, error: G4FLiteError) -> None:
        """Note a failure."""
        self.last_error = error
