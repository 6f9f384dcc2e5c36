"""Translate database errors into problems that people can act on."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    NotSupportedError,
    ProgrammingError,
    TimeoutError,
)

from g4f_lite.decoding.surrogates import join_surrogates
from server.problems import Problem

FULL = "The disk is full. Free some space and try again. Your stored chats are safe."
LOCKED = "Another program has locked the database. Try again in a moment."
BUSY = "The server is busy. Try again in a moment."
READ_ONLY = "Cannot write to the database. Give this program write access to its data folder."
AWAY = "Cannot reach the database. Try again in a moment."
TAKEN_OVER = "Another process has taken over the database. Reload the page in a moment."
DAMAGED = "The database is damaged, or its file is not a database. Restore a backup, or use another database."
SENTENCES = {
    "file is not a database": DAMAGED,
    "malformed": DAMAGED,
    "disk is full": FULL,
    "No space left": FULL,
    "is locked": LOCKED,
    "lock timeout": BUSY,
    "QueuePool limit": BUSY,
    "readonly database": READ_ONLY,
    "read-only": READ_ONLY,
    "ermission denied": READ_ONLY,
}
"""Our sentence for each part of a driver's message."""


@contextmanager
def translated() -> Iterator[None]:
    """Translate the errors of drivers; violated constraints and bugs pass unchanged.

    Raises: Problem("invalid_request") for values that no database can store; otherwise Problem("busy") or
    Problem("storage_unavailable").
    """
    try:
        yield
    except (IntegrityError, ProgrammingError, NotSupportedError):
        raise
    except (DataError, UnicodeEncodeError, OverflowError) as error:
        raise unstorable() from error
    except (DatabaseError, InterfaceError, TimeoutError, OSError) as error:
        sentence = _sentence(str(error))
        raise (busy() if sentence == BUSY else Problem("storage_unavailable", sentence)) from error


def _sentence(message: str) -> str:
    return next((sentence for part, sentence in SENTENCES.items() if part in message), AWAY)


def refuse_unstorable(*texts: str) -> None:
    """Raise Problem("invalid_request") for text that PostgreSQL refuses, so that both databases accept the same."""
    if any("\0" in text for text in texts):
        raise unstorable()


def storable(text: str) -> str:
    """Return a model's text with surrogates joined or replaced, and U+0000 replaced."""
    return join_surrogates(text).replace("\0", "\ufffd")


def locked() -> Problem:
    return Problem("storage_unavailable", LOCKED)


def busy() -> Problem:
    """Return the problem of a database that this server's own work keeps busy."""
    return Problem("busy", BUSY)


def unstorable() -> Problem:
    return Problem(
        "invalid_request", "The text contains characters that cannot be stored: U+0000, or an unpaired surrogate."
    )


def no_cursor() -> Problem:
    return Problem("invalid_request", "`before` is not a valid cursor: use `next` from the previous page.")


def locked_elsewhere(place: str) -> Problem:
    sentence = f"Another process is already using {place}. Stop it first, or use another database."
    return Problem("storage_unavailable", sentence)


def taken_over() -> Problem:
    return Problem("storage_unavailable", TAKEN_OVER)


def unknown_conversation() -> Problem:
    return Problem("unknown_conversation", "This chat does not exist. It may have been deleted.")


def unknown_message() -> Problem:
    return Problem("unknown_message", "This message does not exist in this chat.")
