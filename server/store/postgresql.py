"""PostgreSQL: a pool that notices lost connections and makes new ones."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event, text

from g4f_lite.errors import ConfigError
from server.store.failures import translated

POOL = 10
"""Connections kept; as many again are made when needed."""
CONNECT_TIMEOUT_S = 5
DEAD_PEER_TIMEOUT_MS = 10_000
MIGRATION_LOCK = 0x67346C69
"""Any number that the programs on one server are unlikely to share."""


class PostgreSQL:
    """Rows are locked where they are read in order to be written."""

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
        event.listen(self._engine, "connect", lambda driver, _: _prepare(driver, busy_timeout_s))

    def open(self) -> None:
        """Nothing to make: the database is there, or `migration` says that it is not."""

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
        self._engine.dispose()


def _prepare(driver: Any, busy_timeout_s: float) -> None:
    driver.execute(f"SET lock_timeout = {round(busy_timeout_s * 1000)}")
    driver.commit()
