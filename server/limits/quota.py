"""Quotas of a person and of an API key: requests and turns per minute, turns at a time, tokens per day."""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from gettext import NullTranslations
from threading import Lock
from typing import Self

from server.auth.person import Person
from server.config.limits import Limits
from server.limits.rate_limiter import RateLimiter
from server.limits.redis_counts import RedisCounts
from server.limits.token_usage import TokenUsage
from server.problems import Problem
from server.store.people.api_keys import ApiKey
from server.store.stored_usage import Consumer, StoredUsage
from server.translatable import N_

MINUTE_S, HOUR_S = 60, 3600
SLOT_RETRY_S = 5
"""When to try again if all slots are taken: nobody knows when an answer will end."""

Sentence = Callable[[NullTranslations], str]
"""Returns a sentence in the language of a catalogue."""


class QuotaExceeded(Problem):
    """A limit was reached. The message is in English until a view translates it."""

    def __init__(self, sentence: Sentence, retry_after: float) -> None:
        super().__init__("rate_limited", sentence(NullTranslations()), retry_after=retry_after)
        self._sentence = sentence

    def translate(self, catalogue: NullTranslations) -> None:
        """Put the message into the language of a catalogue."""
        self.message = self._sentence(catalogue)


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages of one kind of subject, by the limit that was reached."""

    turns: str
    tokens: str
    slots: Callable[[NullTranslations, int], str]
    """Takes the number of turns that may run at a time, to choose the plural form."""


REQUESTS = N_("Too many requests in one minute. Try again in %(time)s.")
OF_A_PERSON = Messages(
    turns=N_("Too many messages in one minute. Try again in %(time)s."),
    tokens=N_("You have used your token allowance for the last 24 hours. Try again in %(time)s."),
    slots=lambda catalogue, most: catalogue.ngettext(
        "An answer is already being written for you. Wait until it is complete, or stop it.",
        "%(num)d answers are already being written for you. Wait until one is complete, or stop one.",
        most,
    ),
)
OF_A_KEY = Messages(
    turns=N_("Too many messages in one minute for this API key. Try again in %(time)s."),
    tokens=N_("This API key has used its token allowance for the last 24 hours. Try again in %(time)s."),
    slots=lambda catalogue, most: catalogue.ngettext(
        "An answer is already being written for this API key. Wait until it is complete.",
        "%(num)d answers are already being written for this API key. Wait until one is complete.",
        most,
    ),
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A holder of limits for a turn: the person, or the API key that a program sent."""

    consumer: Consumer
    limits: Limits | ApiKey
    messages: Messages


class Slot:
    """The right to have one more turn running. The end of the block releases it, unless it was detached."""

    def __init__(self, release: Callable[[int], None] | None = None) -> None:
        self._release = release
        self._is_detached = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_detached:
            self.release()

    def detach(self) -> Self:
        """Let the slot outlive the block; its new owner releases it."""
        self._is_detached = True
        return self

    def release(self, tokens: int = 0) -> None:
        """Free the slot and count the tokens of the turn. Later calls do nothing."""
        release, self._release = self._release, None
        if release:
            release(tokens)


class Quota:
    """Counts requests, turns and tokens against the limits. May be used from any thread.

    What is counted per minute may be in Redis. Slots are counted here, in the one process that runs the turns.
    """

    def __init__(self, stored: StoredUsage, redis: RedisCounts | None = None) -> None:
        self._requests = RateLimiter(window_s=MINUTE_S, redis=redis)
        self._turns = RateLimiter(window_s=MINUTE_S, redis=redis)
        self._tokens = TokenUsage(stored)
        self._running: Counter[Consumer] = Counter()
        self._lock = Lock()

    def count_request(self, limits: Limits, *, address: str | None = None, user_id: str | None = None) -> None:
        """Count a request of an address, or of a person. Raises: QuotaExceeded."""
        hits = [
            (("requests from", address), limits.address_requests_per_minute if address is not None else 0),
            (("requests of", user_id), limits.requests_per_minute if user_id is not None else 0),
        ]
        if wait_s := self._requests.hit_each({key: most for key, most in hits if most}):
            raise _exceeded(REQUESTS, wait_s)

    def count_turn(self, limits: Limits, person: Person, address: str) -> None:
        """Count a turn before it starts. Raises: QuotaExceeded."""
        subjects = _subjects(limits, person)
        for subject in subjects:
            most = subject.limits.tokens_per_day
            if most and (wait_s := self._tokens.wait_s(subject.consumer, most)):
                raise _exceeded(subject.messages.tokens, wait_s)
        self._hit_turns(subjects, limits, address)

    def take_slot(self, limits: Limits, person: Person) -> Slot:
        """Let one more turn run. Raises: QuotaExceeded if all slots are taken."""
        subjects = _subjects(limits, person)
        with self._lock:
            for subject in subjects:
                most = subject.limits.concurrent_turns
                if most and self._running[subject.consumer] >= most:
                    raise _no_slot(subject.messages, most)
            consumers = [subject.consumer for subject in subjects]
            self._running.update(consumers)
        return Slot(lambda tokens: self._release(consumers, tokens))

    def save(self) -> None:
        """Save the token usage for a restart. Raises: Problem("storage_unavailable"); the next call tries again."""
        self._tokens.save()

    def _hit_turns(self, subjects: Sequence[Subject], limits: Limits, address: str) -> None:
        """Count a turn for every subject, or for none if one of them refuses it. Raises: QuotaExceeded."""
        counted: list[Hashable] = []
        for subject in reversed(subjects):
            hits: dict[Hashable, int] = {("turns of", *subject.consumer): subject.limits.turns_per_minute}
            if subject is subjects[0]:
                hits["turns from", address] = limits.address_turns_per_minute
            limited = {key: most for key, most in hits.items() if most}
            if wait_s := self._turns.hit_each(limited):
                self._turns.refund(*counted)
                raise _exceeded(subject.messages.turns, wait_s)
            counted += limited

    def _release(self, consumers: Sequence[Consumer], tokens: int) -> None:
        self._tokens.add(consumers[-1], tokens)
        with self._lock:
            self._running.subtract(consumers)
            for consumer in consumers:
                if not self._running[consumer]:
                    del self._running[consumer]


def _subjects(limits: Limits, person: Person) -> list[Subject]:
    """Return the person, and then the API key if there is one. What a key uses, the person uses too."""
    of_the_person = Subject((person.id, ""), limits, OF_A_PERSON)
    if not person.key:
        return [of_the_person]
    return [of_the_person, Subject((person.id, person.key.id), person.key, OF_A_KEY)]


def _exceeded(message: str, wait_s: float) -> QuotaExceeded:
    def sentence(catalogue: NullTranslations) -> str:
        return catalogue.gettext(message) % {"time": _time(catalogue, wait_s)}

    return QuotaExceeded(sentence, math.ceil(wait_s))


def _no_slot(messages: Messages, most: int) -> QuotaExceeded:
    return QuotaExceeded(lambda catalogue: messages.slots(catalogue, most) % {"num": most}, SLOT_RETRY_S)


def _time(catalogue: NullTranslations, seconds: float) -> str:
    """Return a time in words, rounded up."""
    if seconds > 2 * HOUR_S:
        hours = math.ceil(seconds / HOUR_S)
        return catalogue.ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours}
    if seconds > 2 * MINUTE_S:
        minutes = math.ceil(seconds / MINUTE_S)
        return catalogue.ngettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes}
    number = math.ceil(seconds)
    return catalogue.ngettext("%(num)d second", "%(num)d seconds", number) % {"num": number}
