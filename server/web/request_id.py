"""Which request a line of the log belongs to: an id that its answer carries, too.

The id is a variable of the context, so what a request sets going, such as a turn, says it as well.
"""

import logging
import re
import secrets
from contextvars import ContextVar

from flask import Flask, Response, request

log = logging.getLogger(__name__)

HEADER = "X-Request-ID"
KEY = "server.request_id"
"""Under this name the front puts the id into the environ."""
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Return the id of the request that caused what is done now; empty where none did."""
    return _current.get()


def begin(given: str = "") -> str:
    """Take the id that a proxy gave, if it is one, or make one; it is the current one from here on."""
    made = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
    _current.set(made)
    return made


def trace(app: Flask) -> None:
    """Give every request its id, before anything else may fail, and log each answer while debugging."""

    @app.before_request
    def name() -> None:
        begin(request.environ.get(KEY, ""))

    @app.after_request
    def tell(response: Response) -> Response:
        response.headers[HEADER] = request_id()
        log.debug("%s %s: %d", request.method, request.path, response.status_code)
        return response

    @app.teardown_request
    def end(_: BaseException | None) -> None:
        _current.set("")
