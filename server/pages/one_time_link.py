"""`/welcome`: the page of a one-time link, which makes the first administrator's account or sets a new password."""

from dataclasses import dataclass

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from server.auth import passwords
from server.auth.access import Access
from server.current.services import services
from server.pages.login import let_in
from server.pages.page import Page, render
from server.problems import Problem
from server.store.people.accounts import Account
from server.web.hashing_threads import in_own_threads
from server.web.i18n import gettext as _
from server.web.public_views import open_to_all

one_time_link = Blueprint("one_time_link", __name__)


@dataclass(frozen=True)
class OneTimeLinkPage(Page):
    """The context of `one_time_link.html`."""

    token: str
    name: str
    is_first: bool
    """Whether the link makes an account, rather than setting a password."""
    is_over: bool
    """Whether the link was used or has expired."""
    revokes: bool
    """Whether the account has API keys or a second factor, which the link ends."""
    problem: str


@one_time_link.get("/welcome")
@open_to_all
def show() -> ResponseReturnValue:
    """Show the page that posts what follows the # of the link. Links of earlier versions have a query instead."""
    if "token" in request.args:
        return _page()
    return render("one_time_link_token.html", Page())


@one_time_link.post("/welcome")
@open_to_all
@in_own_threads
def choose() -> ResponseReturnValue:
    """Make the account or set the password, and sign the person in. Without a password, show the form for it."""
    access, form = services().access, request.form
    if "password" not in form:
        return _page()
    try:
        purpose, account = access.link(form.get("token", ""))
        name = form.get("username", "") if purpose == "first" else account.name
        passwords.check_new(form.get("password", ""), name)
        chosen = access.use_link(form.get("token", ""), passwords.hash_password(form.get("password", "")), name)
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
    page = OneTimeLinkPage(
        token=token,
        name=account.name if account and purpose == "reset" else request.form.get("username", ""),
        is_first=purpose == "first",
        is_over=account is None,
        revokes=purpose == "reset" and account is not None and _has_more(app.access, account),
        problem=_(problem.message) if problem else "",
    )
    return render("one_time_link.html", page), problem.status if problem else 200


def _has_more(access: Access, account: Account) -> bool:
    return bool(account.totp_secret or access.api_keys.of(account.id))
