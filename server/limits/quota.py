"""What everybody may still ask for: requests and turns a minute, turns at a time, tokens a day."""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Self

from server.config.limits import Limits
from server.limits.rate_limiter import Throttle
from server.limits.redis_counts import Shared
from server.limits.token_usage import Spent
from server.problems import Problem
from server.store.people.api_keys import ApiKey
from server.store.token_usage import Spender, Spendings
from server.translatable import N_
from server.web.i18n import gettext as _
from server.web.i18n import ngettext

if TYPE_CHECKING:
    from server.auth.person import Person

MINUTE_S, HOUR_S = 60, 3600
SOON_S = 5
"""When to ask again where the end of an answer is waited for, which nobody knows."""


@dataclass(frozen=True, slots=True)
class Words:
    """What is said where a limit is reached; `places` is given how many turns may run."""

    turns: str
    tokens: str
    places: Callable[[int], str]


OF_A_PERSON = Words(
    turns=N_("That were too many messages within a minute. Try again in %(time)s."),
    tokens=N_("You have used up the tokens of 24 hours. Try again in %(time)s."),
    places=lambda most: ngettext(
        "An answer is being written for you already. Wait until it has ended, or stop it.",
        "%(num)d answers are being written for you already. Wait until one has ended, or stop one.",
        most,
    ),
)
OF_A_KEY = Words(
    turns=N_("Those were too many messages within a minute for this API key. Try again in %(time)s."),
    tokens=N_("This API key has used up its tokens of 24 hours. Try again in %(time)s."),
    places=lambda most: ngettext(
        "An answer is being written for this API key already. Wait until it has ended.",
        "%(num)d answers are being written for this API key already. Wait until one has ended.",
        most,
    ),
)


@dataclass(frozen=True, slots=True)
class Party:
    """Whose limits hold for a turn: a person's, and those of the key that a program brings."""

    spender: Spender
    limits: Limits | ApiKey
    words: Words


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
        self._running: Counter[Spender] = Counter()
        self._lock = Lock()

    def take_request(self, limits: Limits, *, client: str | None = None, user_id: str | None = None) -> None:
        """Count a request of an address, or of a person. Raises: Problem."""
        asked = [
            (("requests from", client), limits.address_requests_per_minute if client is not None else 0),
            (("requests of", user_id), limits.requests_per_minute if user_id is not None else 0),
        ]
        if wait_s := self._requests.count({key: most for key, most in asked if most}):
            raise _refusal(_("That were too many requests within a minute. Try again in %(time)s."), wait_s)

    def take_turn(self, limits: Limits, person: "Person", client: str) -> None:
        """Count a turn before it begins. Raises: Problem."""
        parties = _parties(limits, person)
        for party in parties:
            most = party.limits.tokens_per_day
            if most and (wait_s := self._spent.wait_s(party.spender, most)):
                raise _refusal(_(party.words.tokens), wait_s)
        self._count_turn(parties, limits, client)

    def take_place(self, limits: Limits, person: "Person") -> Place:
        """Let one more turn run. Raises: Problem, where as many run as may."""
        parties = _parties(limits, person)
        with self._lock:
            for party in parties:
                most = party.limits.concurrent_turns
                if most and self._running[party.spender] >= most:
                    raise Problem("rate_limited", party.words.places(most) % {"num": most}, retry_after=SOON_S)
            spenders = [party.spender for party in parties]
            self._running.update(spenders)
        return Place(lambda tokens: self._give_back(spenders, tokens))

    def save(self) -> None:
        """Keep what was used, for a restart. Raises: Problem("storage_unavailable"); then it is kept the next time."""
        self._spent.save()

    def _count_turn(self, parties: Sequence[Party], limits: Limits, client: str) -> None:
        """Count a turn where all let it begin, and nowhere where one does not. Raises: Problem."""
        counted: list[Hashable] = []
        for party in reversed(parties):
            asked: dict[Hashable, int] = {("turns of", *party.spender): party.limits.turns_per_minute}
            if party is parties[0]:
                asked["turns from", client] = limits.address_turns_per_minute
            bounds = {key: most for key, most in asked.items() if most}
            if wait_s := self._turns.count(bounds):
                self._turns.succeeded(*counted)
                raise _refusal(_(party.words.turns), wait_s)
            counted += bounds

    def _give_back(self, spenders: Sequence[Spender], tokens: int) -> None:
        self._spent.add(spenders[-1], tokens)
        with self._lock:
            self._running.subtract(spenders)
            for spender in spenders:
                if not self._running[spender]:
                    del self._running[spender]


def _parties(limits: Limits, person: "Person") -> list[Party]:
    """Return whose limits hold: first the person's, then those of a key, which is spent from with all it takes."""
    of_the_person = Party((person.id, ""), limits, OF_A_PERSON)
    if not person.key:
        return [of_the_person]
    return [of_the_person, Party((person.id, person.key.id), person.key, OF_A_KEY)]


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
