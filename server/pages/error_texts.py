"""What a failure means, in the page's language. The API speaks English; in English a card shows its own sentence."""

from typing import Any

from server.problems import BUG, INTERRUPTED
from server.translatable import N_
from server.web.i18n import SOURCE, gettext, language

CAUSES = {
    "invalid_request": N_("The server did not understand this request."),
    "unauthenticated": N_("Sign in first."),
    "forbidden": N_("This is not allowed."),
    "not_found": N_("There is nothing at this address."),
    "unknown_model": N_("This model is not there any more. Pick another one."),
    "unknown_conversation": N_("This conversation is not there any more."),
    "unknown_message": N_("This message is not there any more."),
    "method_not_allowed": N_("The server did not understand this request."),
    "request_timeout": N_("The request took too long to arrive. Try again."),
    "conflict": N_("Something else is happening to this message. Wait until its answer has ended, or stop it."),
    "too_large": N_("This is too much at once. Send less."),
    "unsupported_media_type": N_("The server did not understand this request."),
    "expectation_failed": N_("The server did not understand this request."),
    "rate_limited": N_("These were too many requests. Wait a moment."),
    "headers_too_large": N_("The browser sends too much with its requests. Deleting this site's cookies helps."),
    "internal_error": BUG,
    "busy": N_("The server has too much to do. Try again in a moment."),
    "storage_unavailable": N_("The server cannot store anything at the moment. Try again soon."),
    "missing_key": N_("This provider wants a key, and there is none."),
    "key_rejected": N_("The provider rejected the key."),
    "payment_required": N_("The account at the provider has no credit, or its quota is used up."),
    "provider_rate_limited": N_("The provider asks to slow down. Wait, or use another model."),
    "provider_overloaded": N_("The provider has too much to do. Try again, or use another model."),
    "model_not_supported": N_("The provider does not have this model, or not for this account. Pick another one."),
    "content_refused": N_("The provider refused this content. Other words may help."),
    "prompt_too_long": N_("The conversation is too long for this model. Shorten it, or use a model with more context."),
    "provider_needs_browser": N_("The provider answers only to a person in a browser. Use another model."),
    "provider_unreachable": N_("The provider cannot be reached. Is its address right, and is it running?"),
    "provider_timeout": N_("The provider did not answer in time. Try again, or use another model."),
    "provider_failed": N_("Something failed at the provider. Try again, or use another model."),
    "stream_cut": N_("The answer broke off in the middle; what had arrived is kept."),
    "malformed_reply": N_(
        "The provider answered something that cannot be understood. Try again, or use another model."
    ),
}
"""By the code of a problem."""
FIXED = {BUG, INTERRUPTED}
"""Sentences that say more than their code does."""


def cause(error: dict[str, Any]) -> str:
    """Return what a person reads of an error of the API; without a code, nothing."""
    message, code = error.get("message", ""), error.get("code", "")
    if language() == SOURCE or code not in CAUSES:
        return str(message)
    return gettext(message if message in FIXED else CAUSES[code])


def causes() -> dict[str, str]:
    """Return the sentences by code, for scripts; in English they need none."""
    return {} if language() == SOURCE else {code: gettext(sentence) for code, sentence in CAUSES.items()}
