"""Who may come in, as config.json says it."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from g4f_lite.config.config_errors import Mistake
from g4f_lite.config.settings import BaseUrl, Line, Names, Strict
from server.auth.passwords import SHORTEST, is_common
from server.store.people.accounts import Role

Mode = Literal["none", "password", "accounts"]
PASSWORD = "${CHAT_PASSWORD}"
"""Where the shared password comes from, unless the file says otherwise."""


def _by_https(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        raise ValueError("must be an address that starts with https://")
    return address


class Rights(Strict):
    """What a role may do."""

    models: Names = ("*",)
    """Names of models, with `*` as a wildcard."""


class Roles(Strict):
    """The rights of each role."""

    admin: Rights = Rights()
    user: Rights = Rights()

    def of(self, role: Role) -> Rights:
        return self.admin if role == "admin" else self.user


class Oidc(Strict):
    """An OpenID Connect issuer as an additional way to sign in."""

    issuer: Annotated[BaseUrl, AfterValidator(_by_https)]
    """Its URL, exactly as in its metadata."""
    client_id: Line
    client_secret: Line = Field(default="", repr=False)
    label: str = "OpenID Connect"
    """Its name on the button."""
    allowed: Names = ()
    """Verified mail addresses that may sign in, with `*` as a wildcard; empty allows everybody."""


class Auth(Strict):
    """Who may sign in, and how."""

    mode: Mode = "none"
    password: str = Field(default="", repr=False)
    """The shared password in the mode of that name."""
    roles: Roles = Roles()
    oidc: Oidc | None = None


def with_password(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the variable of the shared password, if the mode needs one."""
    auth = document.get("auth")
    if not isinstance(auth, dict) or auth.get("mode") != "password":
        return document
    return {**document, "auth": {"password": PASSWORD, **auth}}


def mistakes_in(auth: object) -> Iterator[Mistake]:
    """Yield mistakes that concern several keys together."""
    if isinstance(auth, dict) and auth.get("oidc") is not None and auth.get("mode") != "accounts":
        yield Mistake(("auth", "oidc"), 'needs auth.mode to be "accounts"')
    password = auth.get("password") if isinstance(auth, dict) and auth.get("mode") == "password" else None
    if isinstance(password, str) and password and (len(password) < SHORTEST or is_common(password)):
        sentence = f"must have at least {SHORTEST} characters and not be easy to guess"
        yield Mistake(("auth", "password"), sentence)
