"""Who is asking. One function decides it for pages, the API and the WebSocket."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import g, request

from server.auth.person import Person
from server.current.api_key import API_KEY_BLUEPRINTS, holder, key_in
from server.current.services import services
from server.current.session_cookie import token_of
from server.problems import Problem
from server.store.people.accounts import LOCAL_USER

View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN = "Sign in first; your session may have ended."
NO_KEY = "Send an API key, as Authorization: Bearer …; it is made on the page, under Settings, API keys."


def user_id() -> str:
    """Return the id of the person the current request belongs to. Raises: Problem("unauthenticated")."""
    return someone().id


def someone() -> Person:
    """Return the person the current request belongs to. Raises: Problem("unauthenticated")."""
    found = person()
    if not found:
        raise Problem("unauthenticated", NO_KEY if request.blueprint in API_KEY_BLUEPRINTS else SIGN_IN)
    return found


def person() -> Person | None:
    """Return the person the current request belongs to, if it says so; asked once for each request."""
    if "person" not in g:
        g.person = _find()
    found: Person | None = g.person
    return found


def signed_in() -> Person | None:
    """Return the person, where people have to sign in."""
    found = person()
    return found if found and found.token_hash else None


def open_to_all(view: View) -> View:
    """Mark a view that needs nobody to say who they are."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


def _find() -> Person | None:
    access = services().access
    key = key_in(request)
    held = holder(access, key, request.remote_addr or "") if key else None
    if held:
        api_key, account = held
        role = account.role if access.mode != "none" else "admin"
        return Person(account.id, account.name, role, "", access.hash_of_key(key), api_key)
    if access.mode == "none":
        return Person(LOCAL_USER)
    token = token_of(request)
    found = access.sessions.find(access.hash_of(token)) if token else None
    if not found:
        return None
    session, account = found
    if access.mode == "password":  # whoever it is, they have no name and no role here
        return Person(account.id, session_id=session.id, token_hash=session.token_hash)
    return Person(account.id, account.name, account.role, session.id, session.token_hash)
