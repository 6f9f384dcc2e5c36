"""How much one person, and one address, may ask for, as config.json says it."""

from typing import Any

from pydantic import NonNegativeInt

from g4f_lite.config.settings import Strict

ALONE = {
    "turns_per_minute": 0,
    "requests_per_minute": 0,
    "address_turns_per_minute": 0,
    "address_requests_per_minute": 0,
}
"""What holds for who is alone with the server: nothing that one person would ever meet."""
MANY = 100


class Limits(Strict):
    """The values here are for people who sign in. 0 is no limit."""

    turns_per_minute: NonNegativeInt = 20
    concurrent_turns: NonNegativeInt = 8
    tokens_per_day: NonNegativeInt = 0
    """Asked and answered with, within 24 hours; where the service does not count them they are estimated."""
    requests_per_minute: NonNegativeInt = 600
    address_turns_per_minute: NonNegativeInt = 60
    """From one address, whoever is there."""
    address_requests_per_minute: NonNegativeInt = 1800


def with_limits(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with the limits of its way to come in."""
    auth, limits = document.get("auth", {}), document.get("limits", {})
    if not isinstance(auth, dict) or not isinstance(limits, dict) or auth.get("mode", "none") != "none":
        return document
    return {**document, "limits": {**ALONE, "concurrent_turns": MANY, **limits}}
