"""`/welcome`: where a one-time link leads, to the first administrator's account or to another password."""

from dataclasses import dataclass

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from server.auth import passwords
from server.current.person import open_to_all
from server.current.services import services
from server.pages.chat import Page
from server.pages.login import let_in
from server.problems import Problem
from server.web.i18n import gettext as _
from server.web.preferences import preferences

welcome = Blueprint("welcome", __name__)


@dataclass(frozen=True)
class WelcomePage(Page):
    """What `welcome.html` receives."""

    token: str
    name: str
    is_first: bool
    """Whether there is an account to make, and not only a password to choose."""
    is_over: bool
    """Whether the link can be used no more."""
    problem: str


@welcome.get("/welcome")
@open_to_all
def show() -> ResponseReturnValue:
    """Show what can be chosen; the link stays good."""
    return _page()


@welcome.post("/welcome")
@open_to_all
def choose() -> ResponseReturnValue:
    """Do what the link is for, and let that person in."""
    access, form = services().access, request.form
    try:
        purpose, account = access.link(form.get("token", ""))
        name = form.get("username", "") if purpose == "first" else account.name
        passwords.check_new(form.get("password", ""), name)
        chosen = access.use_link(form.get("token", ""), passwords.hashed(form.get("password", "")), name)
    except Problem as problem:
        return _page(problem)
    access.audit.note("link_used", user=chosen.name, purpose=purpose, address=request.remote_addr)
    return let_in(access, chosen.id, chosen.name)


def _page(problem: Problem | None = None) -> tuple[str, int]:
    app, token = services(), request.values.get("token", "")
    try:
        purpose, account = app.access.link(token)
    except Problem as over:
        purpose, account, problem = None, None, over
    page = WelcomePage(
        site_title=app.config.site_config.title,
        preferences=preferences(),
        token=token,
        name=account.name if account and purpose == "reset" else request.form.get("username", ""),
        is_first=purpose == "first",
        is_over=account is None,
        problem=_(problem.message) if problem else "",
    )
    return render_template("welcome.html", **vars(page)), problem.status if problem else 200
