"""What the store asks of a database, and which one an address names."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import ArgumentError

from g4f_lite.errors import ConfigError

BUSY_TIMEOUT_S = 5.0
"""How long to wait for a lock that somebody else holds."""


class Database(Protocol):
    """Connections inside of transactions. Failures roll back, and are raised as Problem."""

    def open(self) -> None:
        """Make what must be there before the first connection."""

    def lock(self) -> None:
        """Keep every other server away until `close`; repeated, take it anew if it was lost."""

    def read(self) -> AbstractContextManager[Connection]:
        """Give a connection that is only read from."""

    def write(self) -> AbstractContextManager[Connection]:
        """Give a connection whose changes are durable once the block is left."""

    def migration(self) -> AbstractContextManager[Connection]:
        """Give a connection that changes the schema while no other process does."""

    def snapshot(self, label: str) -> Path | None:
        """Copy the whole database to a file beside it; None where that is not this program's business."""

    def close(self) -> None:
        """Give back all connections."""


def database(address: str, busy_timeout_s: float = BUSY_TIMEOUT_S) -> Database:
    """Return the database of `sqlite:///path` or `postgresql+psycopg://...`. Raises: ConfigError."""
    try:
        url = make_url(address)
    except ArgumentError:
        raise ConfigError(["database: not an address; the default is sqlite:///data/chat.db."]) from None
    if url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:"):
        from server.store.databases.sqlite import SQLite

        return SQLite(url, busy_timeout_s)
    if url.drivername == "postgresql+psycopg":
        from server.store.databases.postgresql import PostgreSQL

        return PostgreSQL(url, busy_timeout_s)
    raise ConfigError(["database: must begin with sqlite:/// and a path, or with postgresql+psycopg://."])
