"""A failure as a page, for a person whose browser went somewhere; programs and scripts get it as JSON."""

from flask import Request, Response, render_template

from server.current.services import services
from server.current.sign_in import is_for_programs
from server.pages.chat import Page
from server.pages.error_texts import cause
from server.problems import Problem
from server.web.preferences import preferences


def wants_page(asked: Request) -> bool:
    """Tell whether a browser shows the answer, because a person followed a link or sent a form."""
    return not is_for_programs(asked) and asked.accept_mimetypes.best == "text/html"


def failure_page(problem: Problem) -> Response:
    """Return the page that says what failed, with the problem's status and headers.

    Raises: Problem, where the page itself cannot be made for want of the store.
    """
    page = Page(services().config.site_config.title, preferences())
    body = render_template("failure.html", **vars(page), cause=cause(problem.as_dict()), error_id=problem.id)
    headers = {name: value for name, value in problem.headers().items() if name != "Content-Type"}
    return Response(body, problem.status, headers)
