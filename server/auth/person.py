"""The person for whom a request is answered: signed in, or known by an API key."""

from dataclasses import dataclass

from server.store.people.accounts import Role
from server.store.people.api_keys import ApiKey


@dataclass(frozen=True, slots=True)
class Person:
    """Name and session are empty where nobody has to sign in."""

    id: str
    name: str = ""
    role: Role = "admin"
    session_id: str = ""
    token_hash: str = ""
    key: ApiKey | None = None
    """The API key that a program sent."""
