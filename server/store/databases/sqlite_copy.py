"""Copy a SQLite database while it is in use, and verify a copy before it is used."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from server.problems import Problem
from server.store.databases.database import BUSY_TIMEOUT_S
from server.store.migrate import MIGRATIONS, require_known


def copy(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, without blocking writers. Raises: Problem."""
    with _translated(source), closing(_open(source)) as origin, closing(sqlite3.connect(target)) as made:
        origin.backup(made)  # all pages at once, in one reading transaction
        made.execute("PRAGMA journal_mode = DELETE")  # so that it is a single file


def verify(file: Path) -> None:
    """Check a whole database. Raises: Problem if it is damaged; ConfigError if a newer program made it."""
    with _translated(file), closing(_open(file)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(3)")]
        if found != ["ok"]:
            raise _damaged(file, found[0])
        if lost := connection.execute("PRAGMA foreign_key_check").fetchone():
            raise _damaged(file, f"a row of {lost[0]} has a dangling reference")
        require_known(_revision(file, connection), MIGRATIONS)


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    """Translate the errors of the driver. Raises: Problem."""
    try:
        yield
    except sqlite3.Error as error:
        raise Problem("storage_unavailable", f"Cannot read or copy {file}: {error}.") from error


def _open(file: Path) -> sqlite3.Connection:
    """Open an existing file."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_TIMEOUT_S)


def _revision(file: Path, connection: sqlite3.Connection) -> str:
    try:
        return str(connection.execute("SELECT version_num FROM alembic_version").fetchone()[0])
    except (sqlite3.OperationalError, TypeError):
        raise _damaged(file, "it has no schema") from None


def _damaged(file: Path, what: str) -> Problem:
    return Problem("storage_unavailable", f"{file} is not an intact database of this program: {what}.")
