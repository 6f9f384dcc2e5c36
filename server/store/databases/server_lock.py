"""The lock by which one server keeps every other away from its database."""

from threading import Lock

from server.problems import Problem
from server.store.databases.database import Database
from server.store.databases.db_errors import taken_over


class ServerLock:
    """May be used from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._locking = Lock()
        self._is_lost = False
        self._is_closed = False

    def take(self) -> None:
        """Take the lock, again if it was lost. Raises: Problem if another process has it."""
        with self._locking:
            if self._is_closed:  # by another thread
                return
            try:
                self._database.lock()
            except Problem:
                self._is_lost = True
                raise
            self._is_lost = False

    def require(self) -> None:
        """Raise Problem if the last attempt to take the lock failed."""
        if self._is_lost:
            raise taken_over()

    def close(self) -> None:
        """Close the database, which releases the lock, for good."""
        with self._locking:
            self._is_closed = True
            self._database.close()
