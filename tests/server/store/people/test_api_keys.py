from datetime import timedelta

import pytest

from server.problems import Problem
from server.store.people.api_keys import NOTE_EVERY, ApiKeys, KeySettings
from tests.support.stores import ME, add_person


@pytest.fixture
def keys(store, clock):
    return ApiKeys(store.database, clock)


def add(keys, key_hash="hash", user=ME, name="A key", lifetime=None, **settings):
    return keys.add(key_hash, user, name, "abcd", KeySettings(**settings), lifetime)


def test_a_key_is_found_as_it_was_created(keys, clock):
    settings = {"models": ["m", "up/*"], "turns_per_minute": 1, "concurrent_turns": 2, "tokens_per_day": 10**9}
    made = add(keys, lifetime=timedelta(days=1), **settings)

    found, account = keys.find("hash")

    assert (found, account.id) == (made, ME)
    assert {name: getattr(found, name) for name in settings} == settings
    assert found.expires_at - clock() == timedelta(days=1)
    assert keys.find("another") is None


def test_use_of_a_key_is_noted_now_and_then(keys, clock):
    add(keys)
    keys.find("hash")
    first = clock()
    clock.pass_by(seconds=NOTE_EVERY.total_seconds())
    keys.find("hash")
    assert keys.of(ME)[0].used_at == first

    clock.pass_by(seconds=1)
    keys.find("hash")
    assert keys.of(ME)[0].used_at == clock()


def test_a_key_expires(keys, clock):
    made, _ = add(keys, lifetime=timedelta(days=1)), add(keys, "other")
    clock.pass_by(days=1)

    assert keys.find("hash") is None
    assert keys.alive(["hash", "other", "none"]) == {"other"}
    assert keys.is_expired(made)
    assert len(keys.of(ME)) == 2


def test_only_ones_own_conversations_are_listed_newest_first(store, keys, clock):
    other = add_person(store, "other")
    for number in range(3):
        add(keys, f"hash {number}", name=f"Key {number}")
        clock.pass_by(seconds=1)
    add(keys, "theirs", other)

    assert [key.name for key in keys.of(ME)] == ["Key 2", "Key 1", "Key 0"]


def test_only_the_owner_revokes_it(store, keys):
    made = add(keys)

    assert not keys.revoke(add_person(store, "other"), made.id)
    assert keys.find("hash")
    assert keys.revoke(ME, made.id)
    assert not keys.revoke(ME, made.id)
    assert keys.find("hash") is None


@pytest.mark.parametrize("name", ["", " x", "x" * 65, "\0"])
def test_a_name_can_be_read(keys, name):
    with pytest.raises(Problem, match="A name must have"):
        add(keys, name=name)
