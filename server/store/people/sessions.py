"""Sessions: who is signed in, from which browser, until when. One method is one transaction."""

import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update

from server.problems import Problem
from server.store.databases.database import Database
from server.store.people.accounts import ACCOUNT, Account
from server.store.schema import sessions, users

IDLE = timedelta(days=14)
"""A session unused for this long ends."""
LONGEST = timedelta(days=60)
"""A session ends after this time, used or not."""
NOTE_EVERY = timedelta(minutes=5)
"""The precision of `seen_at`: not every request should write."""
LONGEST_AGENT = 400


@dataclass(frozen=True, slots=True)
class Session:
    """One browser in which a person is signed in. `id` is shown to people; the token is only in the cookie."""

    id: str
    user_id: str
    token_hash: str = field(repr=False)
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


SESSION = [sessions.c[field.name] for field in fields(Session)]


class Sessions:
    """May be called from any thread. Raises: Problem, with `storage_unavailable` from every method."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def start(self, token_hash: str, user_id: str, address: str, agent: str) -> bool:
        """Start a session unless the account is disabled; tell whether it started."""
        now = self._now()
        session = {
            "token_hash": token_hash,
            "id": secrets.token_hex(8),
            "user_id": user_id,
            "created_at": now,
            "seen_at": now,
            "address": address,
            "agent": agent[:LONGEST_AGENT].replace("\0", ""),
        }
        enabled = exists().where(users.c.id == user_id, users.c.disabled_at.is_(None))
        with self._database.write() as connection:
            connection.execute(delete(sessions).where(~self._valid()))
            if not connection.scalar(select(enabled)):
                return False
            connection.execute(insert(sessions).values(**session))
        return True

    def find(self, token_hash: str) -> tuple[Session, Account] | None:
        """Return the session and its account; None if it has ended, or the account is disabled."""
        return self._noted(self._find(token_hash))

    def alive(self, token_hashes: Iterable[str]) -> set[str]:
        """Return those of the sessions that `find` would return."""
        conditions = sessions.c.token_hash.in_(list(token_hashes)), self._valid(), users.c.disabled_at.is_(None)
        with self._database.read() as connection:
            return set(connection.scalars(select(sessions.c.token_hash).join(users).where(*conditions)))

    def of(self, user_id: str) -> list[Session]:
        """Return a person's sessions, the last used first."""
        mine = select(*SESSION).where(sessions.c.user_id == user_id, self._valid())
        with self._database.read() as connection:
            return [Session(*row) for row in connection.execute(mine.order_by(sessions.c.seen_at.desc()))]

    def last_seen(self) -> dict[str, datetime]:
        """Return when each signed-in person was last seen, by id."""
        seen = select(sessions.c.user_id, func.max(sessions.c.seen_at, type_=sessions.c.seen_at.type))
        with self._database.read() as connection:
            rows = connection.execute(seen.where(self._valid()).group_by(sessions.c.user_id)).all()
            return {user_id: at for user_id, at in rows}

    def end(self, user_id: str, session_id: str) -> bool:
        """End one of a person's sessions; tell whether it existed."""
        with self._database.write() as connection:
            mine = sessions.c.user_id == user_id, sessions.c.id == session_id
            return connection.execute(delete(sessions).where(*mine)).rowcount > 0

    def end_all(self, user_id: str, *, keep: str | None = None) -> None:
        """End a person's sessions except the one with the token hash `keep`."""
        with self._database.write() as connection:
            others = sessions.c.user_id == user_id, sessions.c.token_hash != (keep or "")
            connection.execute(delete(sessions).where(*others))

    def _find(self, token_hash: str) -> tuple[Session, Account] | None:
        conditions = sessions.c.token_hash == token_hash, self._valid(), users.c.disabled_at.is_(None)
        with self._database.read() as connection:
            row = connection.execute(select(*SESSION, *ACCOUNT).join(users).where(*conditions)).first()
        return (Session(*row[: len(SESSION)]), Account(*row[len(SESSION) :])) if row else None

    def _noted(self, found: tuple[Session, Account] | None) -> tuple[Session, Account] | None:
        now = self._now()
        if found and now - found[0].seen_at > NOTE_EVERY:
            with suppress(Problem), self._database.write() as connection:  # a full disk must lock nobody out
                mine = sessions.c.token_hash == found[0].token_hash
                connection.execute(update(sessions).where(mine).values(seen_at=now))
        return found

    def _valid(self) -> ColumnElement[bool]:
        now = self._now()
        return (sessions.c.seen_at > now - IDLE) & (sessions.c.created_at > now - LONGEST)
