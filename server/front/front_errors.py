"""The error responses of the front itself, when the app is not called or fails."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus

from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from g4f_lite.errors import G4FLiteError
from server.front.connection_limits import FrontLimits
from server.front.request_head import headers_too_large
from server.ops.request_id import HEADER, request_id
from server.problems import BUG, Problem

log = logging.getLogger(__name__)

SERVER = "g4f-lite"
"""The Server header of every response: no version, no names of libraries."""

ErrorAdapter = Callable[[Problem, str, Mapping[str, str]], Problem]
"""Takes a problem, the path and the request headers; returns the problem in the format of the client's API."""


def unchanged(problem: Problem, path: str, headers: Mapping[str, str]) -> Problem:
    """Return the problem in the format of our own API: the `ErrorAdapter` where there is no other."""
    return problem


def headers(problem: Problem, common: Mapping[str, str]) -> dict[str, str]:
    """Return the headers. The connection ends with this response, since the rest of the request may still arrive."""
    ours = {"Server": SERVER, HEADER: request_id(), "Cache-Control": "no-store", "Connection": "close"}
    return {**common, **ours, **problem.headers()}


def message(problem: Problem, common: Mapping[str, str]) -> bytes:
    """Return the whole response as bytes."""
    body = problem.body()
    lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers(problem, common).items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def problem_of(error: BaseException | None, limits: FrontLimits) -> Problem:
    """Return the problem that an exception stands for; an unknown exception is a bug of ours."""
    match error:
        case Problem():
            return error
        case HttpProcessingError() if isinstance(error, LineTooLong) or "Too many headers" in error.message:
            return headers_too_large(limits)
        case HttpProcessingError():
            return Problem("invalid_request", "This is not a valid HTTP request (RFC 9112).")
    return Problem("internal_error", BUG)


def report(error: BaseException | None) -> None:
    """Log why a response broke off: one line for a known failure, the traceback for a bug."""
    if isinstance(error, Problem | G4FLiteError):
        log.warning("a response broke off: %s", error.code)
    else:
        log.error("a response broke off", exc_info=error)


def busy(sentence: str) -> Problem:
    """Return the problem of a server that cannot do this right now."""
    return Problem("busy", f"{sentence} Try again in a few seconds.", retry_after=5)
