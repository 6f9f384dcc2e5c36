"""`/chat/keys`: a person's API keys, with which programs use this server in their name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.current.api_key import new_key
from server.current.identity import current_person
from server.current.services import services
from server.pages.page import Page, render
from server.problems import Problem
from server.store.people.api_keys import ApiKey, KeySettings
from server.translatable import N_
from server.web.i18n import gettext as _

api_keys = Blueprint("api_keys", __name__, url_prefix="/chat/keys")

DAYS = (0, 30, 90, 365)
"""How long a key can be valid; 0 means without end."""
LONGEST_MODELS = 1000
"""Characters."""
LIMITS = {"turns_per_minute": 10_000, "concurrent_turns": 1_000, "tokens_per_day": 1_000_000_000}
"""The largest value of each limit."""
NO_LIMIT = N_("A limit must be a whole number of at least 1. Leave the field empty for no limit.")


@dataclass(frozen=True)
class ShownKey:
    """A key as it is listed."""

    key: ApiKey
    is_expired: bool


@dataclass(frozen=True)
class ApiKeysPage(Page):
    """The context of `api_keys.html`."""

    keys: list[ShownKey]
    made: str
    """A new key, which is shown once."""
    address: str
    """The base URL for programs."""
    needs_one: bool
    days: tuple[int, ...]
    limits: Mapping[str, int]
    problem: str


@api_keys.get("")
def show() -> str:
    """Show the keys and the form for a new one."""
    return _page()


@api_keys.post("")
def make() -> ResponseReturnValue:
    """Make a key and show it."""
    access, person, form = services().access, current_person(), request.form
    days_valid = next((days for days in DAYS if str(days) == form.get("days")), 0)
    try:
        made = new_key(
            access, person.id, form.get("name", ""), _settings(form), timedelta(days_valid) if days_valid else None
        )
    except Problem as problem:
        return _page(problem=_(problem.message)), problem.status
    access.audit.note("api_key_made", user=person.name or person.id, address=request.remote_addr)
    return _page(made=made)


@api_keys.post("/<key_id>/revoke")
def revoke(key_id: str) -> ResponseReturnValue:
    """Revoke a key; streams that use it end within seconds."""
    access, person = services().access, current_person()
    if access.api_keys.revoke(person.id, key_id):
        access.audit.note("api_key_revoked", user=person.name or person.id, address=request.remote_addr)
    return redirect(url_for("api_keys.show"), 303)


def _settings(form: Mapping[str, str]) -> KeySettings:
    """Return a key's settings from the form. Raises: Problem("invalid_request").

    Invisible characters, which come along when a name is pasted, are removed. No name at all allows every model.
    """
    models = form.get("models", "")[:LONGEST_MODELS].replace("\n", ",").split(",")
    names = [name for model in models if (name := "".join(filter(str.isprintable, model)).strip())]
    limits = {name: _limit(form.get(name, ""), most) for name, most in LIMITS.items()}
    return KeySettings(models=names or ["*"], store="store" in form, **limits)


def _limit(text: str, largest: int) -> int:
    """Return a limit; 0, which means none, for an empty text. Raises: Problem("invalid_request")."""
    if not text.strip():
        return 0
    try:
        limit = int(text[:20])
    except ValueError:
        limit = 0
    if limit < 1:
        raise Problem("invalid_request", NO_LIMIT)
    return min(limit, largest)


def _page(made: str = "", problem: str = "") -> str:
    app = services()
    keys = app.access.api_keys
    page = ApiKeysPage(
        keys=[ShownKey(key, keys.is_expired(key)) for key in keys.of(current_person().id)],
        made=made,
        address=f"{request.host_url.rstrip('/')}{app.config.url_prefix}/v1",
        needs_one=app.access.mode != "none",
        days=DAYS,
        limits=LIMITS,
        problem=problem,
    )
    return render("api_keys.html", page)
