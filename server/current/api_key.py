"""The API key with which a program sends requests in a person's name."""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Request

from server.limits.rate_limiter import network
from server.problems import Problem
from server.store.people.accounts import LOCAL_USER, Account
from server.store.people.api_keys import ApiKey, KeySettings

if TYPE_CHECKING:
    from server.auth.access import Access

API_KEY_BLUEPRINTS = frozenset({"openai", "anthropic"})
"""The blueprints whose views accept API keys."""
PREFIX = "sk-g4f-"
"""Lets people, and programs that search for leaked keys, recognize one."""
WRONG = "This API key is invalid, expired or revoked. Create a new one on the page under Settings, API keys."
TOO_OFTEN = "Too many requests with an invalid API key. Try again in a few minutes."


def sent_key(request: Request) -> str:
    """Return the key in a request to a view that accepts keys, or an empty text."""
    if request.blueprint not in API_KEY_BLUEPRINTS:
        return ""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else request.headers.get("x-api-key", "").strip()


def new_key(access: "Access", user_id: str, name: str, settings: KeySettings, lifetime: timedelta | None = None) -> str:
    """Store a new key and return it; only its hash is kept. Raises: Problem, like `ApiKeys.add`."""
    key = f"{PREFIX}{secrets.token_urlsafe(32)}"
    access.api_keys.add(access.hash_of_key(key), user_id, name, key[-4:], settings, lifetime)
    return key


def account_of_key(access: "Access", key: str, address: str) -> tuple[ApiKey, Account] | None:
    """Return the stored key and its account.

    None where nobody has to sign in and the key is not one of ours: many programs cannot leave the key out.
    Raises: Problem("unauthenticated"); Problem("rate_limited") after too many wrong keys.
    """
    if access.mode == "none" and not key.startswith(PREFIX):
        return None
    found = access.api_keys.find(access.hash_of_key(key))
    if found and (access.mode == "accounts" or found[1].id == LOCAL_USER):
        return found
    if wait_s := access.login_limiter.hit(("keys from", network(address))):
        raise Problem("rate_limited", TOO_OFTEN, retry_after=wait_s)
    raise Problem("unauthenticated", WRONG)
