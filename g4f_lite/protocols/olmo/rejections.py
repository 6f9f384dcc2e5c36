"""What the playground means by refusing a question, told from its words as far as its status does not tell."""

import re

from g4f_lite.errors import (
    ContentRefusedError,
    KeyRejectedError,
    ModelNotSupportedError,
    NeedsBrowserError,
    RejectedError,
)

ECHO = re.compile(r"input_value=.*?(?:, input_type=\w+|$)")
"""Where the service repeats what it was sent, which may speak of anything."""
CAPTCHA = re.compile(r"(?:failed|invalid)_captcha|captcha_?token|evaluate captcha")
MODERATION = re.compile(r"\binappropriate_\w+")
NO_SUCH_MODEL = re.compile(r"available on|isn't available|\bmodel[/ -]host\b")
LOST = re.compile(r"\b(?:parent|roles?|visibility|root)\b")

NEEDS_BROWSER = "{0} asks for a captcha, so it needs a browser right now. Choose another model."
REFUSES = "{0} refused to answer this."
HAS_NO_MODEL = "{0} does not offer this model on this host. Choose another one."
NO_STRANGERS = "{0} only answers people with an account (status {1}). Choose another model."


def explained(provider: str, error: RejectedError) -> RejectedError | None:
    """Return a more telling error than `error_from_response` made of the same answer, or None.

    provider: the name in config.json.
    """
    said = _said(error)
    if CAPTCHA.search(said):
        return _as(NeedsBrowserError, NEEDS_BROWSER.format(provider), error)
    if MODERATION.search(said):
        return _as(ContentRefusedError, REFUSES.format(provider), error)
    if NO_SUCH_MODEL.search(said):
        return _as(ModelNotSupportedError, HAS_NO_MODEL.format(provider), error)
    if isinstance(error, KeyRejectedError):
        return _as(KeyRejectedError, NO_STRANGERS.format(provider, error.status), error)
    return None


def is_about_the_thread(error: RejectedError) -> bool:
    """Tell whether the question may be welcome in a new thread: this one is gone, or somebody else's."""
    if type(error) is KeyRejectedError:
        return error.status == 403
    return type(error) is RejectedError and bool(LOST.search(_said(error)))


def _said(error: RejectedError) -> str:
    return ECHO.sub("", error.detail).lower()


def _as(kind: type[RejectedError], sentence: str, error: RejectedError) -> RejectedError:
    return kind(sentence, detail=error.detail, retry_after=error.retry_after, status=error.status)
