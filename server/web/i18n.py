"""The languages of the page: gettext catalogues, each read when it is first asked for. The English text is the key."""

import json
import re
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

import polib
from flask import Flask, g, has_request_context, request

from server.web.preferences import LANGUAGES, preferences

LOCALES = Path(__file__).parents[2] / "client" / "locales"
SOURCE = "en"
RIGHT_TO_LEFT = {"ar"}
PLURAL_SAMPLES = {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}
"""A number of each category of plurals, as every language here that has the category sees it. Source: CLDR, plurals."""

_BY_PRIMARY = {tag.split("-")[0]: tag for tag in LANGUAGES}


def translate_templates(app: Flask) -> None:
    """Translate templates into the language of the reader."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=language, direction=direction, plural_forms=plural_forms)


def language() -> str:
    """Return the tag of the reader's language: the chosen one, or the first of the browser's that there is."""
    if not has_request_context():
        return SOURCE
    if "language" not in g:
        g.language = preferences()["language"] or _accepted()
    return str(g.language)


def closest(tag: str) -> str:
    """Return the language that is there for a tag such as `pt-PT` or `pt_BR`; empty if there is none."""
    return _BY_PRIMARY.get(re.split("[-_]", tag)[0].lower(), "")


def direction() -> str:
    """Return the direction of writing, for `dir`."""
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def gettext(message: str) -> str:
    """Return a message in the reader's language."""
    return catalogue(language()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form for a number in the reader's language; the caller puts the number in."""
    return catalogue(language()).ngettext(singular, plural, number)


def plural_forms(singular: str, plural: str) -> str:
    """Return JSON with the form of each category of plurals, for scripts, which choose by `Intl.PluralRules`."""
    return json.dumps({name: ngettext(singular, plural, number) for name, number in PLURAL_SAMPLES.items()})


@lru_cache
def catalogue(tag: str) -> NullTranslations:
    """Return the messages of a language."""
    if tag == SOURCE:
        return NullTranslations()
    return GNUTranslations(BytesIO(polib.pofile(str(LOCALES / f"{tag}.po")).to_binary()))


def _accepted() -> str:
    for tag, quality in request.accept_languages:
        if quality > 0 and (found := closest(tag)):
            return found
    return SOURCE
