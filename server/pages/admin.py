"""`/chat/admin`: the admin page, where administrators manage accounts. It never shows anyone's conversations."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.auth.access import Access
from server.current.identity import current_person, signed_in_person
from server.current.services import services
from server.pages.page import Page, not_found_page, render
from server.problems import Problem
from server.store.people.accounts import Account, Role
from server.web.i18n import gettext as _

admin = Blueprint("admin", __name__, url_prefix="/chat/admin")


@dataclass(frozen=True)
class ShownAccount:
    """An account as administrators see it."""

    id: str
    name: str
    role: Role
    is_disabled: bool
    is_me: bool
    has_second_factor: bool
    created_at: datetime
    seen_at: datetime | None


@dataclass(frozen=True)
class AdminPage(Page):
    """The context of `admin.html`."""

    accounts: list[ShownAccount]
    models: dict[Role, tuple[str, ...]]
    """By role, the patterns of the names of models that it may use."""
    link: str
    """A one-time link, which is shown once."""
    link_for: str
    name: str
    problem: str


@admin.before_request
def require_administrator() -> ResponseReturnValue | None:
    """Answer everyone else as at an address that does not exist."""
    person = signed_in_person()
    is_one = person and person.role == "admin" and services().access.mode == "accounts"
    return None if is_one else not_found_page()


@admin.get("")
def show() -> str:
    """Show the accounts."""
    return _page()


@admin.post("")
def add() -> ResponseReturnValue:
    """Make an account and show the link with which that person chooses a password."""
    access, form = services().access, request.form
    role: Role = "admin" if form.get("role") == "admin" else "user"
    try:
        made = access.accounts.add(form.get("name", ""), role)
    except Problem as problem:
        return _page(problem=problem), problem.status
    _note("account_added", made, role=role)
    return _page(link_for=made)


@admin.post("/<account_id>")
def change(account_id: str) -> ResponseReturnValue:
    """Change an account as the button `do` says."""
    access = services().access
    try:
        account = access.accounts.by_id(account_id)
        done = _do(access, account, request.form.get("do", ""))
    except Problem as problem:
        return _page(problem=problem), problem.status
    _note(done, account)
    return _page(link_for=account) if done == "link_made" else redirect(url_for("admin.show"), 303)


def _do(access: Access, account: Account, what: str) -> str:
    """Change an account; return the event for the audit log. Raises: Problem."""
    match what:
        case "disable":
            access.accounts.disable(account.id)
            services().engine.stop_all(account.id)
            return "account_disabled"
        case "enable":
            access.accounts.enable(account.id)
            return "account_enabled"
        case "end":
            access.sessions.end_all(account.id)
            return "sessions_ended"
        case "admin" | "user":
            access.accounts.set_role(account.id, "admin" if what == "admin" else "user")
            return f"made_{what}"
        case "link":
            return "link_made"
    raise Problem("invalid_request", "This action does not exist.")


def _note(event: str, account: Account, **more: str) -> None:
    by, address = current_person().name, request.remote_addr
    services().access.audit.note(event, user=account.name, by=by, address=address, **more)


def _page(problem: Problem | None = None, link_for: Account | None = None) -> str:
    app = services()
    roles = app.config.auth.roles
    page = AdminPage(
        accounts=_accounts(app.access),
        models={"user": roles.user.models, "admin": roles.admin.models},
        link=_link(app.access, link_for) if link_for else "",
        link_for=link_for.name if link_for else "",
        name=request.form.get("name", "") if problem else "",
        problem=_(problem.message) if problem else "",
    )
    return render("admin.html", page)


def _link(access: Access, account: Account) -> str:
    """Return a one-time link at the address that the administrator uses."""
    token = access.make_link("reset", account.id)
    return f"{request.host_url.rstrip('/')}{url_for('one_time_link.show', _anchor=token)}"


def _accounts(access: Access) -> list[ShownAccount]:
    seen, me = access.sessions.last_seen(), current_person().id
    return [
        ShownAccount(
            id=account.id,
            name=account.name,
            role=account.role,
            is_disabled=account.disabled_at is not None,
            is_me=account.id == me,
            has_second_factor=account.totp_secret is not None,
            created_at=account.created_at,
            seen_at=seen.get(account.id),
        )
        for account in access.accounts.all()
    ]
