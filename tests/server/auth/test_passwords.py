import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from server.auth import passwords
from server.problems import Problem
from tests.support.waiting import wait_for
from tests.support.wire import PATIENCE_S


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


def test_two_hashes_are_computed_two_wait_and_the_others_are_refused_at_once(monkeypatch):
    open_gate, inside = threading.Event(), threading.Semaphore(0)

    class Hasher:
        def hash(self, password):
            inside.release()
            open_gate.wait(PATIENCE_S)
            return password

    monkeypatch.setattr(passwords, "_hasher", Hasher)
    with ThreadPoolExecutor(passwords.HASHES + passwords.WAITING) as threads:
        admitted = [threads.submit(passwords.hash_password, f"correct horse {number}") for number in range(4)]
        for _ in range(passwords.HASHES):
            assert inside.acquire(timeout=PATIENCE_S)
        wait_for(lambda: passwords._admitted._value == 0)
        with pytest.raises(Problem) as caught:
            passwords.hash_password("correct horse")
        assert not inside.acquire(blocking=False), "two wait"
        open_gate.set()

    assert caught.value.code == "busy"
    assert len([job.result() for job in admitted]) == 4
    assert passwords.hash_password("correct horse") == "correct horse"
