"""The time limits of a reply: for silence before the first text, for silence after it, and for the whole."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from math import inf
from time import monotonic
from typing import Any

from g4f_lite.config.settings import Timeout
from g4f_lite.errors import UpstreamTimeoutError
from g4f_lite.http.liveness import CLOCKS
from g4f_lite.pieces import Finish, Piece, Preliminary


async def within(limits: Timeout, provider: str, pieces: AsyncGenerator[Piece, None]) -> AsyncGenerator[Piece, None]:
    """Yield the pieces as they arrive, and close their source if the service sends nothing for too long.

    Each preliminary piece restarts the wait for the first text, because another service was called; so do bytes
    without text, such as comments.
    The reader's own time between two pieces counts only against the limit for the whole reply.
    Raises: UpstreamTimeoutError, whose sentence names the limit.
    """
    clock = asyncio.get_running_loop().time
    end = clock() + limits.total
    alarm = Alarm(limits.first, end)
    clocks = (alarm.restart,)
    begun = False
    piece: Piece | None = None
    async with aclosing(pieces):
        try:
            while True:
                alarm.set()
                token = CLOCKS.set(clocks)
                try:
                    piece = await anext(pieces)
                finally:
                    CLOCKS.reset(token)
                alarm.due = inf
                yield piece
                if not begun and not isinstance(piece, Preliminary):
                    begun, alarm.limit_s = True, limits.idle
        except StopAsyncIteration:
            return
        except asyncio.CancelledError as error:
            if not alarm.was_it():
                raise
            if isinstance(piece, Finish):  # the reply is complete; only its source was slow to close
                return
            raise UpstreamTimeoutError(too_long(limits, provider, begun, clock() >= end)) from error
        finally:
            alarm.stop()


class Alarm:
    """Cancels the waiting task when its time is up. `due`: that time on the loop's clock; `inf` between waits.

    limit_s: how long a silence may be, in seconds.

    All waits of a reply share one timer. If it fires before the current wait is due, it is set again. A timer for each
    piece would cost more than everything else that happens to the piece.
    """

    def __init__(self, limit_s: float, end: float) -> None:
        """end: when the whole reply has to be there, on the loop's clock."""
        self._loop = asyncio.get_running_loop()
        self._end = end
        self.limit_s = limit_s
        self.due = inf
        self._timer_due = inf
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._cancelled_before = 0
        self._has_rung = False

    def set(self) -> None:
        """Begin a wait of the current task."""
        self.restart()
        self._has_rung = False
        self._task = asyncio.current_task(self._loop)  # with the loop as argument it is four times as fast
        self._cancelled_before = self._task.cancelling() if self._task else 0
        if self.due < self._timer_due:
            self._set_timer(self.due)

    def restart(self) -> None:
        """Restart the limit of silence, within the limit for the whole reply."""
        due = self._loop.time() + self.limit_s
        self.due = due if due < self._end else self._end

    def stop(self) -> None:
        """Stop for good."""
        if self._timer:
            self._timer.cancel()

    def was_it(self) -> bool:
        """Return whether only this alarm cancelled the task, and undo the cancellation, as `asyncio.timeout` does."""
        return self._has_rung and self._task is not None and self._task.uncancel() <= self._cancelled_before

    def _set_timer(self, due: float) -> None:
        self.stop()
        self._timer_due = due
        self._timer = self._loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer_due = inf
        if self._task and self._loop.time() >= self.due:
            self._has_rung = True
            self._task.cancel()
        elif self.due < inf:
            self._set_timer(self.due)


def too_long(limits: Timeout, provider: str, begun: bool, was_total: bool) -> str:
    """Return the sentence for a limit that was exceeded. begun: whether any text had arrived."""
    if was_total:
        return f"{provider} did not finish within {limits.total:g} seconds (timeout.total). Ask for less at a time."
    if not begun:
        return (
            f"{provider} did not start to answer within {limits.first:g} seconds. Try again, or choose another model."
        )
    return (
        f"{provider} sent nothing for {limits.idle:g} seconds in the middle of its answer. Continue the answer, "
        "or try again."
    )


class SyncTimeouts:
    """The same limits for synchronous code, checked at each wait."""

    def __init__(self, limits: Timeout, provider: str) -> None:
        """Begin the wait for the first text. provider: the name in config.json, for error messages."""
        self.limits = limits
        self._provider = provider
        self._begun = False
        self._end = monotonic() + limits.total
        self._due = monotonic() + limits.first

    @property
    def is_exhausted(self) -> bool:
        return self._due_next() <= monotonic()

    def left_s(self) -> float:
        """Return the seconds that the next wait may take, more than 0. Raises: UpstreamTimeoutError."""
        left_s = self._due_next() - monotonic()
        if left_s <= 0:
            raise self.exhausted()
        return left_s

    def bytes_arrived(self) -> None:
        """Restart the clock: whatever a service sends shows that it is alive."""
        self._due = monotonic() + (self.limits.idle if self._begun else self.limits.first)

    def text_arrived(self) -> None:
        """Begin the wait for the next text."""
        self._begun = True
        self.bytes_arrived()

    def exhausted(self) -> UpstreamTimeoutError:
        """Return the error for a limit that was exceeded."""
        return UpstreamTimeoutError(too_long(self.limits, self._provider, self._begun, self._end <= self._due))

    def _due_next(self) -> float:
        return min(self._due, self._end)
