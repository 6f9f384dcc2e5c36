"""Finds the reason for a rejection of the playground in its text, because its status does not show it."""

import re

from g4f_lite.errors import (
    ContentRefusedError,
    KeyRejectedError,
    ModelNotSupportedError,
    NeedsBrowserError,
    RejectedError,
)

ECHO = re.compile(r"input_value=.*?(?:, input_type=\w+|$)")
"""The service's echo of the request, which may contain any words."""
CAPTCHA = re.compile(r"(?:failed|invalid)_captcha|captcha_?token|evaluate captcha")
MODERATION = re.compile(r"\binappropriate_\w+")
NO_SUCH_MODEL = re.compile(r"available on|isn't available|\bmodel[/ -]host\b")
LOST_THREAD = re.compile(r"\b(?:parent|roles?|visibility|root)\b")

NEEDS_BROWSER = "{0} asks for a captcha, so it needs a browser right now. Choose another model."
REFUSES = "{0} refused to answer this."
HAS_NO_MODEL = "{0} does not offer this model on this host. Choose another one."
NO_STRANGERS = "{0} only answers people with an account (status {1}). Choose another model."


def explained(provider: str, error: RejectedError) -> RejectedError | None:
    """Return a more precise error than the one of `error_from_response`, or None.

    provider: the name in config.json.
    """
    detail = _detail(error)
    if CAPTCHA.search(detail):
        return _with_sentence(NeedsBrowserError, NEEDS_BROWSER.format(provider), error)
    if MODERATION.search(detail):
        return _with_sentence(ContentRefusedError, REFUSES.format(provider), error)
    if NO_SUCH_MODEL.search(detail):
        return _with_sentence(ModelNotSupportedError, HAS_NO_MODEL.format(provider), error)
    if isinstance(error, KeyRejectedError):
        return _with_sentence(KeyRejectedError, NO_STRANGERS.format(provider, error.status), error)
    return None


def is_about_the_thread(error: RejectedError) -> bool:
    """Return whether a new thread may help, because this one is gone or belongs to another user."""
    if type(error) is KeyRejectedError:
        return error.status == 403
    return type(error) is RejectedError and bool(LOST_THREAD.search(_detail(error)))


def _detail(error: RejectedError) -> str:
    return ECHO.sub("", error.detail).lower()


def _with_sentence(kind: type[RejectedError], sentence: str, error: RejectedError) -> RejectedError:
    return kind(sentence, detail=error.detail, retry_after=error.retry_after, status=error.status)
