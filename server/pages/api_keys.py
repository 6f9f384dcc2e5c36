"""`/chat/keys`: the keys by which a person lets programs ask in their name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from server.current.api_key import new_key
from server.current.person import someone
from server.current.services import services
from server.pages.chat import Page
from server.problems import Problem
from server.store.people.api_keys import ApiKey, Terms
from server.translatable import N_
from server.web.i18n import gettext as _
from server.web.preferences import preferences

api_keys = Blueprint("api_keys", __name__, url_prefix="/chat/keys")

DAYS = (0, 30, 90, 365)
"""How long a key may be good for; 0 is without an end."""
LONGEST_MODELS = 1000
"""Characters."""
LIMITS = {"turns_per_minute": 10_000, "concurrent_turns": 1_000, "tokens_per_day": 1_000_000_000}
"""By its name, the largest that can be counted."""
NO_LIMIT = N_("A limit is a whole number from 1 on. Leave the field empty where there shall be none.")


@dataclass(frozen=True)
class ShownKey:
    """A key as it is listed."""

    key: ApiKey
    is_over: bool


@dataclass(frozen=True)
class ApiKeysPage(Page):
    """What `api_keys.html` receives."""

    keys: list[ShownKey]
    made: str
    """A key, which is shown this once."""
    address: str
    """What programs call the base URL."""
    needs_one: bool
    days: tuple[int, ...]
    limits: Mapping[str, int]
    problem: str


@api_keys.get("")
def show() -> str:
    """Show the keys there are, and how to make one."""
    return _page()


@api_keys.post("")
def make() -> ResponseReturnValue:
    """Make a key, and show it."""
    access, person, form = services().access, someone(), request.form
    lasts = next((days for days in DAYS if str(days) == form.get("days")), 0)
    try:
        made = new_key(access, person.id, form.get("name", ""), _terms(form), timedelta(lasts) if lasts else None)
    except Problem as problem:
        return _page(problem=_(problem.message)), problem.status
    access.audit.note("api_key_made", user=person.name or person.id, address=request.remote_addr)
    return _page(made=made)


@api_keys.post("/<key_id>/revoke")
def revoke(key_id: str) -> ResponseReturnValue:
    """End a key; what goes on with it ends within seconds."""
    access, person = services().access, someone()
    if access.api_keys.revoke(person.id, key_id):
        access.audit.note("api_key_revoked", user=person.name or person.id, address=request.remote_addr)
    return redirect(url_for("api_keys.show"), 303)


def _terms(form: Mapping[str, str]) -> Terms:
    """Return what a form says of a key. Raises: Problem("invalid_request").

    What cannot be seen in a name, and comes along where it is pasted, is left out; without the name, any would be good.
    """
    models = form.get("models", "")[:LONGEST_MODELS].replace("\n", ",").split(",")
    names = [name for model in models if (name := "".join(filter(str.isprintable, model)).strip())]
    limits = {name: _limit(form.get(name, ""), most) for name, most in LIMITS.items()}
    return Terms(models=names or ["*"], store="store" in form, **limits)


def _limit(text: str, largest: int) -> int:
    """Return a limit; 0, which is none, for an empty text. Raises: Problem("invalid_request")."""
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
        site_title=app.config.site_config.title,
        preferences=preferences(),
        keys=[ShownKey(key, keys.is_over(key)) for key in keys.of(someone().id)],
        made=made,
        address=f"{request.host_url.rstrip('/')}{app.config.url_prefix}/v1",
        needs_one=app.access.mode != "none",
        days=DAYS,
        limits=LIMITS,
        problem=problem,
    )
    return render_template("api_keys.html", **vars(page))
