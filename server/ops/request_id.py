"""The request id: in every line of the log, in the audit log, and in the header of the response.

The id is a context variable, so work that a request starts, such as a turn, logs it too.
"""

import re
import secrets
from contextvars import ContextVar

HEADER = "X-Request-ID"
KEY = "server.request_id"
"""The environ key under which the front passes the id to the application."""
WELL_FORMED = re.compile(r"[A-Za-z0-9._-]{8,64}")

_current: ContextVar[str] = ContextVar("request_id", default="")


def request_id() -> str:
    """Return the id of the request that caused the current work; empty if no request did."""
    return _current.get()


def begin(given: str = "") -> str:
    """Set and return the current id: the one that a proxy sent, if it is well-formed, or a new one."""
    made = given if WELL_FORMED.fullmatch(given) else secrets.token_hex(8)
    _current.set(made)
    return made


def end() -> None:
    """Clear the current id."""
    _current.set("")
