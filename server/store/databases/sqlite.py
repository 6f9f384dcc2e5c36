"""SQLite: one connection for writing, several for reading, and a file that only its owner may open."""

import math
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from sqlalchemy import URL, Connection, Engine, NullPool, QueuePool, create_engine, event

from g4f_lite.errors import ConfigError
from server.problems import Problem
from server.store.databases.db_errors import LOCKED, busy, locked, locked_elsewhere, translated
from server.store.databases.file_lock import is_at, take

WRITERS = 5
"""Threads that may wait to write. Fewer than serve requests, so that a locked file blocks no reader."""
STUCK_S = 2
"""A writer that cannot begin for this long is waiting for another program, and no further thread may wait. On a very
busy machine beginning takes half a second."""
READERS = 8
"""Connections kept open for reading; as many more are opened when needed."""
READING = {"query_only": "ON", "mmap_size": "0"}
WRITING = {"journal_mode": "WAL", "synchronous": "FULL", "foreign_keys": "ON", "mmap_size": "0"}
# A migration may recreate a table; with foreign keys on, dropping the old one would empty the tables that refer to it.
MIGRATING = {**WRITING, "foreign_keys": "OFF"}

OLDEST = (3, 34)
"""The first version with the trigram index that search needs."""
TOO_OLD = "database: search needs SQLite 3.34 or newer, but this Python has {}. Use a newer Python, or PostgreSQL."
GONE = "The database file {} was removed or replaced. Restart the server to use the current file."


class SQLite:
    """A file in WAL mode: readers never wait; writers wait for each other."""

    def __init__(self, url: URL, busy_timeout_s: float) -> None:
        self.path = Path(str(url.database)).absolute()
        self._url = url.set(database=str(self.path))
        self._timeout_s = busy_timeout_s
        queue = {"poolclass": QueuePool, "pool_timeout": 2 * busy_timeout_s}
        self._readers = self._engine("BEGIN", READING, pool_size=READERS, max_overflow=READERS, **queue)
        # Immediate, because a transaction that has already read may no longer be allowed to write.
        self._writer = self._engine("BEGIN IMMEDIATE", WRITING, pool_size=1, max_overflow=0, **queue)

        self._waiters = threading.BoundedSemaphore(WRITERS)
        self._turn = threading.Lock()
        self._locked_at = 0.0
        self._waiting_since = math.inf
        self._inode: int | None = None
        self._lock: IO[bytes] | None = None

    def open(self) -> None:
        if sqlite3.sqlite_version_info < OLDEST:
            raise ConfigError([TOO_OLD.format(sqlite3.sqlite_version)])
        with translated():
            self._make_folder()
            _make(self.path)

    def lock(self) -> None:
        file = self.path.resolve()  # a link to the database is the same database
        lock = file.with_name(f"{file.name}.lock")
        with translated():
            if self._lock and is_at(self._lock, lock):
                return
            self._unlock()
            self._make_folder()
            self._lock = take(lock)
        if self._lock is None:
            raise locked_elsewhere(str(file))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        with translated(), self._readers.begin() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        arrived = time.monotonic()
        self._wait_in_line(arrived)
        try:
            with self._turn, self._noting_locks(), translated():
                self._require_file()
                if self._locked_at > arrived:  # the writer before waited in vain; do not wait again
                    raise locked()
                self._waiting_since = time.monotonic()
                with self._writer.begin() as connection:
                    self._waiting_since = math.inf
                    yield connection
        finally:
            self._waiters.release()

    @contextmanager
    def migration(self) -> Iterator[Connection]:
        engine = self._engine("BEGIN IMMEDIATE", MIGRATING, poolclass=NullPool)
        with translated(), engine.begin() as connection:
            yield connection
            _require_foreign_keys(connection)

    def snapshot(self, label: str) -> Path | None:
        copy = self.path.with_name(f"{self.path.name}.{label}")
        unfinished = copy.with_name(f"{copy.name}.unfinished-{os.getpid()}")
        with translated():
            try:
                _make(unfinished)
                self._copy(unfinished)
                unfinished.replace(copy)
            finally:
                unfinished.unlink(missing_ok=True)
        return copy

    def close(self) -> None:
        self._readers.dispose()
        self._writer.dispose()
        self._unlock()

    def _unlock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def _wait_in_line(self, arrived: float) -> None:
        """Join the threads that wait to write, unless writing is stuck. Raises: Problem."""
        while not self._waiters.acquire(timeout=STUCK_S):
            now = time.monotonic()
            if now - self._waiting_since > STUCK_S:
                raise locked()
            if now - arrived > self._timeout_s:
                raise busy()

    @contextmanager
    def _noting_locks(self) -> Iterator[None]:
        try:
            yield
        except Problem as problem:
            if problem.message == LOCKED:
                self._locked_at = time.monotonic()
            raise
        finally:
            self._waiting_since = math.inf

    def _require_file(self) -> None:
        """Refuse to write to a file that was removed or replaced. Raises: Problem."""
        inode = self.path.stat().st_ino if self.path.exists() else 0
        self._inode = self._inode or inode
        if inode != self._inode:
            raise Problem("storage_unavailable", GONE.format(self.path))

    def _make_folder(self) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    def _copy(self, target: Path) -> None:
        engine = create_engine(self._url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM INTO ?", (str(target),))

    def _engine(self, begin: str, pragmas: Mapping[str, str], **options: Any) -> Engine:
        waits = {"timeout": self._timeout_s, "check_same_thread": False}
        engine = create_engine(self._url, connect_args=waits, **options)
        event.listen(engine, "connect", lambda driver, _: _prepare(driver, pragmas))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(begin))
        return engine


def _make(path: Path) -> None:
    """Create an empty file that only its owner may read; SQLite gives its files beside it the same mode."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _prepare(driver: Any, pragmas: Mapping[str, str]) -> None:
    driver.isolation_level = None  # otherwise the driver begins transactions itself
    for name, value in pragmas.items():
        driver.execute(f"PRAGMA {name} = {value}").close()


def _require_foreign_keys(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise RuntimeError(f"the migration left {len(broken)} rows with dangling references")
