"""The key by which a program says for whom it asks."""

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
"""By which people, and programs that look for leaked keys, tell what it is."""
WRONG = "This API key is not right, or not any more. Make another one on the page, under Settings, API keys."
TOO_OFTEN = "There were too many wrong API keys. Try again in a few minutes."


def key_in(asked: Request) -> str:
    """Return the key that a request brings to a view that takes one, or an empty text."""
    if asked.blueprint not in API_KEY_BLUEPRINTS:
        return ""
    scheme, _, key = asked.headers.get("Authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else asked.headers.get("x-api-key", "").strip()


def new_key(access: "Access", user_id: str, name: str, settings: KeySettings, lifetime: timedelta | None = None) -> str:
    """Make a key, and return it: it is told this once. Raises: Problem, as `ApiKeys.add` says."""
    key = f"{PREFIX}{secrets.token_urlsafe(32)}"
    access.api_keys.add(access.hash_of_key(key), user_id, name, key[-4:], settings, lifetime)
    return key


def holder(access: "Access", key: str, address: str) -> tuple[ApiKey, Account] | None:
    """Return the key as it is stored, and whose it is.

    Where nobody has to sign in, what does not look like one of our keys is nothing: programs always send something.
    Raises: Problem, with `unauthenticated`, or with `rate_limited` for who guesses.
    """
    if access.mode == "none" and not key.startswith(PREFIX):
        return None
    found = access.api_keys.find(access.hash_of_key(key))
    if found and (access.mode == "accounts" or found[1].id == LOCAL_USER):
        return found
    if wait_s := access.login_limiter.hit(("keys from", network(address))):
        raise Problem("rate_limited", TOO_OFTEN, retry_after=wait_s)
    raise Problem("unauthenticated", WRONG)
