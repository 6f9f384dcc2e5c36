"""The gate: nobody passes who has to say who they are and did not. What they see instead is a way to do so."""

from urllib.parse import urlsplit

from flask import Flask, Request, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.current.person import person, signed_in, someone
from server.current.services import services
from server.web.streaming import Stream

APIS = ("/backend-api/", "/v1/", "/change-language", "/get-languages", "/get-locale")
"""Where APIs are; the last three are what the page of freegpt-webui fetches."""


def require_sign_in(app: Flask) -> None:
    """Ask who is there before every view that is not open to all, and go on asking while a stream lasts."""
    app.before_request(_ask)
    app.after_request(_attend)
    app.jinja_env.globals["signed_in"] = signed_in


def own_path(address: str) -> str:
    """Return an address if it is a path of this site, and the page of a new chat otherwise."""
    inside = url_for("chat.root")
    parts = urlsplit(address) if address.isprintable() and "\\" not in address else None
    if not parts or parts.scheme or parts.netloc or address.startswith("//") or not parts.path.startswith(inside):
        return url_for("chat.new")
    return address


def is_for_programs(asked: Request) -> bool:
    """Tell whether this is an address of an API, which says everything as JSON."""
    under = asked.path.removeprefix(url_for("chat.root").rstrip("/"))
    return under.startswith(APIS)


def _ask() -> ResponseReturnValue | None:
    """Send a person who has to sign in to the page for that; refuse a program. Raises: Problem."""
    view = current_app.view_functions.get(request.endpoint or "")
    if view is None or getattr(view, "open_to_all", False) or person():
        return None
    if not _is_visit():
        someone()
    back = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("login.show", next=back if back != url_for("chat.new") else None), 303)


def _is_visit() -> bool:
    """Tell whether a person goes to a page, so that they can be led to another one."""
    return not is_for_programs(request) and request.headers.get("Sec-Fetch-Mode", "navigate") == "navigate"


def _attend(response: Response) -> Response:
    """Have a stream end when the session does that asked for it."""
    if isinstance(response, Stream) and (found := signed_in()):
        blocks = response.blocks
        blocks.source = services().access.open_streams.while_session_lasts(blocks.source, found.token_hash)
    return response
