"""The login page, `/login`, and `/logout`."""

import math
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.auth import login_proof, passwords, totp
from server.auth.access import Access
from server.current.identity import person_or_none
from server.current.services import services
from server.current.session_cookie import delete_session_cookie, set_session_cookie
from server.current.sign_in import path_within_site
from server.limits.rate_limiter import MAX_HITS, network
from server.pages.page import Page, render
from server.problems import Problem
from server.store.people.accounts import LOCAL_USER, Account
from server.store.people.names import LONGEST_NAME, name_key
from server.web.hashing_threads import in_own_threads
from server.web.i18n import gettext as _
from server.web.i18n import ngettext
from server.web.public_views import open_to_all

login = Blueprint("login", __name__)

MAX_SHARED_HITS = 60
"""Wrong guesses of the shared password within three minutes, from all clients together. More would let many addresses
guess it; fewer would let one mistaken person with many devices lock out the others."""


@dataclass(frozen=True)
class LoginPage(Page):
    """The context of `login.html`."""

    asks_name: bool
    """Whether there are accounts, rather than one password for everyone."""
    username: str
    next: str
    """The path to go to after signing in."""
    problem: str
    sealed: str
    """Proof that the password was right; the page then asks for a code."""
    issuer: str
    """The label of the OpenID Connect issuer; empty if there is none."""


@login.get("/login")
@open_to_all
def show() -> ResponseReturnValue:
    """Show the form; redirect a person who is signed in already."""
    return redirect(_next()) if person_or_none() else show_login()


@login.post("/login")
@open_to_all
@in_own_threads
def enter() -> ResponseReturnValue:
    """Check the password. An unknown name and a wrong password get the same response in the same time."""
    access, name = services().access, request.form.get("username", "")[: LONGEST_NAME + 1]
    if access.mode == "none":
        return redirect(_next(), 303)
    keys = limiter_keys(name)
    if wait_s := access.login_limiter.hit_each(_limits(access, keys)):
        return too_many(wait_s)
    account = access.accounts.find_by_name(name) if access.mode == "accounts" else None
    password = request.form.get("password", "")
    try:
        is_right = _is_right(access, account, password)
    except Problem:  # too many at once: nothing was tried
        access.login_limiter.refund(*_limits(access, keys))
        raise
    if not is_right:
        access.audit.note("login_failed", user=account.name if account else None, address=request.remote_addr)
        return show_login(_wrong(access), 401)
    access.login_limiter.refund(*_limits(access, keys))
    if not account:
        return let_in(access, LOCAL_USER, LOCAL_USER)
    account = _rehashed(access, account, password)
    if account.totp_secret:
        return show_login(sealed=login_proof.seal(access, account))
    return let_in(access, account.id, account.name)


@login.post("/login/code")
@open_to_all
def enter_code() -> ResponseReturnValue:
    """Check the code of a person whose password was right."""
    access, sealed = services().access, request.form.get("sealed", "")
    proof = login_proof.unseal(access, sealed)
    if not proof:
        return show_login(_("That took too long. Start again."), 401)
    account, client = proof.account, limiter_keys(proof.account.name)
    if wait_s := access.login_limiter.hit(*client):
        return too_many(wait_s)
    if not login_proof.count_attempt(access, proof):
        return show_login(_("Too many wrong codes. Enter your password again."), 401)
    if wait_s := access.code_limiter.hit(("codes", account.id)):
        return too_many(wait_s)
    if not totp.verify_code(access, account, request.form.get("code", "")):
        access.second_factors.note_wrong_code(account.id, services().store.now())
        access.audit.note("login_failed", user=account.name, address=request.remote_addr)
        return show_login(_("This code is wrong or has expired. Wait for the next one and try again."), 401, sealed)
    access.login_limiter.refund(*client)
    access.code_limiter.refund(("codes", account.id))
    if not login_proof.use(access, proof):
        return show_login(_("That took too long. Start again."), 401)
    return let_in(access, account.id, account.name)


