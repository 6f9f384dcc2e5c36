"""Who sends the current request. Pages, the API and the WebSocket all ask here."""

from typing import cast

from flask import current_app, g, request

from server.auth.access import Access
from server.auth.person import Person
from server.current.api_key import API_KEY_BLUEPRINTS, account_of_key, sent_key
from server.current.session_cookie import session_token
from server.problems import Problem
from server.store.people.accounts import LOCAL_USER

SIGN_IN = "Sign in first; your session may have ended."
NO_KEY = "Send an API key as Authorization: Bearer …. You can create one on the page under Settings, API keys."


def user_id() -> str:
    """Return the id of the person who sends the request. Raises: Problem("unauthenticated")."""
    return current_person().id


def current_person() -> Person:
    """Return the person who sends the request. Raises: Problem("unauthenticated")."""
    found = person_or_none()
    if not found:
        raise Problem("unauthenticated", NO_KEY if request.blueprint in API_KEY_BLUEPRINTS else SIGN_IN)
    return found


def person_or_none() -> Person | None:
    """Return the person who sends the request, if known. The store is asked once for each request."""
    if "person" not in g:
        g.person = _find()
    found: Person | None = g.person
    return found


def signed_in_person() -> Person | None:
    """Return the person if a session or an API key identifies them."""
    found = person_or_none()
    return found if found and found.token_hash else None


def _find() -> Person | None:
    access = cast(Access, current_app.extensions["chat"].access)
    key = sent_key(request)
    of_key = account_of_key(access, key, request.remote_addr or "") if key else None
    if of_key:
        api_key, account = of_key
        role = account.role if access.mode != "none" else "admin"
        return Person(account.id, account.name, role, "", access.hash_of_key(key), api_key)
    if access.mode == "none":
        return Person(LOCAL_USER)
    token = session_token(request)
    found = access.sessions.find(access.hash_of(token)) if token else None
    if not found:
        return None
    session, account = found
    if access.mode == "password":  # one password for everyone: no names and no roles
        return Person(account.id, session_id=session.id, token_hash=session.token_hash)
    return Person(account.id, account.name, account.role, session.id, session.token_hash)
