"""The limits in config.json: turns, requests and tokens of a person and of an address."""

from typing import Any

from pydantic import NonNegativeInt

from g4f_lite.config.settings import Strict

ALONE = {
    "turns_per_minute": 0,
    "requests_per_minute": 0,
    "address_turns_per_minute": 0,
    "address_requests_per_minute": 0,
    "storage_mb": 0,
}
"""Defaults where nobody signs in: no limits that a single person could reach."""
MANY = 100
MB = 1_000_000


class Limits(Strict):
    """The defaults are for people who sign in. 0 is no limit."""

    turns_per_minute: NonNegativeInt = 20
    concurrent_turns: NonNegativeInt = 8
    tokens_per_day: NonNegativeInt = 0
    """Input and output within 24 hours; estimated if the service does not count."""
    requests_per_minute: NonNegativeInt = 600
    storage_mb: NonNegativeInt = 500
    """What a person's messages may take up, in millions of bytes. Beyond it no turn begins; a running one is saved."""
    address_turns_per_minute: NonNegativeInt = 60
    """From one address, whoever uses it."""
    address_requests_per_minute: NonNegativeInt = 1800

    @property
    def storage_bytes(self) -> int:
        return self.storage_mb * MB


def with_limits(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the default limits for its auth mode."""
    auth, limits = document.get("auth", {}), document.get("limits", {})
    if not isinstance(auth, dict) or not isinstance(limits, dict) or auth.get("mode", "none") != "none":
        return document
    return {**document, "limits": {**ALONE, "concurrent_turns": MANY, **limits}}
