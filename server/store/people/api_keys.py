"""API keys, with which programs act for a person. One method is one transaction."""

import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from server.problems import Problem
from server.store.databases.database import Database
from server.store.people.accounts import ACCOUNT, Account
from server.store.people.names import valid_name
from server.store.schema import api_keys, users
from server.translatable import N_

MOST = 50
"""Keys of one person: more than anyone can tell apart."""
FULL = N_("You already have 50 API keys. Revoke one first.")
NOTE_EVERY = timedelta(minutes=5)
"""The precision of `used_at`: not every request should write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeySettings:
    """What a key may do. models: names, in which `*` matches anything. A limit of 0 means no limit."""

    models: Sequence[str] = ("*",)
    turns_per_minute: int = 0
    concurrent_turns: int = 0
    tokens_per_day: int = 0
    store: bool = False
    """Whether chats are stored in the person's history, unless a request says otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey(KeySettings):
    """A key without its secret, which cannot be shown again."""

    id: str
    name: str
    last_four: str
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


KEY = [api_keys.c[field.name] for field in fields(ApiKey)]


class ApiKeys:
    """May be called from any thread. Raises: Problem, with `storage_unavailable` from every method."""

    def __init__(self, database: Database, now: Callable[[], datetime]) -> None:
        self._database = database
        self._now = now

    def add(
        self, key_hash: str, user_id: str, name: str, last_four: str, settings: KeySettings, lifetime: timedelta | None
    ) -> ApiKey:
        """Store a new key. Raises: Problem, with `invalid_request` for the name, `conflict` for one key too many."""
        now = self._now()
        key = ApiKey(
            **_values(settings),
            id=secrets.token_hex(8),
            name=valid_name(name),
            last_four=last_four,
            created_at=now,
            used_at=None,
            expires_at=now + lifetime if lifetime else None,
        )
        with self._database.write() as connection:
            mine = select(func.count()).where(api_keys.c.user_id == user_id)
            if (connection.scalar(mine) or 0) >= MOST:
                raise Problem("conflict", FULL)
            connection.execute(insert(api_keys), {"key_hash": key_hash, "user_id": user_id, **_values(key)})
        return key

    def find(self, key_hash: str) -> tuple[ApiKey, Account] | None:
        """Return the key and its account; None if it has expired, or the account is disabled."""
        conditions = api_keys.c.key_hash == key_hash, self._valid(), users.c.disabled_at.is_(None)
        with self._database.read() as connection:
            row = connection.execute(
                select(*KEY, *ACCOUNT).select_from(api_keys.join(users)).where(*conditions)
            ).first()
        if not row:
            return None
        key, account = _key(row[: len(KEY)]), Account(*row[len(KEY) :])
        self._note_use(key_hash, key)
        return key, account

    def alive(self, key_hashes: Iterable[str]) -> set[str]:
        """Return those of the keys that `find` would return."""
        conditions = api_keys.c.key_hash.in_(list(key_hashes)), self._valid(), users.c.disabled_at.is_(None)
        with self._database.read() as connection:
            return set(connection.scalars(select(api_keys.c.key_hash).join(users).where(*conditions)))

    def of(self, user_id: str) -> list[ApiKey]:
        """Return a person's keys, the newest first, expired ones too."""
        mine = select(*KEY).where(api_keys.c.user_id == user_id)
        with self._database.read() as connection:
            return [_key(row) for row in connection.execute(mine.order_by(api_keys.c.created_at.desc()))]

    def revoke(self, user_id: str, key_id: str) -> bool:
        """Revoke one of a person's keys; tell whether it existed."""
        mine = api_keys.c.user_id == user_id, api_keys.c.id == key_id
        with self._database.write() as connection:
            return connection.execute(delete(api_keys).where(*mine)).rowcount > 0

    def is_expired(self, key: ApiKey) -> bool:
        """Tell whether a key has expired."""
        return key.expires_at is not None and key.expires_at <= self._now()

    def _note_use(self, key_hash: str, key: ApiKey) -> None:
        now = self._now()
        if not key.used_at or now - key.used_at > NOTE_EVERY:
            with suppress(Problem), self._database.write() as connection:  # a full disk must lock nobody out
                connection.execute(update(api_keys).where(api_keys.c.key_hash == key_hash).values(used_at=now))

    def _valid(self) -> ColumnElement[bool]:
        return api_keys.c.expires_at.is_(None) | (api_keys.c.expires_at > self._now())


def _key(row: Sequence[Any]) -> ApiKey:
    return ApiKey(**dict(zip((column.key for column in KEY), row, strict=True)))


def _values(settings: KeySettings) -> dict[str, Any]:
    return {field.name: getattr(settings, field.name) for field in fields(settings)}
