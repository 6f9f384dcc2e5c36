"""Every failure the API can report: one shape, and one table of what each code means.

The shape is `{"error": {"code", "message", "detail"?, "retry_after"?, "id"}}`. A provider's failure before the first
event is a status too; what a browser may not mistake for its own 401 is a 502 here.
"""

import json
import logging
import math
import secrets
from dataclasses import dataclass
from typing import Any

from g4f_lite.errors import G4FLiteError, RejectedError
from server.translatable import N_

log = logging.getLogger(__name__)

NOT_UNDERSTOOD = N_("The server did not understand this request.")
BUG = N_("Something went wrong on the server. Try again; the server log has the details under the error ID.")
"""The message of every `internal_error`."""
INTERRUPTED = N_(
    "The server stopped in the middle of this answer. The part that arrived is kept. Choose Continue to get the rest."
)
"""The message of an answer whose process ended, with or without a signal."""

SAME = "same"


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """What an error code means to each client."""

    status: int
    """Of the HTTP response, where nothing was sent before."""
    text: str
    """The sentence that a page in another language than English shows, translated."""
    openai_code: str | None = SAME
    """OpenAI's code for it, `SAME` where that is our own. Source: https://platform.openai.com/docs/guides/error-codes"""


ERROR_KINDS = {
    "invalid_request": ErrorKind(400, NOT_UNDERSTOOD, openai_code=None),
    "unauthenticated": ErrorKind(401, N_("Sign in first."), openai_code="invalid_api_key"),
    "forbidden": ErrorKind(403, N_("This is not allowed.")),
    "not_found": ErrorKind(404, N_("There is nothing at this address."), openai_code=None),
    "unknown_model": ErrorKind(
        404, N_("This model is no longer available. Choose another one."), openai_code="model_not_found"
    ),
    "unknown_conversation": ErrorKind(404, N_("This chat no longer exists.")),
    "unknown_message": ErrorKind(404, N_("This message no longer exists.")),
    "method_not_allowed": ErrorKind(405, NOT_UNDERSTOOD, openai_code=None),
    "request_timeout": ErrorKind(408, N_("The request took too long to arrive. Try again.")),
    "conflict": ErrorKind(409, N_("This message is busy. Wait until its answer is complete, or stop it.")),
    "too_large": ErrorKind(413, N_("This is too large. Send less at a time.")),
    "storage_full": ErrorKind(
        413, N_("Your storage is full. Delete chats that you no longer need: a day later their space is free.")
    ),
    "unsupported_media_type": ErrorKind(415, NOT_UNDERSTOOD),
    "expectation_failed": ErrorKind(417, NOT_UNDERSTOOD),
    "rate_limited": ErrorKind(429, N_("Too many requests. Wait a moment."), openai_code="rate_limit_exceeded"),
    "headers_too_large": ErrorKind(
        431, N_("Your browser sends too much data with each request. Deleting this site's cookies helps.")
    ),
    "internal_error": ErrorKind(500, BUG),
    "busy": ErrorKind(503, N_("The server is busy. Try again in a moment.")),
    "storage_unavailable": ErrorKind(503, N_("The server cannot save anything right now. Try again soon.")),
    # what a provider's failure becomes when nothing was sent yet
    "missing_key": ErrorKind(502, N_("This provider needs an API key, and none is set.")),
    "key_rejected": ErrorKind(502, N_("The provider rejected the API key.")),
    "payment_required": ErrorKind(
        502, N_("Your account with the provider has no credit left, or its quota is used up.")
    ),
    "provider_rate_limited": ErrorKind(
        429,
        N_("You have reached the provider's rate limit. Wait a moment, or choose another model."),
        openai_code="rate_limit_exceeded",
    ),
    "provider_overloaded": ErrorKind(503, N_("The provider is overloaded. Try again, or choose another model.")),
    "model_not_supported": ErrorKind(
        404,
        N_("The provider does not offer this model, or not to your account. Choose another one."),
        openai_code="model_not_found",
    ),
    "content_refused": ErrorKind(
        400, N_("The provider refused this content. Try rephrasing your message."), openai_code="content_filter"
    ),
    "prompt_too_long": ErrorKind(
        413,
        N_("This chat is too long for the model. Start a new one, or choose a model with a larger context."),
        openai_code="context_length_exceeded",
    ),
    "provider_needs_browser": ErrorKind(
        502, N_("The provider only answers people in a browser. Choose another model.")
    ),
    "provider_unreachable": ErrorKind(
        502, N_("Cannot reach the provider. Check that its address is right and that it is running.")
    ),
    "provider_timeout": ErrorKind(504, N_("The provider did not answer in time. Try again, or choose another model.")),
    "provider_failed": ErrorKind(502, N_("The provider reported an error. Try again, or choose another model.")),
    "stream_cut": ErrorKind(502, N_("The answer was cut off. The part that arrived is kept.")),
    "empty_reply": ErrorKind(502, N_("The model answered with nothing. Try again, or choose another model.")),
    "malformed_reply": ErrorKind(502, N_("The provider sent an invalid answer. Try again, or choose another model.")),
}
"""By error code. The first code with a status stands for that status in general."""

