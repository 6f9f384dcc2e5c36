"""`/login/oidc`: signing in through the OpenID Connect issuer that config.json names."""

import json
from dataclasses import asdict
from datetime import timedelta

from flask import Blueprint, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from server.auth.access import SEALED_FOR_S, Access
from server.auth.oidc_client import AuthorizationRequest, Identity, Issuer
from server.current.services import services
from server.current.session_cookie import cookie_name, delete_cookie, set_cookie
from server.current.sign_in import path_within_site
from server.pages.login import let_in, limiter_keys, show_login, too_many
from server.pages.page import not_found_page
from server.problems import Problem
from server.store.people.accounts import Account
from server.store.people.names import LONGEST_NAME, account_name, is_visible
from server.translatable import N_
from server.web.i18n import gettext as _
from server.web.public_views import open_to_all

oidc = Blueprint("oidc", __name__, url_prefix="/login/oidc")

COOKIE = "chat_oidc"
MOST_NAMESAKES = 100
TOO_LATE = N_("That took too long, or you started in another browser. Start again.")
TOO_MANY = N_("Too many people here have the same name as you.")


@oidc.get("")
@open_to_all
def begin() -> ResponseReturnValue:
    """Redirect to the issuer. A cookie keeps the values that must come back."""
    access = services().access
    if not access.issuer:
        return not_found_page()
    try:
        address, sent = access.issuer.begin(_return_address())
    except Problem as problem:
        return show_login(_(problem.message), problem.status)
    kept = json.dumps({**asdict(sent), "next": path_within_site(request.args.get("next", ""))})
    response = make_response(redirect(address))
    set_cookie(response, request, COOKIE, access.sealed("oidc", kept, of=""), timedelta(seconds=SEALED_FOR_S))
    return response


@oidc.get("/callback")
@open_to_all
def come_back() -> ResponseReturnValue:
    """Sign in the person whom the issuer has confirmed."""
    access = services().access
    if not access.issuer:
        return not_found_page()
    client, _pair = limiter_keys("")
    if wait_s := access.login_limiter.hit(client):
        return too_many(wait_s)
    sent, then = _kept(access)
    try:
        account = _account(access, _identity(access.issuer, sent))
    except Problem as problem:
        access.audit.note("login_failed", by="oidc", address=request.remote_addr)
        response = make_response(show_login(_(problem.message), problem.status))
    else:
        access.login_limiter.refund(client)
        response = make_response(let_in(access, account.id, account.name, then))
    delete_cookie(response, request, COOKIE)
    return response


def _kept(access: Access) -> tuple[AuthorizationRequest | None, str]:
    """Return the contents of the cookie: the values that must have come back, and the path to go to."""
    sealed = access.unsealed("oidc", request.cookies.get(cookie_name(request, COOKIE), ""))
    if not sealed:
        return None, ""
    kept = json.loads(sealed)
    return AuthorizationRequest(kept["state"], kept["nonce"], kept["verifier"]), kept["next"]


def _identity(issuer: Issuer, sent: AuthorizationRequest | None) -> Identity:
    """Return the person as the issuer describes them. Raises: Problem."""
    if not sent:
        raise Problem("forbidden", TOO_LATE)
    return issuer.finish(_return_address(), request.url, sent)


def _account(access: Access, identity: Identity) -> Account:
    """Return the identity's account, which the first sign-in creates. Raises: Problem."""
    return access.accounts.find_by_subject(identity.subject) or _made(access, identity)


def _made(access: Access, identity: Identity) -> Account:
    name = _acceptable(identity.name)
    for number in range(1, MOST_NAMESAKES):
        try:
            made = access.accounts.add(name if number == 1 else f"{name} {number}", "user", subject=identity.subject)
        except Problem as problem:
            if problem.code != "conflict":
                raise
        else:
            access.audit.note("account_added", user=made.name, by="oidc", address=request.remote_addr)
            return made
    raise Problem("conflict", TOO_MANY)


def _acceptable(name: str) -> str:
    """Return a name as an account can have it, with room for a number; `guest` where there is none."""
    visible = "".join(filter(is_visible, name)).strip()[: LONGEST_NAME - 4].strip()
    try:
        return account_name(visible)
    except Problem:
        return "guest"


def _return_address() -> str:
    return f"{request.host_url.rstrip('/')}{url_for('oidc.come_back')}"
