"""How long a reply may keep code waiting that awaits nothing: the limits of `timeouts.within`, wait by wait."""

from time import monotonic

from g4f_lite.config.settings import Timeout
from g4f_lite.errors import UpstreamTimeoutError
from g4f_lite.http.timeouts import too_long


class Patience:
    """The waits of one reply. The time its reader takes does not count against a silence, only against the whole."""

    def __init__(self, limits: Timeout, provider: str) -> None:
        """Begin the wait for the first text. provider: the name in config.json, for the sentence of an error."""
        self.limits = limits
        self._provider = provider
        self._begun = False
        self._end = monotonic() + limits.total
        self._due = monotonic() + limits.first

    @property
    def is_exhausted(self) -> bool:
        return self._due_next() <= monotonic()

    def left_s(self) -> float:
        """Return how long the next wait may be, in seconds, more than 0. Raises: UpstreamTimeoutError."""
        left_s = self._due_next() - monotonic()
        if left_s <= 0:
            raise self.exhausted()
        return left_s

    def heard(self) -> None:
        """Begin the wait for the next text."""
        self._begun = True
        self._due = monotonic() + self.limits.idle

    def exhausted(self) -> UpstreamTimeoutError:
        """Return the error for a wait that was too long."""
        return UpstreamTimeoutError(too_long(self.limits, self._provider, self._begun, self._end <= self._due))

    def _due_next(self) -> float:
        return min(self._due, self._end)
