"""What the front itself answers where the app is not asked, or failed."""

import json
import logging
import math
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp.http_exceptions import HttpProcessingError, LineTooLong

from g4f_lite.errors import G4FLiteError
from server.front.head import headers_too_large
from server.front.limits import Limits
from server.problems import Problem

log = logging.getLogger(__name__)

SERVER = "g4f-lite"
"""The Server header of every answer: no version, and nothing of what runs below."""


def content(problem: Problem) -> bytes:
    """Return the body: the one shape of every API error."""
    return json.dumps({"error": problem.as_dict()}).encode()


def headers(problem: Problem, common: Mapping[str, str]) -> dict[str, str]:
    """Return the headers; the connection ends with this answer, for the rest of the request may still be under way."""
    said = {**common, "Server": SERVER, "Content-Type": "application/json", "Cache-Control": "no-store"}
    if problem.retry_after is not None:
        said["Retry-After"] = str(math.ceil(problem.retry_after))
    return {**said, "Connection": "close"}


def message(problem: Problem, common: Mapping[str, str]) -> bytes:
    """Return the whole answer as it goes over the wire."""
    body = content(problem)
    lines = [f"HTTP/1.1 {problem.status} {HTTPStatus(problem.status).phrase}"]
    lines += [f"{name}: {value}" for name, value in headers(problem, common).items()]
    lines += [f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def problem_of(error: BaseException | None, limits: Limits) -> Problem:
    """Return what an exception means to the client; one without a meaning is a bug of ours, and is logged."""
    match error:
        case Problem():
            return error
        case HttpProcessingError() if isinstance(error, LineTooLong) or "Too many headers" in error.message:
            return headers_too_large(limits)
        case HttpProcessingError():
            return Problem("invalid_request", "This is not HTTP as RFC 9112 defines it; check the request.")
    problem = Problem("internal_error", "The server made a mistake; its log knows more under this id.")
    log.error("internal_error %s", problem.id, exc_info=error)
    return problem


def report(error: BaseException | None) -> None:
    """Log why an answer broke off: a line for a failure that has a name, everything for a bug."""
    if isinstance(error, Problem | G4FLiteError):
        log.warning("an answer broke off: %s", error.code)
    else:
        log.error("an answer broke off", exc_info=error)


def busy(sentence: str) -> Problem:
    """Return the problem of a server that could do this, but not now."""
    return Problem("busy", f"{sentence} Try again in a few seconds.", retry_after=5)
