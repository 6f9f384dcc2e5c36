import threading

import pytest

from server.auth import passwords
from server.problems import Problem


@pytest.mark.parametrize(
    "password",
    ["correct horse", "pässwörtlich", "密码很长而且安全的一句话", "\0\n\t ab cd", "🐎" * 7 + "!", "x" * 1023 + "y"],
)
def test_any_characters_make_a_password(password):
    passwords.check_new(password)
    stored = passwords.hash_password(password)

    assert passwords.verify(password, stored)
    assert not passwords.verify(password + "x", stored)
    assert password not in stored


@pytest.mark.parametrize(
    "password", ["", "short", "1234567", "x" * 1025, "password", "PassWord1", "qwertyuiop", "\N{BLACK STAR}" * 12]
)
def test_a_poor_password_is_refused(password):
    with pytest.raises(Problem) as caught:
        passwords.check_new(password)

    assert caught.value.code == "invalid_request"


def test_ones_own_name_is_no_password():
    with pytest.raises(Problem):
        passwords.check_new("Annabella", "annabella")


def test_one_letter_written_in_two_ways_is_the_same():
    assert passwords.verify("cafe\u0301 du nord", passwords.hash_password("caf\u00e9 du nord"))


def test_one_password_is_stored_differently_each_time():
    assert passwords.hash_password("correct horse") != passwords.hash_password("correct horse")


@pytest.mark.parametrize("stored", [None, "", "nonsense", "$argon2id$v=19$m=1$x"])
def test_without_a_hash_nothing_fits(stored):
    assert not passwords.verify("nobody has this password", stored)


def test_a_hash_with_other_costs_is_outdated(monkeypatch):
    stored = passwords.hash_password("correct horse")
    assert not passwords.is_outdated(stored)

    monkeypatch.setattr(passwords, "TIME_COST", 3)
    passwords._hasher.cache_clear()
    try:
        assert passwords.is_outdated(stored)
        assert passwords.verify("correct horse", stored)
    finally:
        passwords._hasher.cache_clear()


def test_more_hashes_at_once_than_there_is_room_for_wait_and_are_refused(monkeypatch):
    monkeypatch.setattr(passwords, "_slots", threading.BoundedSemaphore(1))
    monkeypatch.setattr(passwords, "TIMEOUT_S", 0)

    with passwords._slot(), pytest.raises(Problem) as caught:
        passwords.hash_password("correct horse")

    assert caught.value.code == "busy"