LONGEST_LOGGED = 200
"""Characters of an address that are logged, so that long ones cannot fill the disk."""


class Problem(Exception):
    """A failure that the client is told about. `message` is one sentence that says what to do. The log has the `id`."""

    def __init__(self, code: str, message: str, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail
        self.retry_after = retry_after
        self.status = ERROR_KINDS[code].status
        self.id = secrets.token_hex(6)

    @classmethod
    def of(cls, error: G4FLiteError) -> "Problem":
        """Return the problem that a provider's error becomes."""
        problem = cls(error.code, error.message, detail=error.detail, retry_after=error.retry_after)
        if type(error) is RejectedError:  # the service rejects the request itself
            problem.status = 400
        return problem

    @classmethod
    def of_status(cls, status: int, message: str = "") -> "Problem":
        """Return the problem that a bare HTTP status stands for; without a message, it gets the text of its code."""
        code = next((code for code, kind in ERROR_KINDS.items() if kind.status == status), "invalid_request")
        return cls(code, message or ERROR_KINDS[code].text)

    def as_dict(self) -> dict[str, Any]:
        """Return the error object of the API, without empty members."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail:
            error["detail"] = self.detail
        if self.retry_after is not None:
            error["retry_after"] = self.retry_after
        return {**error, "id": self.id}

    def body(self) -> bytes:
        """Return the JSON body."""
        return json.dumps({"error": self.as_dict()}).encode()

    def headers(self) -> dict[str, str]:
        """Return the headers for the body."""
        return {"Content-Type": "application/json", **self.retry_header()}

    def retry_header(self) -> dict[str, str]:
        """Return the Retry-After header, if the time is known."""
        return {} if self.retry_after is None else {"Retry-After": str(math.ceil(self.retry_after))}


def body_too_large(most_bytes: float) -> Problem:
    """Return the problem of a body over the limit of its address."""
    size = f"{most_bytes / (1 << 20):g} MiB" if most_bytes >= 1 << 20 else f"{most_bytes / (1 << 10):g} KiB"
    return Problem("too_large", f"A request to this address can be at most {size}. Send less at a time.")


def log_problem(problem: Problem, address: str, error: BaseException | None = None) -> None:
    """Log a problem in one line, with the traceback of the error if it is a bug.

    address: method and path, without the query, which may contain what a person wrote.
    """
    bug = problem.code == "internal_error"
    level = logging.ERROR if bug else logging.WARNING if problem.status >= 500 else logging.INFO
    log.log(level, "%s: %s, id %s", address[:LONGEST_LOGGED], problem.code, problem.id, exc_info=error if bug else None)
