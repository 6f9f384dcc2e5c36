"""Passwords: which ones are accepted, and how they are kept."""

import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from server.problems import Problem
from server.translatable import N_

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 8, 1024
"""Characters."""
TOO_SHORT = N_("A password needs at least 8 characters. A few words in a row are easy to remember.")
TOO_LONG = N_("A password can have at most 1024 characters.")
TOO_COMMON = N_("This password is too easy to guess. Choose another one.")
BUSY = N_("Too many people are signing in right now. Try again in a moment.")

COMMON = frozenset(Path(__file__).with_name("common_passwords.txt").read_text().split())
"""What people choose first."""

TIME_COST, MEMORY_COST_KIB, PARALLELISM = 2, 19 * 1024, 1
"""19 MiB and about 30 ms: what OWASP asks for, and what the smallest server has.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""
_slots = threading.BoundedSemaphore(2)
"""Hashes that are made at the same time: more would take memory and threads from everybody else."""
TIMEOUT_S = 5


def check_new(password: str, name: str = "") -> None:
    """Refuse what is no good password, for somebody of that name. Raises: Problem("invalid_request")."""
    text = _normalised(password)
    if len(text) < SHORTEST:
        raise Problem("invalid_request", TOO_SHORT)
    if len(text) > LONGEST:
        raise Problem("invalid_request", TOO_LONG)
    if is_common(text) or text.casefold() == name.casefold():
        raise Problem("invalid_request", TOO_COMMON)


def is_common(password: str) -> bool:
    """Tell whether anybody would try this one first, or it is one character again and again."""
    return password.casefold() in COMMON or len(set(password)) == 1


def hash_password(password: str) -> str:
    """Return what is stored of a password. Raises: Problem("busy")."""
    with _slot():
        return _hasher().hash(_normalised(password))


def verify(password: str, password_hash: str | None) -> bool:
    """Tell whether this is the password. Without a hash it is not, which takes as long. Raises: Problem("busy")."""
    from argon2.exceptions import InvalidHashError, VerificationError

    dummy = _dummy_hash()
    try:
        with _slot():
            is_right = _hasher().verify(password_hash or dummy, _normalised(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return is_right and bool(password_hash) and len(password) <= LONGEST


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return _hasher().check_needs_rehash(password_hash)


@cache
def _hasher() -> "PasswordHasher":
    """Return what hashes. Only who has accounts needs the library."""
    from argon2 import PasswordHasher

    return PasswordHasher(TIME_COST, MEMORY_COST_KIB, PARALLELISM)


@cache
def _dummy_hash() -> str:
    return _hasher().hash("nobody has this password")


@contextmanager
def _slot() -> Iterator[None]:
    if not _slots.acquire(timeout=TIMEOUT_S):
        raise Problem("busy", BUSY, retry_after=TIMEOUT_S)
    try:
        yield
    finally:
        _slots.release()


def _normalised(password: str) -> str:
    """Return the one form of characters that keyboards write in several."""
    return unicodedata.normalize("NFKC", password)
