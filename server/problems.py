"""Every failure the API can report: one shape, and one table of status codes.

The shape is `{"error": {"code", "message", "detail"?, "retry_after"?, "id"}}`. A provider's failure before the first
event is a status too; what a browser may not mistake for its own 401 is a 502 here.
"""

import json
import logging
import math
import secrets
from typing import Any

from g4f_lite.errors import G4FLiteError, RejectedError
from server.translatable import N_

log = logging.getLogger(__name__)

STATUS = {
    "invalid_request": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "unknown_model": 404,
    "unknown_conversation": 404,
    "unknown_message": 404,
    "method_not_allowed": 405,
    "request_timeout": 408,
    "conflict": 409,
    "too_large": 413,
    "unsupported_media_type": 415,
    "expectation_failed": 417,
    "rate_limited": 429,
    "headers_too_large": 431,
    "internal_error": 500,
    "busy": 503,
    "storage_unavailable": 503,
    # what a provider's failure becomes when nothing was sent yet
    "missing_key": 502,
    "key_rejected": 502,
    "payment_required": 502,
    "provider_rate_limited": 429,
    "provider_overloaded": 503,
    "model_not_supported": 404,
    "content_refused": 400,
    "prompt_too_long": 413,
    "provider_needs_browser": 502,
    "provider_unreachable": 502,
    "provider_timeout": 504,
    "provider_failed": 502,
    "stream_cut": 502,
    "malformed_reply": 502,
}

BUG = N_("Something is wrong in this program. Try again; the log says more under the id.")
"""What a person is told of an `internal_error`."""
INTERRUPTED = N_("The server was stopped in the middle of this answer; what had arrived is kept. Continue picks it up.")
"""What a person is told of an answer whose process ended, by a signal or without one."""

LONGEST_LINE = 200
"""Characters of an address that are logged; a flood of long ones shall not fill the disk."""


class Problem(Exception):
    """A failure to tell the client about. `message` is one sentence that says what to do; `id` is in the log too."""

    def __init__(self, code: str, message: str, *, detail: str = "", retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.detail = detail
        self.retry_after = retry_after
        self.status = STATUS[code]
        self.id = secrets.token_hex(6)

    @classmethod
    def of(cls, error: G4FLiteError) -> "Problem":
        """Return a provider's error as a problem, with an id of its own."""
        problem = cls(error.code, error.message, detail=error.detail, retry_after=error.retry_after)
        if type(error) is RejectedError:  # the service finds fault with the request, as it would with a direct client's
            problem.status = 400
        return problem

    def as_dict(self) -> dict[str, Any]:
        """Return the error object of the contract; members that say nothing are left out."""
        said: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.detail:
            said["detail"] = self.detail
        if self.retry_after is not None:
            said["retry_after"] = self.retry_after
        return {**said, "id": self.id}

    def body(self) -> bytes:
        """Return the one shape of every API error."""
        return json.dumps({"error": self.as_dict()}).encode()

    def headers(self) -> dict[str, str]:
        """Return the headers that belong to the body."""
        return {"Content-Type": "application/json", **self.when()}

    def when(self) -> dict[str, str]:
        """Return the header that says when to come again, where that is known."""
        return {} if self.retry_after is None else {"Retry-After": str(math.ceil(self.retry_after))}


def note(problem: Problem, asked: str, error: BaseException | None = None) -> None:
    """Log what a client was told: a line, and the error behind it if it is a bug.

    asked: method and path, without the query, which may hold what a person wrote.
    """
    bug = problem.code == "internal_error"
    level = logging.ERROR if bug else logging.WARNING if problem.status >= 500 else logging.INFO
    log.log(level, "%s: %s, id %s", asked[:LONGEST_LINE], problem.code, problem.id, exc_info=error if bug else None)
