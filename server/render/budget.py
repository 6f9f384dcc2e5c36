"""The CPU time that rendering may take. What exceeds it is shown as plain text: never lost, never an error."""

from time import thread_time

MESSAGE_CPU_S = 1.0
"""CPU seconds for a whole message: enough for about a million characters of ordinary Markdown."""
UPDATE_CPU_S = 0.5
"""CPU seconds for one update of a growing answer. An update that exceeds it is the last one before the end."""
CHECK_EVERY = 16
"""Questions between two looks at the clock; each is about as long as one step of the parser."""


class OutOfTime(Exception):
    """The CPU time is used up."""


class Budget:
    """CPU seconds of the thread that makes it."""

    def __init__(self, cpu_s: float) -> None:
        """Start now."""
        self._until = thread_time() + cpu_s
        self._checks = 0
        self._is_over = False

    @property
    def left_s(self) -> float:
        """Return how many CPU seconds are left, 0 at least."""
        return max(0.0, self._until - thread_time())

    @property
    def is_over(self) -> bool:
        """Tell whether the CPU time is used up."""
        self._is_over = self._is_over or not self.left_s
        return self._is_over

    def spend(self, cpu_s: float) -> None:
        """Count CPU time that another process spent."""
        self._until -= cpu_s

    def check(self) -> None:
        """Look at the clock now and then. Raises: OutOfTime."""
        self._checks += 1
        if self._is_over or (not self._checks % CHECK_EVERY and self.is_over):
            raise OutOfTime
