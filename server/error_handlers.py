"""Turns every error of a view into a page or into an error of the API."""

from collections.abc import Iterable
from contextlib import suppress

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, InternalServerError

from server.compat.api_errors import adapt_error
from server.current.services import services
from server.pages.error_page import error_page, wants_page
from server.problems import BUG, Problem, log_problem
from server.web.streaming import error_response

SENTENCES = {
    405: "This address does not allow this method.",
}
"""Messages for statuses that Flask itself sends; others get the message of their status."""


def handle_errors(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Problem, _refuse)
    app.register_error_handler(HTTPException, _refuse_http)
    app.register_error_handler(Exception, _report)


def _refuse(problem: Problem, headers: Iterable[tuple[str, str]] = (), error: BaseException | None = None) -> Response:
    log_problem(problem, f"{request.method} {request.path}", error)
    if wants_page(request):
        with suppress(Problem):  # if the page cannot be rendered, the error is sent as JSON
            return error_page(problem)
    prefix = services().config.url_prefix
    return error_response(adapt_error(problem, request.path, request.headers, prefix), headers)


def _refuse_http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:  # a redirect is an exception too
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, InternalServerError):  # Flask wraps the error of a view in this one
        return _report(error.original_exception or error)
    problem = Problem.of_status(error.code or 400, SENTENCES.get(error.code or 400, ""))
    return _refuse(problem, error.get_headers())  # Allow is one of them


def _report(error: BaseException) -> Response:
    return _refuse(Problem("internal_error", BUG), error=error)
