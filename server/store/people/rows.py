"""People as rows: accounts and sessions, as they go in and come out. Times are aware, in UTC."""

import unicodedata
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Literal

from sqlalchemy import func

from server.problems import Problem
from server.store.schema import sessions, users
from server.translatable import N_

Role = Literal["admin", "user"]

LOCAL_USER = "local"
"""The one person there is without accounts; the first administrator takes over what they have."""
LONGEST_NAME = 64
UNFIT_NAME = N_("A name has 1 to 64 characters that can be seen, and no space at its ends.")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can come in. The name is empty where there are no accounts.

    subject: who that is at the OpenID Connect issuer.
    """

    id: str
    name: str
    role: Role
    password_hash: str | None = field(repr=False)
    subject: str | None
    totp_secret: str | None = field(repr=False)
    totp_step: int
    """The newest time step whose code was used; none can be used twice."""
    disabled_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's stay, from one browser. `id` names it to people; the token itself is nowhere but in the cookie."""

    id: str
    user_id: str
    token_hash: str = field(repr=False)
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str


_NAME = func.coalesce(users.c.name, "").label("name")
ACCOUNT = [_NAME if field.name == "name" else users.c[field.name] for field in fields(Account)]
SESSION = [sessions.c[field.name] for field in fields(Session)]


def tidy_name(name: str) -> str:
    """Return a name as it is stored. Raises: Problem("invalid_request")."""
    name = unicodedata.normalize("NFC", name)
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise Problem("invalid_request", UNFIT_NAME)
    return name


def key_of(name: str) -> str:
    """Return what two names have in common that people take for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
