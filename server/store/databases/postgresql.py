"""PostgreSQL: a connection pool that replaces lost connections."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, text
from sqlalchemy.exc import OperationalError

from g4f_lite.errors import ConfigError
from server.store.databases.db_errors import locked_elsewhere, translated

POOL = 10
"""Connections kept open; as many more are opened when needed."""
CONNECT_TIMEOUT_S = 5
DEAD_PEER_TIMEOUT_MS = 10_000
MIGRATION_LOCK = 0x67346C69
LOCK_KEY = 0x67346C68
"""Arbitrary numbers that other programs on the server are unlikely to use."""
LOCK = text(
    "SELECT pg_try_advisory_lock((CAST(:key AS bigint) << 32) | CAST(oid AS bigint))"
    " FROM pg_namespace WHERE nspname = current_schema()"
)
"""Two schemas of one database are two stores."""


class PostgreSQL:
    """Rows that are read in order to be changed are locked."""

    def __init__(self, url: URL, busy_timeout_s: float) -> None:
        try:
            self._engine = create_engine(
                url,
                pool_pre_ping=True,
                pool_size=POOL,
                max_overflow=POOL,
                pool_timeout=2 * busy_timeout_s,
                connect_args={
                    "connect_timeout": CONNECT_TIMEOUT_S,
                    "tcp_user_timeout": DEAD_PEER_TIMEOUT_MS,
                    "client_encoding": "utf8",
                },
            )
        except ModuleNotFoundError:
            raise ConfigError(["database: PostgreSQL needs `pip install -r requirements-postgres.txt`."]) from None
        self._url = url
        self._lock_connection: Connection | None = None
        event.listen(self._engine, "connect", lambda driver, _: _prepare(driver, busy_timeout_s))

    def open(self) -> None:
        """Do nothing: the database exists, or `migration` raises that it does not."""

    def lock(self) -> None:
        with translated():
            if not self._is_locked():
                self._lock_connection = self._acquire()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with translated(), self._engine.begin() as connection:
            yield connection

    write = read

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        with self.write() as connection:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            yield connection

    def snapshot(self, label: str) -> Path | None:
        return None

    def close(self) -> None:
        self._unlock()
        self._engine.dispose()

    def _acquire(self) -> Connection:
        """Return a connection that has the lock and is detached from the pool."""
        with ExitStack() as unless_locked:
            connection = unless_locked.enter_context(self._engine.connect())
            connection.execution_options(isolation_level="AUTOCOMMIT").detach()
            if not connection.scalar(LOCK, {"key": LOCK_KEY}):
                raise locked_elsewhere(self._url.set(password=None, query={}).render_as_string())
            unless_locked.pop_all()
        return connection

    def _is_locked(self) -> bool:
        if self._lock_connection is None:
            return False
        try:
            self._lock_connection.scalar(text("SELECT 1"))
        except OperationalError:  # the connection was lost, and the lock with it
            self._unlock()
            return False
        return True

    def _unlock(self) -> None:
        if self._lock_connection:
            self._lock_connection.close()
            self._lock_connection = None


def _prepare(driver: Any, busy_timeout_s: float) -> None:
    driver.execute(f"SET lock_timeout = {round(busy_timeout_s * 1000)}")
    driver.commit()
