"""`/chat/account`: a person's own password, sessions and second factor."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from server.auth import passwords, totp, user_agents
from server.auth.access import Access
from server.auth.person import Person
from server.current.identity import current_person, signed_in_person
from server.current.services import services
from server.pages.login import limiter_keys
from server.pages.page import Page, not_found_page, render
from server.problems import Problem
from server.store.people.accounts import Account
from server.translatable import N_
from server.web.hashing_threads import in_own_threads
from server.web.i18n import gettext as _

account = Blueprint("account", __name__, url_prefix="/chat/account")

WRONG = N_("Wrong password.")
WRONG_CODE = N_("This code is wrong or has expired. Wait for the next one and try again.")
SLOWLY = N_("Too many failed attempts. Try again in a few minutes.")
TOO_LATE = N_("That took too long. Start again.")
UNKNOWN_AGENT = N_("Other program")


@dataclass(frozen=True)
class ShownSession:
    """A session as its person reads it."""

    id: str
    agent: str
    address: str
    created_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True)
class Setup:
    """A new secret for a phone. `sealed` holds it until a code proves that the phone has it."""

    secret: str
    picture: Markup
    sealed: str


@dataclass(frozen=True)
class AccountPage(Page):
    """The context of `account.html`."""

    name: str
    has_password: bool
    """Whether the person has a password of their own, which they can change."""
    has_keys: bool
    """Whether the person has API keys, which stay valid when the password changes."""
    sessions: list[ShownSession]
    has_second_factor: bool
    codes_left: int
    wrong_code_at: datetime | None
    """When somebody entered the password and then a wrong code."""
    setup: Setup | None
    codes: list[str]
    """Recovery codes, which are shown once."""
    problem: str
    done: str


@account.before_request
def require_sign_in() -> ResponseReturnValue | None:
    """Without sign-in there is no account page."""
    return None if signed_in_person() else not_found_page()


@account.before_request
def require_accounts() -> ResponseReturnValue | None:
    """With one password for everyone there are only sessions."""
    has_accounts = services().access.mode == "accounts"
    return None if has_accounts or request.endpoint in ("account.show", "account.end_sessions") else not_found_page()


@account.get("")
def show() -> str:
    """Show the account."""
    return _page(done=_("Password changed.") if "changed" in request.args else "")


@account.post("/password")
@in_own_threads
def change_password() -> ResponseReturnValue:
    """Change the password, which ends all other sessions and, if asked to, revokes all API keys."""
    access, person = services().access, current_person()
    new = request.form.get("new", "")
    try:
        mine = _account_by_password(access, person)
        passwords.check_new(new, mine.name)
        access.accounts.set_password(
            mine.id, passwords.hash_password(new), keep=person.token_hash, revoke_keys="revoke_keys" in request.form
        )
    except Problem as problem:
        return _page(problem=problem), problem.status
    access.audit.note("password_changed", user=mine.name, address=request.remote_addr)
    if "revoke_keys" in request.form:
        access.audit.note("api_keys_revoked", user=mine.name, address=request.remote_addr)
    return redirect(url_for("account.show", changed=""), 303)


@account.post("/sessions")
def end_sessions() -> ResponseReturnValue:
    """End the session `id`, or all others if there is no `id`."""
    access, person = services().access, current_person()
    if session_id := request.form.get("id"):
        access.sessions.end(person.id, session_id)
    else:
        access.sessions.end_all(person.id, keep=person.token_hash)
    access.audit.note("sessions_ended", user=person.name or person.id, address=request.remote_addr)
    return redirect(url_for("account.show"), 303)


@account.post("/second-factor")
@in_own_threads
def begin_second_factor() -> ResponseReturnValue:
    """Show a new secret. No code is asked for until `confirm_second_factor` has seen one from it."""
    try:
        mine = _account_by_password(services().access, current_person())
    except Problem as problem:
        return _page(problem=problem), problem.status
    return _page(setup=_setup(mine, totp.new_secret()))


@account.post("/second-factor/confirm")
def confirm_second_factor() -> ResponseReturnValue:
    """Turn the second factor on if the code is right, and show the recovery codes."""
    access, mine = services().access, services().access.accounts.by_id(current_person().id)
    secret = access.unsealed("second factor", request.form.get("sealed", ""), of=mine.id)
    if not secret:
        problem = Problem("invalid_request", TOO_LATE)
        return _page(problem=problem), problem.status
    step = totp.matching_step(secret, request.form.get("code", ""))
    if step is None:
        problem = Problem("invalid_request", WRONG_CODE)
        return _page(setup=_setup(mine, secret), problem=problem), problem.status
    codes = totp.enable(access, mine, secret, step)
    access.audit.note("second_factor_on", user=mine.name, address=request.remote_addr)
    return _page(codes=codes, done=_("Two-factor authentication is on. You will be asked for a code when you sign in."))


@account.post("/second-factor/remove")
@in_own_threads
def remove_second_factor() -> ResponseReturnValue:
    """Turn the second factor off."""
    access = services().access
    try:
        mine = _account_by_password(access, current_person())
    except Problem as problem:
        return _page(problem=problem), problem.status
    access.second_factors.disable(mine.id)
    access.audit.note("second_factor_off", user=mine.name, address=request.remote_addr)
    return redirect(url_for("account.show"), 303)


def _account_by_password(access: Access, person: Person) -> Account:
    """Return the person's account if the form has its password. Raises: Problem."""
    keys = ("password of", person.id), *limiter_keys(person.name)
    if wait_s := access.login_limiter.hit(*keys):
        raise Problem("rate_limited", SLOWLY, retry_after=wait_s)
    mine = access.accounts.by_id(person.id)
    try:
        is_right = passwords.verify(request.form.get("password", ""), mine.password_hash)
    except Problem:  # too many at once: nothing was tried
        access.login_limiter.refund(*keys)
        raise
    if not is_right:
        raise Problem("forbidden", WRONG)
    access.login_limiter.refund(*keys)
    return mine


def _setup(mine: Account, secret: str) -> Setup:
    app = services()
    picture = totp.qr_code(secret, mine.name, app.config.site_config.title)
    return Setup(secret, picture, app.access.sealed("second factor", secret, of=mine.id))


def _page(
    problem: Problem | None = None, done: str = "", setup: Setup | None = None, codes: list[str] | None = None
) -> str:
    app, person = services(), current_person()
    mine = app.access.accounts.by_id(person.id) if app.access.mode == "accounts" else None
    page = AccountPage(
        name=person.name,
        has_password=bool(mine and mine.password_hash),
        has_keys=bool(app.access.api_keys.of(person.id)),
        sessions=_sessions(app.access, person),
        has_second_factor=bool(mine and mine.totp_secret),
        codes_left=app.access.second_factors.recovery_codes_left(person.id),
        wrong_code_at=mine.wrong_code_at if mine else None,
        setup=setup,
        codes=codes or [],
        problem=_(problem.message) if problem else "",
        done=done,
    )
    return render("account.html", page)


def _sessions(access: Access, person: Person) -> list[ShownSession]:
    return [
        ShownSession(
            session.id,
            agent_name(session.agent),
            session.address,
            session.created_at,
            session.seen_at,
            session.id == person.session_id,
        )
        for session in access.sessions.of(person.id)
    ]


def agent_name(header: str) -> str:
    """Return a few words for a User-Agent header."""
    agent = user_agents.parse(header)
    if agent.browser and agent.system:
        return _("%(browser)s on %(system)s") % {"browser": agent.browser, "system": agent.system}
    return agent.browser or agent.system or _(UNKNOWN_AGENT)
