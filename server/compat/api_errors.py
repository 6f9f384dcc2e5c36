"""Errors in the shape of OpenAI's and Anthropic's APIs."""

import re
from json import dumps
from typing import Any, Protocol

from server.ops.request_id import request_id
from server.problems import ERROR_KINDS, SAME, Problem

PARAM = re.compile(r"([a-z_]+)(?:\.[\w.]+)?: ")
"""How a sentence about a field of the body begins: with the field's name."""
TOO_LONG = "prompt_too_long"

ANTHROPIC_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}
"""By status; others are `invalid_request_error`, or `api_error` from 500 on. Source: https://docs.anthropic.com/en/api/errors"""


ANTHROPIC_DETAILS = {"thread": {"error_code": "thread_unsupported_request"}}
"""By field. Clients answer this code by sending the whole conversation again; nothing of it is kept here."""


class ApiError(Problem):
    """A problem in the shape of another API. `json` is the body."""

    def __init__(self, problem: Problem, json: dict[str, Any]) -> None:
        super().__init__(problem.code, problem.message, detail=problem.detail, retry_after=problem.retry_after)
        self.status, self.id = _status(problem), problem.id
        self.json = json

    def body(self) -> bytes:
        return dumps(self.json).encode()

    def headers(self) -> dict[str, str]:
        """Return the headers; a 401 names how to authenticate (RFC 9110, 15.5.2)."""
        return {**super().headers(), **({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})}


class Headers(Protocol):
    """The headers of a request, of Flask or of aiohttp."""

    def __contains__(self, name: str, /) -> bool: ...


def adapt_error(problem: Problem, path: str, headers: Headers, url_prefix: str) -> Problem:
    """Return the problem in the shape that a client of this path, with these headers, expects."""
    path = path.removeprefix(url_prefix)
    if not path.startswith("/v1/"):
        return problem
    is_anthropic = speaks_anthropic(headers) or path.startswith("/v1/messages")
    return anthropic_error(problem) if is_anthropic else openai_error(problem)


def speaks_anthropic(headers: Headers) -> bool:
    """Tell whether a request comes from a client of Anthropic's API."""
    return "anthropic-version" in headers


def openai_error(problem: Problem) -> ApiError:
    """Return the problem in the shape of OpenAI's errors."""
    param = "model" if problem.code == "unknown_model" else _param(problem)
    known = ERROR_KINDS[problem.code].openai_code
    code = problem.code if known == SAME else known
    error = {"message": _sentence(problem), "type": _openai_type(_status(problem)), "param": param, "code": code}
    return ApiError(problem, {"error": error})


def anthropic_error(problem: Problem) -> ApiError:
    """Return the problem in the shape of Anthropic's errors."""
    status = _status(problem)
    type_ = ANTHROPIC_TYPES.get(status, "invalid_request_error" if status < 500 else "api_error")
    details = ANTHROPIC_DETAILS.get(_param(problem) or "")
    error = {"type": type_, "message": _sentence(problem), **({"details": details} if details else {})}
    return ApiError(problem, {"type": "error", "error": error, "request_id": request_id() or None})


def _openai_type(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "invalid_request_error" if status < 500 else "server_error"


def _status(problem: Problem) -> int:
    """Return the status. A prompt that is too long is a 400 in both APIs; their clients look at the code."""
    return 400 if problem.code == TOO_LONG else problem.status


def _sentence(problem: Problem) -> str:
    """Return the message and the service's own words. For `too_large` the detail is the field, which comes first."""
    if problem.code == "too_large" and problem.detail:
        return f"{problem.detail}: {problem.message}"
    return f"{problem.message} {problem.detail}".strip()


def _param(problem: Problem) -> str | None:
    found = PARAM.match(_sentence(problem)) if problem.code in ("invalid_request", "too_large") else None
    return found[1] if found else None
