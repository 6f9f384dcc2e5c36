import pytest
from sqlalchemy import func, select

from server.store.schema import token_usage
from tests.support.stores import ME, add_person


@pytest.fixture
def other(store):
    return add_person(store, "other")


def test_usage_is_returned_by_the_minute(store, clock):
    store.token_usage.add({(ME, ""): 3, (ME, "key"): 4})
    clock.pass_by(seconds=50)
    store.token_usage.add({(ME, ""): 5})
    clock.pass_by(minutes=10)
    store.token_usage.add({(ME, ""): 7})

    assert sorted(store.token_usage.of(ME)) == [(56.000789, 7), (656.000789, 12)]


def test_each_key_and_each_person_is_counted_separately(store, other):
    store.token_usage.add({(ME, "one"): 3, (ME, "two"): 4, (ME, ""): 5, (other, ""): 6})

    assert [tokens for _, tokens in store.token_usage.of(ME, "one")] == [3]
    assert [tokens for _, tokens in store.token_usage.of(ME)] == [12]
    assert store.token_usage.of(other, "one") == []


def test_usage_is_removed_after_a_day(store, clock):
    store.token_usage.add({(ME, ""): 3})
    clock.pass_by(hours=23)
    store.token_usage.add({(ME, ""): 4})
    clock.pass_by(hours=1)

    assert [tokens for _, tokens in store.token_usage.of(ME)] == [4]
    store.sweep()
    with store.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(token_usage)) == 1
