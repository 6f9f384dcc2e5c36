"""What the front itself answers where the app is not asked, or failed."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus

from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from g4f_lite.errors import G4FLiteError
from server.front.limits import Limits
from server.front.request_head import headers_too_large
from server.ops.request_id import HEADER, request_id
from server.problems import BUG, Problem

log = logging.getLogger(__name__)

SERVER = "g4f-lite"
"""The Server header of every answer: no version, and nothing of what runs below."""


Wording = Callable[[Problem, str, Mapping[str, str]], Problem]
"""Returns a problem as the client who asked at a path, with some headers, expects it."""


def as_it_is(problem: Problem, path: str, headers: Mapping[str, str]) -> Problem:
    """Return the problem in the one shape of our own API: the `Wording` where there is no other."""
    return problem


def headers(problem: Problem, common: Mapping[str, str]) -> dict[str, str]:
    """Return the headers; the connection ends with this answer, for the rest of the request may still be under way."""
    ours = {"Server": SERVER, HEADER: request_id(), "Cache-Control": "no-store", "Connection": "close"}
    return {**common, **ours, **problem.headers()}


def message(problem: Problem, common: Mapping[str, str]) -> bytes:
    """Return the whole answer as it goes over the wire."""
    body = problem.body()
    lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers(problem, common).items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def problem_of(error: BaseException | None, limits: Limits) -> Problem:
    """Return what an exception means to the client; one without a meaning is a bug of ours."""
    match error:
        case Problem():
            return error
        case HttpProcessingError() if isinstance(error, LineTooLong) or "Too many headers" in error.message:
            return headers_too_large(limits)
        case HttpProcessingError():
            return Problem("invalid_request", "This is not HTTP as RFC 9112 defines it; check the request.")
    return Problem("internal_error", BUG)


def report(error: BaseException | None) -> None:
    """Log why an answer broke off: a line for a failure that has a name, everything for a bug."""
    if isinstance(error, Problem | G4FLiteError):
        log.warning("an answer broke off: %s", error.code)
    else:
        log.error("an answer broke off", exc_info=error)


def busy(sentence: str) -> Problem:
    """Return the problem of a server that could do this, but not now."""
    return Problem("busy", f"{sentence} Try again in a few seconds.", retry_after=5)
