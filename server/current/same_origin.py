"""Refuses requests for other hosts, and those that another site's page sends.

A web page anywhere can make a browser send requests to a server on localhost. The Host check defeats DNS rebinding;
the origin check stops requests and WebSockets from other pages. Both apply to every route.
"""

import re
from collections.abc import Iterable

from flask import Flask, Request, request

from server.config.site import is_loopback
from server.current.api_key import sent_key
from server.current.sign_in import is_api_path
from server.problems import Problem

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
FORMS_FOR_PROGRAMS = {"login.enter", "login.enter_code"}
"""Endpoints that accept a form without a browser's headers: before sign-in there is no session to abuse."""
NO_API = "There is no API at this address. OpenAI's API is served under /v1, so the base URL must end in /v1."
HOST = re.compile(r"(\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(:[0-9]{1,5})?")


def require_same_origin(app: Flask, allowed_hosts: Iterable[str]) -> None:
    """Check the host and the origin of every request before its view runs."""
    names = {name.lower() for name in allowed_hosts}

    @app.before_request
    def check() -> None:
        check_host(request, names)
        check_origin(request)
        check_address(request)


def check_host(request: Request, names: set[str]) -> None:
    """Refuse a Host header that names neither this machine nor an allowed host. Raises: Problem."""
    name = _hostname(request.headers.get("Host", ""))
    if name not in names and not is_loopback(name):
        hint = "if this host name is yours, add it to site_config.allowed_hosts in config.json."
        raise Problem("invalid_request", f"This server does not answer for the host {name[:100] or '(none)'}; {hint}")


def check_origin(request: Request) -> None:
    """Refuse a request that another site's page sent. Raises: Problem."""
    if request.headers.get("Upgrade", "").lower() == "websocket":
        if request.headers.get("Origin", "") != _own_origin(request):
            raise Problem("forbidden", "Only this server's own page may open its WebSocket.")
    elif request.method not in SAFE_METHODS and not _has_only_a_key(request):
        _check_unsafe(request)


def check_address(request: Request) -> None:
    """Refuse JSON that is sent to a page: the base URL of that program lacks the /v1. Raises: Problem."""
    if request.method not in SAFE_METHODS and request.is_json and not is_api_path(request):
        raise Problem("not_found", NO_API)


def _has_only_a_key(request: Request) -> bool:
    """Return whether an API key is the only credential: no page of another site can make a browser send one."""
    return bool(sent_key(request)) and not request.cookies


def _check_unsafe(request: Request) -> None:
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site:
        allowed = site in ("same-origin", "none")
    elif origin:
        allowed = origin == _own_origin(request)
    else:  # not a browser: a form of another site can neither send JSON nor leave the type out
        if request.headers.get("Content-Type") and not request.is_json and request.endpoint not in FORMS_FOR_PROGRAMS:
            raise Problem("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json.")
        allowed = True
    if not allowed:
        raise Problem("forbidden", "This request comes from another web site, so it was refused.")


def _own_origin(request: Request) -> str:
    return f"{request.scheme}://{request.host}"


def _hostname(host: str) -> str:
    """Return the name in a Host header without port, brackets and final dot; empty if it is malformed."""
    parts = HOST.fullmatch(host)
    return (parts["address"] or parts["name"]).lower().rstrip(".") if parts else ""
