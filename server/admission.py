"""Who may come in, as config.json says it."""

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from g4f_lite.mistakes import Mistake
from g4f_lite.settings import Names, Strict
from server.accounts.passwords import SHORTEST, is_common
from server.store.people import Role

Mode = Literal["none", "password", "accounts"]
PASSWORD = "${CHAT_PASSWORD}"
"""Where the shared password comes from, unless the file says otherwise."""


class Allowance(Strict):
    """What a role may do."""

    models: Names = ("*",)
    """Names of models, in which `*` stands for anything."""


class Roles(Strict):
    """By role, what it may do."""

    admin: Allowance = Allowance()
    user: Allowance = Allowance()

    def of(self, role: Role) -> Allowance:
        return self.admin if role == "admin" else self.user


class Auth(Strict):
    """Who may come in."""

    mode: Mode = "none"
    password: str = Field(default="", repr=False)
    """What everybody knows who may come in, in the mode of that name."""
    roles: Roles = Roles()


def with_password(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the variable that holds the shared password, where one is wanted."""
    auth = document.get("auth")
    if not isinstance(auth, dict) or auth.get("mode") != "password":
        return document
    return {**document, "auth": {"password": PASSWORD, **auth}}


def mistakes_in(auth: object) -> Iterator[Mistake]:
    """Yield what is wrong with the shared password."""
    password = auth.get("password") if isinstance(auth, dict) and auth.get("mode") == "password" else None
    if isinstance(password, str) and password and (len(password) < SHORTEST or is_common(password)):
        sentence = f"must have {SHORTEST} characters or more, and not be one that anybody would try first"
        yield Mistake(("auth", "password"), sentence)
