"""Create, find, change and disable accounts. One method is one transaction."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from server.problems import Problem
from server.store.databases.database import Database
from server.store.people.names import account_name, name_key
from server.store.schema import api_keys, links, recovery_codes, sessions, users
from server.translatable import N_

Role = Literal["admin", "user"]

LOCAL_USER = "local"
"""The only person in a site without accounts; the first administrator inherits their chats."""
TAKEN = N_("This name is already taken. Choose another one.")
UNKNOWN = N_("This account does not exist.")
LAST = N_("This is the only active administrator. Make someone else an administrator first.")


@dataclass(frozen=True, slots=True)
class Account:
    """A person who can sign in. The name is empty in a site without accounts.

    subject: the person's id at the OpenID Connect issuer.
    """

    id: str
    name: str
    role: Role
    password_hash: str | None = field(repr=False)
    subject: str | None
    totp_secret: str | None = field(repr=False)
    totp_step: int
    """The newest time step whose code was used; no code can be used twice."""
    wrong_code_at: datetime | None
    """When a wrong code was last entered after the right password, since the password was chosen."""
    disabled_at: datetime | None
    created_at: datetime


_NAME = func.coalesce(users.c.name, "").label("name")
ACCOUNT = [_NAME if field.name == "name" else users.c[field.name] for field in fields(Account)]
_NAMED = users.c.name.is_not(None)
_ADMINISTRATORS = users.c.role == "admin", users.c.disabled_at.is_(None), _NAMED


class Accounts:
    """May be called from any thread. Raises: Problem, with `storage_unavailable` from every method."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def all(self) -> list[Account]:
        """Return all accounts, sorted by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(*ACCOUNT).where(_NAMED).order_by(users.c.name_key))
            return [Account(*row) for row in rows]

    def by_id(self, user_id: str) -> Account:
        """Return an account. Raises: Problem("not_found")."""
        return self._required(users.c.id == user_id)

    def by_name(self, name: str) -> Account:
        """Return the account with this name, in any case. Raises: Problem("not_found")."""
        return self._required(users.c.name_key == name_key(name))

    def find_by_name(self, name: str) -> Account | None:
        """Return the account with this name, if there is one; no name makes this fail."""
        return self._find(users.c.name_key == name_key(name)) if name.isprintable() else None

    def find_by_subject(self, subject: str) -> Account | None:
        """Return the account with this id at the OpenID Connect issuer."""
        return self._find(users.c.subject == subject)

    def has_administrator(self) -> bool:
        """Tell whether there is an administrator who can sign in."""
        return self._find(*_ADMINISTRATORS) is not None

    def add(self, name: str, role: Role, password_hash: str | None = None, subject: str | None = None) -> Account:
        """Create an account; the first administrator inherits the chats from before there were accounts.

        Raises: Problem with `invalid_request`, or `conflict` if the name is taken.
        """
        with self._database.write() as connection:
            return add(connection, self._now(), name, role, password_hash, subject)

    def set_password(
        self, user_id: str, password_hash: str, *, keep: str | None = None, revoke_keys: bool = False
    ) -> None:
        """Change the password. This ends all sessions except the one with the token hash `keep`, and all links.

        revoke_keys: revoke the person's API keys too, which otherwise stay valid.
        """
        with self._database.write() as connection:
            set_password(connection, user_id, password_hash, keep, revoke_keys=revoke_keys)

    def rehash(self, user_id: str, before: str, after: str) -> None:
        """Store a hash of the same password with newer parameters, unless the password has changed meanwhile."""
        mine = users.c.id == user_id, users.c.password_hash == before
        with self._database.write() as connection:
            connection.execute(update(users).where(*mine).values(password_hash=after))

    def set_role(self, user_id: str, role: Role) -> None:
        """Change the role. Raises: Problem("conflict") for the last administrator."""
        with self._database.write() as connection:
            _change(connection, user_id, role=role)

    def disable(self, user_id: str) -> None:
        """Disable an account, and end its sessions and links. Raises: Problem("conflict") for the last one."""
        with self._database.write() as connection:
            _change(connection, user_id, disabled_at=self._now())
            _end(connection, user_id)

    def enable(self, user_id: str) -> None:
        """Enable a disabled account."""
        with self._database.write() as connection:
            _change(connection, user_id, disabled_at=None)

    def _required(self, *conditions: ColumnElement[bool]) -> Account:
        account = self._find(*conditions)
        if not account:
            raise Problem("not_found", UNKNOWN)
        return account

    def _find(self, *conditions: ColumnElement[bool]) -> Account | None:
        with self._database.read() as connection:
            row = connection.execute(select(*ACCOUNT).where(_NAMED, *conditions).limit(1)).first()
            return Account(*row) if row else None


def add(
    connection: Connection,
    now: datetime,
    name: str,
    role: Role,
    password_hash: str | None = None,
    subject: str | None = None,
) -> Account:
    """Create an account, see `Accounts.add`."""
    name = account_name(name)
    values: dict[str, Any] = {"name": name, "name_key": name_key(name), "role": role}
    values |= {"password_hash": password_hash, "subject": subject}
    heir = users.c.id == LOCAL_USER, users.c.name.is_(None)
    try:
        with connection.begin_nested():
            if role == "admin" and connection.execute(update(users).where(*heir).values(**values)).rowcount:
                user_id = LOCAL_USER
            else:
                user_id = str(uuid.uuid4())
                connection.execute(insert(users).values(id=user_id, created_at=now, **values))
    except IntegrityError as error:
        raise Problem("conflict", TAKEN) from error
    return Account(*connection.execute(select(*ACCOUNT).where(users.c.id == user_id)).one())


def set_password(
    connection: Connection, user_id: str, password_hash: str, keep: str | None = None, *, revoke_keys: bool
) -> None:
    """Change a password, see `Accounts.set_password`."""
    if revoke_keys:
        connection.execute(delete(api_keys).where(api_keys.c.user_id == user_id))
    _change(connection, user_id, password_hash=password_hash, wrong_code_at=None)
    _end(connection, user_id, keep)


def remove_second_factor(connection: Connection, user_id: str) -> None:
    """Remove the second factor, so that the password is enough."""
    connection.execute(update(users).where(users.c.id == user_id).values(totp_secret=None))
    connection.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user_id))


def _change(connection: Connection, user_id: str, **values: Any) -> None:
    """Change an account, but keep at least one administrator. Raises: Problem."""
    administrators = connection.scalars(select(users.c.id).where(*_ADMINISTRATORS).with_for_update()).all()
    if not connection.execute(update(users).where(users.c.id == user_id, _NAMED).values(**values)).rowcount:
        raise Problem("not_found", UNKNOWN)
    if administrators and not connection.scalars(select(users.c.id).where(*_ADMINISTRATORS)).first():
        raise Problem("conflict", LAST)


def _end(connection: Connection, user_id: str, keep: str | None = None) -> None:
    others = sessions.c.user_id == user_id, sessions.c.token_hash != (keep or "")
    connection.execute(delete(sessions).where(*others))
    connection.execute(delete(links).where(links.c.user_id == user_id))
