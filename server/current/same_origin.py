"""The boundary to browsers: which hosts and origins may ask, and the headers every answer carries.

A web page anywhere can reach a server on localhost. The Host check defeats DNS rebinding, the origin check requests
and WebSockets from other pages; both hold for every route.
"""

import re
from collections.abc import Iterable

from flask import Flask, Request, Response, request

from server.config.site import is_loopback
from server.current.api_key import key_in
from server.current.sign_in import is_for_programs
from server.problems import Problem

PASSED_ON = "server.passed_on"
"""Is in the environ of what came through any proxy, trusted or not."""
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
FORMS_FOR_PROGRAMS = {"login.enter", "login.enter_code"}
"""Endpoints that take a form from what is no browser, too: whoever is not in yet has nothing that could be abused."""
NO_API = "There is no API at this address. Programs find OpenAI's below /v1, so their base URL ends in /v1."
HOST = re.compile(r"(\[(?P<address>[0-9A-Fa-f:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(:[0-9]{1,5})?")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without any, forms say they come from nowhere: Origin: null
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def guard(app: Flask, allowed_hosts: Iterable[str]) -> None:
    """Check every request before its view runs, and complete the headers of every answer."""
    names = {name.lower() for name in allowed_hosts}

    @app.before_request
    def check() -> None:
        check_host(request, names)
        check_origin(request)
        check_address(request)

    @app.after_request
    def complete(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        if request.is_secure:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        return response


def check_host(asked: Request, names: set[str]) -> None:
    """Refuse a Host header that is not one of ours. Raises: Problem."""
    name = _hostname(asked.headers.get("Host", ""))
    if name not in names and not is_loopback(name):
        hint = "add it to site_config.allowed_hosts in config.json if it is yours."
        raise Problem("invalid_request", f"This server does not answer for the host {name[:100] or '(none)'}; {hint}")


def check_origin(asked: Request) -> None:
    """Refuse what another web site's page has caused. Raises: Problem."""
    if asked.headers.get("Upgrade", "").lower() == "websocket":
        if asked.headers.get("Origin", "") != _own_origin(asked):
            raise Problem("forbidden", "Only the page of this server may open its WebSocket.")
    elif asked.method not in SAFE_METHODS and not _brings_only_a_key(asked):
        _check_unsafe(asked)


def check_address(asked: Request) -> None:
    """Refuse JSON that is sent to a page: it comes from a program whose base URL lacks the /v1. Raises: Problem."""
    if asked.method not in SAFE_METHODS and asked.is_json and not is_for_programs(asked):
        raise Problem("not_found", NO_API)


def _brings_only_a_key(asked: Request) -> bool:
    """Tell whether a program's key is all that could let a request in: no page can send one from elsewhere, unasked."""
    return bool(key_in(asked)) and not asked.cookies


def _check_unsafe(asked: Request) -> None:
    site, origin = asked.headers.get("Sec-Fetch-Site"), asked.headers.get("Origin")
    if site:
        allowed = site in ("same-origin", "none")
    elif origin:
        allowed = origin == _own_origin(asked)
    else:  # not a browser: a form on another site cannot send JSON, nor leave the type out
        if asked.headers.get("Content-Type") and not asked.is_json and asked.endpoint not in FORMS_FOR_PROGRAMS:
            raise Problem("unsupported_media_type", "Send the body as JSON, with Content-Type: application/json.")
        allowed = True
    if not allowed:
        raise Problem("forbidden", "This request was caused by another web site's page, so it is refused.")


def _own_origin(asked: Request) -> str:
    return f"{asked.scheme}://{asked.host}"


def _hostname(host: str) -> str:
    """Return the name in a Host header, without port, brackets and final dot; empty if it is not well formed."""
    parts = HOST.fullmatch(host)
    return (parts["address"] or parts["name"]).lower().rstrip(".") if parts else ""
