"""Requires people to sign in: redirects a browser to the login page, and refuses a program."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.current.identity import current_person, person_or_none, signed_in_person
from server.current.services import services
from server.web.streaming import Stream

APIS = ("/backend-api/", "/v1/", "/change-language", "/get-languages", "/get-locale")
"""Where the APIs are; the last three are addresses that the page of freegpt-webui requests."""


def require_sign_in(app: Flask) -> None:
    """Check the person before every view that is not open to all, and the session while a stream lasts."""
    app.before_request(_check)
    app.after_request(_end_with_session)
    app.jinja_env.globals["signed_in_person"] = signed_in_person


def sender_check(app: Flask) -> Callable[[Mapping[str, Any]], None]:
    """Return a function that takes the head of a request and raises Problem unless a person is known to send it."""

    def require_sender(environ: Mapping[str, Any]) -> None:
        with app.request_context(dict(environ)):
            current_person()

    return require_sender


def path_within_site(address: str) -> str:
    """Return the address if it is a path of this site, otherwise that of a new chat."""
    root = url_for("chat.root")
    parts = urlsplit(address) if address.isprintable() and "\\" not in address else None
    if not parts or parts.scheme or parts.netloc or address.startswith("//") or not parts.path.startswith(root):
        return url_for("chat.new")
    return address


def is_api_path(request: Request) -> bool:
    """Return whether the address belongs to an API, which answers in JSON."""
    path = request.path.removeprefix(url_for("chat.root").rstrip("/"))
    return path.startswith(APIS)


def _check() -> ResponseReturnValue | None:
    """Redirect to the login page, or refuse the request. Raises: Problem("unauthenticated")."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "open_to_all", False) or person_or_none():
        return None
    if not _is_navigation():
        current_person()
    path = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("login.show", next=path if path != url_for("chat.new") else None), 303)


def _is_navigation() -> bool:
    """Return whether a browser opens a page, so that a redirect shows another page to a person."""
    return not is_api_path(request) and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _end_with_session(response: Response) -> Response:
    """End a stream when the session that it was requested in ends."""
    if isinstance(response, Stream) and (found := signed_in_person()):
        body = response.body_source
        body.source = services().access.open_streams.while_session_lasts(body.source, found.token_hash)
    return response
