"""What people used of models within the last day, in tokens: in all turns, also in those that nobody stores."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.store.databases.database import Database
from server.store.schema import spendings

DAY = timedelta(days=1)
Spender = tuple[str, str]
"""A person's id, and that of the key by which a program came in for them; empty where there was none."""

_MORE = (
    update(spendings)
    .where(spendings.c.user_id == bindparam("user"), spendings.c.key_id == bindparam("key"))
    .where(spendings.c.minute == bindparam("at"))
    .values(tokens=spendings.c.tokens + bindparam("more"))
)


class Spendings:
    """May be called from any thread. Raises: Problem, with `storage_unavailable` from every method."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def add(self, used: Mapping[Spender, int]) -> None:
        """Add what was used within this minute."""
        minute = self._now().replace(second=0, microsecond=0)
        with self._database.write() as connection:
            for spender, tokens in used.items():
                _add(connection, spender, minute, tokens)

    def of(self, user_id: str, key_id: str = "") -> list[tuple[float, int]]:
        """Return how many seconds ago a minute of the last day was, and the tokens of that minute, of each.

        key_id: those alone that were used by this key.
        """
        now = self._now()
        mine = spendings.c.user_id == user_id, *([spendings.c.key_id == key_id] if key_id else [])
        used = select(spendings.c.minute, func.sum(spendings.c.tokens)).where(*mine, spendings.c.minute > now - DAY)
        with self._database.read() as connection:
            rows = connection.execute(used.group_by(spendings.c.minute))
            return [((now - minute).total_seconds(), int(tokens)) for minute, tokens in rows]


def sweep(connection: Connection, now: datetime) -> None:
    """Forget what was used too long ago to count."""
    connection.execute(delete(spendings).where(spendings.c.minute < now - DAY))


def _add(connection: Connection, spender: Spender, minute: datetime, tokens: int) -> None:
    user_id, key_id = spender
    names = {"user": user_id, "key": key_id, "at": minute, "more": tokens}
    if not connection.execute(_MORE, names).rowcount:
        row = {"user_id": user_id, "key_id": key_id, "minute": minute, "tokens": tokens}
        connection.execute(insert(spendings), row)
