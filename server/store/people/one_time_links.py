"""One-time links, each of which sets a password once. One method is one transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from server.problems import Problem
from server.store.databases.database import Database
from server.store.people import accounts
from server.store.people.accounts import ACCOUNT, LOCAL_USER, Account
from server.store.schema import links, users
from server.translatable import N_

Purpose = Literal["first", "reset"]
"""`first` creates the first administrator; `reset` lets a person choose another password."""

LASTS = timedelta(days=1)
OVER = N_("This link has already been used or has expired. Ask for a new one.")


class OneTimeLinks:
    """May be called from any thread. Raises: Problem, with `storage_unavailable` from every method."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def make(self, token_hash: str, purpose: Purpose, user_id: str = LOCAL_USER) -> None:
        """Store a link; this ends the person's earlier links and all expired ones."""
        now = self._now()
        values = {"token_hash": token_hash, "user_id": user_id, "purpose": purpose, "expires_at": now + LASTS}
        with self._database.write() as connection:
            connection.execute(delete(links).where((links.c.user_id == user_id) | (links.c.expires_at <= now)))
            connection.execute(insert(links).values(**values))

    def find(self, token_hash: str) -> tuple[Purpose, Account]:
        """Return the purpose and the account of a link. Raises: Problem("not_found")."""
        with self._database.read() as connection:
            return _found(connection, token_hash, self._now())

    def use(self, token_hash: str, password_hash: str, name: str = "") -> Account:
        """Set the password, and return the account that can sign in now.

        A reset ends everything that was given out before: sessions, API keys and the second factor.

        name: the name of the first administrator; ignored for a reset.
        Raises: Problem with `not_found`; `invalid_request` or `conflict` for the name; the link then stays valid.
        """
        with self._database.write() as connection:
            purpose, account = _found(connection, token_hash, self._now())
            if not connection.execute(delete(links).where(links.c.token_hash == token_hash)).rowcount:
                raise _over()
            if purpose == "first":
                return accounts.add(connection, self._now(), name, "admin", password_hash)
            accounts.set_password(connection, account.id, password_hash, revoke_keys=True)
            accounts.remove_second_factor(connection, account.id)
            return account


def _found(connection: Connection, token_hash: str, now: datetime) -> tuple[Purpose, Account]:
    mine = links.c.token_hash == token_hash, links.c.expires_at > now, users.c.disabled_at.is_(None)
    row = connection.execute(select(links.c.purpose, *ACCOUNT).select_from(links.join(users)).where(*mine)).first()
    if not row:
        raise _over()
    purpose, *account = row
    if purpose == "first" and connection.scalar(select(users.c.id).where(users.c.role == "admin").limit(1)):
        raise _over()
    return purpose, Account(*account)


def _over() -> Problem:
    return Problem("not_found", OVER)
