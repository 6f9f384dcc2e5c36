"""Failures as pages, for a person whose browser went to an address; programs and scripts get them as JSON."""

from flask import Request, Response, render_template

from server.current.sign_in import is_api_path
from server.pages.error_texts import error_text
from server.pages.page import Page
from server.problems import Problem


def wants_page(request: Request) -> bool:
    """Return whether the browser shows the response to a person, who followed a link or sent a form."""
    return not is_api_path(request) and request.accept_mimetypes.best == "text/html"


def error_page(problem: Problem) -> Response:
    """Return the page that says what failed, with the problem's status and headers.

    Raises: Problem, if the page cannot be made without the store.
    """
    body = render_template("error.html", **vars(Page()), text=error_text(problem.as_dict()), error_id=problem.id)
    headers = {name: value for name, value in problem.headers().items() if name != "Content-Type"}
    return Response(body, problem.status, headers)
