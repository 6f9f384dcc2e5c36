"""The tokens that people used within the last day, in all turns, stored or not."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from server.store.databases.database import Database
from server.store.schema import token_usage

DAY = timedelta(days=1)
Consumer = tuple[str, str]
"""A person's id and the id of the API key that a program used for them; empty without a key."""

_MORE = (
    update(token_usage)
    .where(token_usage.c.user_id == bindparam("user"), token_usage.c.key_id == bindparam("key"))
    .where(token_usage.c.minute == bindparam("at"))
    .values(tokens=token_usage.c.tokens + bindparam("more"))
)


class StoredUsage:
    """May be called from any thread. Raises: Problem, with `storage_unavailable` from every method."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def add(self, used: Mapping[Consumer, int]) -> None:
        """Add tokens to this minute."""
        minute = self._now().replace(second=0, microsecond=0)
        with self._database.write() as connection:
            for consumer, tokens in used.items():
                _add(connection, consumer, minute, tokens)

    def of(self, user_id: str, key_id: str = "") -> list[tuple[float, int]]:
        """Return each minute of the last day in which a person used tokens: how many seconds ago, and how many tokens.

        key_id: count only what this key used.
        """
        now = self._now()
        mine = token_usage.c.user_id == user_id, *([token_usage.c.key_id == key_id] if key_id else [])
        last_day = (*mine, token_usage.c.minute > now - DAY)
        used = select(token_usage.c.minute, func.sum(token_usage.c.tokens)).where(*last_day)
        with self._database.read() as connection:
            rows = connection.execute(used.group_by(token_usage.c.minute))
            return [((now - minute).total_seconds(), int(tokens)) for minute, tokens in rows]


def sweep(connection: Connection, now: datetime) -> None:
    """Remove what was used more than a day ago."""
    connection.execute(delete(token_usage).where(token_usage.c.minute < now - DAY))


def _add(connection: Connection, consumer: Consumer, minute: datetime, tokens: int) -> None:
    user_id, key_id = consumer
    names = {"user": user_id, "key": key_id, "at": minute, "more": tokens}
    if not connection.execute(_MORE, names).rowcount:
        row = {"user_id": user_id, "key_id": key_id, "minute": minute, "tokens": tokens}
        connection.execute(insert(token_usage), row)