@login.post("/logout")
@open_to_all
def leave() -> ResponseReturnValue:
    """End the session, in the browser and on the server."""
    access, found = services().access, person_or_none()
    response = make_response(redirect(url_for("login.show" if access.mode != "none" else "chat.new"), 303))
    if found and found.token_hash:
        access.sessions.end(found.id, found.session_id)
        access.audit.note("logout", user=found.name or found.id, address=request.remote_addr)
        delete_session_cookie(response, request)
        if not services().config.url_prefix:  # below one, other sites may share what this browser keeps
            response.headers["Clear-Site-Data"] = '"storage"'
    return response


def let_in(access: Access, user_id: str, name: str, then: str = "") -> ResponseReturnValue:
    """Start a session and end the one that this browser had. A disabled account gets none.

    then: the path to go to; if empty, the one in the request.
    """
    token = access.start_session(user_id, request.remote_addr or "", request.user_agent.string)
    if not token:
        return show_login(_("This account is disabled."), 403)
    if before := person_or_none():
        access.sessions.end(before.id, before.session_id)
    access.audit.note("login", user=name, address=request.remote_addr)
    response = make_response(redirect(path_within_site(then) if then else _next(), 303))
    set_session_cookie(response, request, token)
    return response


def limiter_keys(name: str) -> tuple[Hashable, Hashable]:
    """Return the keys of the login rate limit: the client's network, and the account as seen from that network."""
    client = network(request.remote_addr or "")
    return ("client", client), ("account", name_key(name), client)


def _limits(access: Access, keys: Iterable[Hashable]) -> dict[Hashable, int]:
    """Return how many failed sign-ins each key allows."""
    limits = dict.fromkeys(keys, MAX_HITS)
    return {**limits, "shared password": MAX_SHARED_HITS} if access.mode == "password" else limits


def too_many(wait_s: float) -> ResponseReturnValue:
    """Show how long to wait. The audit log gets one entry for each client and period."""
    access = services().access
    if not access.login_limiter.hit_each({("throttle logged", network(request.remote_addr or "")): 1}):
        access.audit.note("login_throttled", address=request.remote_addr)
    minutes = math.ceil(wait_s / 60)
    sentence = ngettext(
        "Too many failed attempts. Try again in %(num)d minute.",
        "Too many failed attempts. Try again in %(num)d minutes.",
        minutes,
    )
    response = make_response(show_login(sentence % {"num": minutes}, 429))
    response.headers["Retry-After"] = str(math.ceil(wait_s))
    return response


def _is_right(access: Access, account: Account | None, password: str) -> bool:
    """Tell whether the password is right and the account may sign in. Raises: Problem("busy")."""
    if access.mode == "password":
        return access.is_shared_password(password)
    fits = passwords.verify(password, account.password_hash if account else None)
    return fits and account is not None and not account.disabled_at


def _rehashed(access: Access, account: Account, password: str) -> Account:
    """Return the account with a hash of its password that has the current parameters. Raises: Problem("busy")."""
    if not account.password_hash or not passwords.is_outdated(account.password_hash):
        return account
    newer = passwords.hash_password(password)
    access.accounts.rehash(account.id, account.password_hash, newer)
    return replace(account, password_hash=newer)


def _wrong(access: Access) -> str:
    if access.mode == "password":
        return _("Wrong password. Passwords are case-sensitive.")
    return _("Wrong name or password. Passwords are case-sensitive.")


def _next() -> str:
    return path_within_site(request.values.get("next", ""))


def show_login(problem: str = "", status: int = 200, sealed: str = "") -> tuple[str, int]:
    """Return the page with the password form, or with the form for a code if `sealed` is given."""
    app = services()
    page = LoginPage(
        asks_name=app.access.mode == "accounts",
        username=request.form.get("username", ""),
        next=_next(),
        problem=problem,
        sealed=sealed,
        issuer=app.access.issuer.settings.label if app.access.issuer else "",
    )
    return render("login.html", page), status
