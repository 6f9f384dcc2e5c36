"""Passwords: the rules for new ones, and their hashes."""

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
"""The passwords that people choose most often."""

TIME_COST, MEMORY_COST_KIB, PARALLELISM = 2, 19 * 1024, 1
"""19 MiB and about 30 ms: the OWASP minimum, which the smallest server can afford.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html
"""
HASHES, WAITING = 2, 2
"""Hashes computed at the same time, and those that wait for them. More would take memory and processors from other
requests, so the rest are refused at once."""
_slots = threading.BoundedSemaphore(HASHES)
_admitted = threading.BoundedSemaphore(HASHES + WAITING)
RETRY_AFTER_S = 5


def check_new(password: str, name: str = "") -> None:
    """Refuse a weak password, or one that is the name. Raises: Problem("invalid_request")."""
    text = _normalised(password)
    if len(text) < SHORTEST:
        raise Problem("invalid_request", TOO_SHORT)
    if len(text) > LONGEST:
        raise Problem("invalid_request", TOO_LONG)
    if is_common(text) or text.casefold() == name.casefold():
        raise Problem("invalid_request", TOO_COMMON)


def is_common(password: str) -> bool:
    """Tell whether a password is among the most common ones, or one repeated character."""
    return password.casefold() in COMMON or len(set(password)) == 1


def hash_password(password: str) -> str:
    """Return the hash of a password for the store. Raises: Problem("busy")."""
    with _slot():
        return _hasher().hash(_normalised(password))


def verify(password: str, password_hash: str | None) -> bool:
    """Tell whether a password matches a hash. No hash never matches, but takes as long. Raises: Problem("busy")."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        with _slot():
            dummy = _dummy_hash()
            is_right = _hasher().verify(password_hash or dummy, _normalised(password[:LONGEST]))
    except (VerificationError, InvalidHashError):
        return False
    return is_right and bool(password_hash) and len(password) <= LONGEST


def is_outdated(password_hash: str) -> bool:
    """Tell whether a hash was made with other parameters than the current ones."""
    return _hasher().check_needs_rehash(password_hash)


@cache
def _hasher() -> "PasswordHasher":
    """Return the hasher. The library is loaded only if there are accounts."""
    from argon2 import PasswordHasher

    return PasswordHasher(TIME_COST, MEMORY_COST_KIB, PARALLELISM)


@cache
def _dummy_hash() -> str:
    return _hasher().hash("nobody has this password")


@contextmanager
def _slot() -> Iterator[None]:
    if not _admitted.acquire(blocking=False):
        raise Problem("busy", BUSY, retry_after=RETRY_AFTER_S)
    try:
        with _slots:
            yield
    finally:
        _admitted.release()


def _normalised(password: str) -> str:
    """Return the password in NFKC, because keyboards write some characters in several ways."""
    return unicodedata.normalize("NFKC", password)
