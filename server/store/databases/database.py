"""The interface of a database, and the database of an address."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from g4f_lite.errors import ConfigError

BUSY_TIMEOUT_S = 5.0
"""How long to wait for a lock that another writer holds."""


class Database(Protocol):
    """Gives connections within transactions. Failures roll back and are raised as Problem."""

    def open(self) -> None:
        """Create what the first connection needs."""

    def lock(self) -> None:
        """Keep every other server away until `close`. A repeated call takes a lost lock again."""

    def read(self) -> AbstractContextManager[Connection]:
        """Give a connection for reading."""

    def write(self) -> AbstractContextManager[Connection]:
        """Give a connection whose changes are durable after the block."""

    def migration(self) -> AbstractContextManager[Connection]:
        """Give a connection for changing the schema while no other process does."""

    def snapshot(self, label: str) -> Path | None:
        """Copy the whole database to a file beside it; None for a database server, which has its own backups."""

    def close(self) -> None:
        """Close all connections and release the lock."""


def database(address: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Return the database of `sqlite:///path` or `postgresql+psycopg://...`. Raises: ConfigError."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise ConfigError(["database: not a database URL; the default is sqlite:///data/chat.db."]) from None
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        from server.store.databases.sqlite import SQLite

        return SQLite(url, busy_timeout_s)
    if url.drivername == "postgresql+psycopg":
        from server.store.databases.postgresql import PostgreSQL

        return PostgreSQL(url, busy_timeout_s)
    raise ConfigError(["database: must start with sqlite:/// and a path, or with postgresql+psycopg://."])
