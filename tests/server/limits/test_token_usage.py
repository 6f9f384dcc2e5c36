from collections import Counter

import pytest

from server.limits.token_usage import DAY_S, TokenUsage
from server.problems import Problem

ANNA, HER_KEY, BEN, CARL = ("anna", ""), ("anna", "key"), ("ben", ""), ("carl", "")


class Clock:
    time = 1_000_000.0

    def __call__(self):
        return self.time


class Stored:
    """What is kept over a restart: how many seconds ago, and how many tokens, by consumer."""

    def __init__(self):
        self.stored_tokens, self.asked, self.is_full = {}, [], False
        self.meanwhile = lambda: None

    def of(self, *consumer):
        self.asked.append(consumer)
        found = [one for who, ones in self.stored_tokens.items() if consumer in (who, (who[0], "")) for one in ones]
        self.meanwhile()
        return found

    def add(self, used):
        if self.is_full:
            raise Problem("storage_unavailable", "The disk is full.")
        for who, tokens in used.items():
            self.stored_tokens.setdefault(who, []).append((0, tokens))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def stored():
    return Stored()


@pytest.fixture
def usage(stored, clock):
    return TokenUsage(stored, clock)


def test_what_the_store_has_counts(usage, stored):
    stored.stored_tokens = {ANNA: [(3600, 70), (60, 30)]}

    assert usage.wait_s(ANNA, 101) == 0
    assert usage.wait_s(BEN, 1) == 0
    assert usage.wait_s(ANNA, 100) == pytest.approx(DAY_S - 3600, abs=60)


def test_the_wait_is_until_enough_of_it_is_old(usage, stored):
    stored.stored_tokens = {ANNA: [(3600, 10), (1800, 10), (60, 100)]}

    assert usage.wait_s(ANNA, 105) == pytest.approx(DAY_S - 1800, abs=60)
    assert usage.wait_s(ANNA, 100) == pytest.approx(DAY_S - 60, abs=60)


def test_what_is_used_later_counts_and_is_over_after_a_day(usage, clock):
    assert usage.wait_s(ANNA, 5) == 0
    usage.add(ANNA, 3)
    usage.add(ANNA, 2)

    assert usage.wait_s(ANNA, 5) > 0
    clock.time += DAY_S + 60
    assert usage.wait_s(ANNA, 5) == 0


def test_what_a_key_used_is_the_persons_too_and_not_the_other_way_round(usage):
    for consumer in (ANNA, HER_KEY):
        assert usage.wait_s(consumer, 5) == 0
    usage.add(HER_KEY, 3)
    usage.add(ANNA, 2)

    assert usage.wait_s(ANNA, 5) > 0
    assert usage.wait_s(HER_KEY, 4) == 0
    assert usage.wait_s(HER_KEY, 3) > 0


@pytest.mark.parametrize("when", ["saved", "not yet saved"])
def test_a_restart_knows_what_was_used(usage, stored, clock, when):
    usage.add(HER_KEY, 3)
    if when == "saved":
        usage.save()
        usage = TokenUsage(stored, clock)

    assert usage.wait_s(HER_KEY, 3) > 0
    assert usage.wait_s(ANNA, 3) > 0
    assert usage.wait_s(ANNA, 4) == 0


def test_it_is_saved_once(usage, stored):
    usage.add(ANNA, 3)
    usage.save()
    usage.save()
    usage.add(ANNA, 0)
    usage.save()

    assert stored.stored_tokens == {ANNA: [(0, 3)]}


def test_what_could_not_be_saved_is_saved_the_next_time(usage, stored):
    usage.add(ANNA, 3)
    stored.is_full = True
    with pytest.raises(Problem):
        usage.save()
    usage.add(ANNA, 2)
    stored.is_full = False
    usage.save()

    assert stored.stored_tokens == {ANNA: [(0, 5)]}


def test_what_is_used_while_the_store_is_asked_is_not_lost(usage, stored):
    stored.meanwhile = lambda: usage.add(HER_KEY, 3)

    assert usage.wait_s(ANNA, 3) > 0
    assert usage.wait_s(ANNA, 4) == 0


def test_who_is_not_remembered_is_looked_up_again(usage, stored, monkeypatch):
    monkeypatch.setattr("server.limits.token_usage.MAX_CONSUMERS", 2)
    stored.stored_tokens = {who: [(0, 5)] for who in (ANNA, BEN, CARL)}
    for consumer in (ANNA, BEN, ANNA, CARL, BEN):
        assert usage.wait_s(consumer, 5) > 0

    assert stored.asked == [ANNA, BEN, CARL, BEN]
    usage.add(("nobody", ""), 5)
    assert len(usage._consumers) == 2


def test_the_minutes_of_a_day_are_all_that_is_kept(usage, clock):
    usage.wait_s(ANNA, 1)
    for _ in range(3000):
        clock.time += 60
        usage.add(ANNA, 1)
        usage.wait_s(ANNA, 1)

    assert len(usage._consumers[ANNA]) <= 1442
    assert usage._unsaved == Counter({ANNA: 3000})
