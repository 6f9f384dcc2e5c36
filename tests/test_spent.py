import pytest

from server.spent import DAY_S, Spent


class Clock:
    time = 1_000_000.0

    def __call__(self):
        return self.time


@pytest.fixture
def clock():
    return Clock()


def test_what_the_store_has_counts(clock):
    spent = Spent(lambda user: [(3600, 70), (60, 30)] if user == "anna" else [], clock)

    assert spent.wait_s("anna", 101) == 0
    assert spent.wait_s("ben", 1) == 0
    assert spent.wait_s("anna", 100) == pytest.approx(DAY_S - 3600, abs=60)


def test_the_wait_is_until_enough_of_it_is_old(clock):
    spent = Spent(lambda user: [(3600, 10), (1800, 10), (60, 100)], clock)

    assert spent.wait_s("anna", 105) == pytest.approx(DAY_S - 1800, abs=60)
    assert spent.wait_s("anna", 100) == pytest.approx(DAY_S - 60, abs=60)


def test_what_is_used_later_counts_and_is_over_after_a_day(clock):
    spent = Spent(lambda user: [], clock)
    assert spent.wait_s("anna", 5) == 0
    spent.add("anna", 3)
    spent.add("anna", 2)

    assert spent.wait_s("anna", 5) > 0
    clock.time += DAY_S + 60
    assert spent.wait_s("anna", 5) == 0


def test_who_is_not_remembered_is_looked_up_again(clock, monkeypatch):
    monkeypatch.setattr("server.spent.LARGEST", 2)
    asked = []
    spent = Spent(lambda user: asked.append(user) or [(0, 5)], clock)
    for user in ("anna", "ben", "anna", "carl", "ben"):
        assert spent.wait_s(user, 5) > 0

    assert asked == ["anna", "ben", "carl", "ben"]
    spent.add("nobody", 5)
    assert len(spent._people) == 2


def test_the_minutes_of_a_day_are_all_that_is_kept(clock):
    spent = Spent(lambda user: [], clock)
    spent.wait_s("anna", 1)
    for _ in range(3000):
        clock.time += 60
        spent.add("anna", 1)
        spent.wait_s("anna", 1)

    assert len(spent._people["anna"]) <= 1442
