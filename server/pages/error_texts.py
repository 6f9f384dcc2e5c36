"""What a page says about a failure, for example of a provider, in the reader's language.

The API speaks English, so an English page shows the API's own message.
"""

from typing import Any

from flask import Flask

from server.problems import BUG, ERROR_KINDS, INTERRUPTED
from server.web.i18n import SOURCE, gettext, language

OWN_TEXTS = {BUG, INTERRUPTED}
"""Messages that say more than the text of their code."""


def install_error_texts(app: Flask) -> None:
    """Let templates use the texts."""
    app.jinja_env.globals.update(error_text=error_text, error_texts=error_texts)


def error_text(error: dict[str, Any]) -> str:
    """Return the text for an error of the API; it is empty for an error without message and code."""
    message, code = error.get("message", ""), error.get("code", "")
    if language() == SOURCE or code not in ERROR_KINDS:
        return str(message)
    return gettext(message if message in OWN_TEXTS else ERROR_KINDS[code].text)


def error_texts() -> dict[str, str]:
    """Return the texts by code, for scripts; none in English, where scripts show the API's messages."""
    return {} if language() == SOURCE else {code: gettext(kind.text) for code, kind in ERROR_KINDS.items()}
