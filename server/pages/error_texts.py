"""What a failure means, in the page's language. The API speaks English; in English a card shows its own sentence."""

from typing import Any

from server.problems import BUG, ERROR_KINDS, INTERRUPTED
from server.web.i18n import SOURCE, gettext, language

FIXED = {BUG, INTERRUPTED}
"""Sentences that say more than their code does."""


def cause(error: dict[str, Any]) -> str:
    """Return what a person reads of an error of the API; without a code, nothing."""
    message, code = error.get("message", ""), error.get("code", "")
    if language() == SOURCE or code not in ERROR_KINDS:
        return str(message)
    return gettext(message if message in FIXED else ERROR_KINDS[code].cause)


def causes() -> dict[str, str]:
    """Return the sentences by code, for scripts; in English they need none."""
    return {} if language() == SOURCE else {code: gettext(kind.cause) for code, kind in ERROR_KINDS.items()}
