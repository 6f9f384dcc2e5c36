"""What everybody may still ask for: requests and turns a minute, turns at a time, tokens a day."""

import math
from collections import Counter
from collections.abc import Callable
from threading import Lock
from typing import Self

from server.languages import gettext as _
from server.languages import ngettext
from server.limits import Limits
from server.problems import Problem
from server.shared import Shared
from server.spent import Spent
from server.store.spendings import Spendings
from server.throttle import Throttle

MINUTE_S, HOUR_S = 60, 3600
SOON_S = 5
"""When to ask again where the end of an answer is waited for, which nobody knows."""


class Place:
    """One of the turns that a person may have running. Leaving the block gives it back, unless it is `kept`."""

    def __init__(self, give_back: Callable[[int], None] | None = None) -> None:
        self._give_back = give_back
        self._is_kept = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_kept:
            self.leave()

    def kept(self) -> Self:
        """Leave it to somebody else to give it back."""
        self._is_kept = True
        return self

    def leave(self, tokens: int = 0) -> None:
        """Give the place back, and say what the turn took; once is enough."""
        give_back, self._give_back = self._give_back, None
        if give_back:
            give_back(tokens)


class Allowance:
    """May be used from any thread. What is refused raises Problem("rate_limited"), which says when to ask again.

    Turns that run are counted here, in the one process that runs them; what is counted by the minute may be shared.
    """

    def __init__(self, stored: Spendings, shared: Shared | None = None) -> None:
        self._requests = Throttle(window_s=MINUTE_S, shared=shared)
        self._turns = Throttle(window_s=MINUTE_S, shared=shared)
        self._spent = Spent(stored)
        self._running: Counter[str] = Counter()
        self._lock = Lock()

    def take_request(self, limits: Limits, *, client: str | None = None, user_id: str | None = None) -> None:
        """Count a request of an address, or of a person. Raises: Problem."""
        asked = [
            (("requests from", client), limits.address_requests_per_minute if client is not None else 0),
            (("requests of", user_id), limits.requests_per_minute if user_id is not None else 0),
        ]
        if wait_s := self._requests.count({key: most for key, most in asked if most}):
            raise _refusal(_("That were too many requests within a minute. Try again in %(time)s."), wait_s)

    def take_turn(self, limits: Limits, user_id: str, client: str) -> None:
        """Count a turn before it begins. Raises: Problem."""
        if limits.tokens_per_day and (wait_s := self._spent.wait_s((user_id, ""), limits.tokens_per_day)):
            raise _refusal(_("You have used up the tokens of 24 hours. Try again in %(time)s."), wait_s)
        asked = [
            (("turns of", user_id), limits.turns_per_minute),
            (("turns from", client), limits.address_turns_per_minute),
        ]
        if wait_s := self._turns.count({key: most for key, most in asked if most}):
            raise _refusal(_("That were too many messages within a minute. Try again in %(time)s."), wait_s)

    def take_place(self, limits: Limits, user_id: str) -> Place:
        """Let one more turn run. Raises: Problem, where as many run as may."""
        most = limits.concurrent_turns
        with self._lock:
            if most and self._running[user_id] >= most:
                sentence = ngettext(
                    "An answer is being written for you already. Wait until it has ended, or stop it.",
                    "%(num)d answers are being written for you already. Wait until one has ended, or stop one.",
                    most,
                )
                raise Problem("rate_limited", sentence % {"num": most}, retry_after=SOON_S)
            self._running[user_id] += 1
        return Place(lambda tokens: self._give_back(user_id, tokens))

    def save(self) -> None:
        """Keep what was used, for a restart. Raises: Problem("storage_unavailable"); then it is kept the next time."""
        self._spent.save()

    def _give_back(self, user_id: str, tokens: int) -> None:
        self._spent.add((user_id, ""), tokens)
        with self._lock:
            self._running[user_id] -= 1
            if not self._running[user_id]:
                del self._running[user_id]


def _refusal(sentence: str, wait_s: float) -> Problem:
    return Problem("rate_limited", sentence % {"time": _time(wait_s)}, retry_after=math.ceil(wait_s))


def _time(seconds: float) -> str:
    """Return a time in words, rounded up."""
    if seconds > 2 * HOUR_S:
        hours = math.ceil(seconds / HOUR_S)
        return ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours}
    if seconds > 2 * MINUTE_S:
        minutes = math.ceil(seconds / MINUTE_S)
        return ngettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes}
    number = math.ceil(seconds)
    return ngettext("%(num)d second", "%(num)d seconds", number) % {"num": number}
