"""Chooses the language of a page and translates it, with gettext catalogues that are read when first needed.

The English text is the key in every catalogue.
"""

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
"""A number in each plural category, valid for every supported language that has the category. Source: CLDR, plurals."""

_BY_PRIMARY_SUBTAG = {tag.split("-")[0]: tag for tag in LANGUAGES}


def translate_templates(app: Flask) -> None:
    """Translate templates into the language of the reader."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    app.jinja_env.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(language=language, direction=direction, plural_forms=plural_forms)


def language() -> str:
    """Return the tag of the reader's language: the one in their settings, or the browser's first that is supported."""
    if not has_request_context():
        return SOURCE
    if "language" not in g:
        g.language = preferences()["language"] or _accepted()
    return str(g.language)


def closest_language(tag: str) -> str:
    """Return the supported language for a tag such as `pt-PT` or `pt_BR`; empty if there is none."""
    return _BY_PRIMARY_SUBTAG.get(re.split("[-_]", tag)[0].lower(), "")


def direction() -> str:
    """Return the writing direction, for the attribute `dir`."""
    return "rtl" if language() in RIGHT_TO_LEFT else "ltr"


def gettext(message: str) -> str:
    """Return a message in the reader's language."""
    return catalogue(language()).gettext(message)


def ngettext(singular: str, plural: str, number: int) -> str:
    """Return the form for a number in the reader's language. The caller inserts the number."""
    return catalogue(language()).ngettext(singular, plural, number)


def plural_forms(singular: str, plural: str) -> str:
    """Return JSON with the form of each plural category, from which scripts choose with `Intl.PluralRules`."""
    return json.dumps({name: ngettext(singular, plural, number) for name, number in PLURAL_SAMPLES.items()})


@lru_cache
def catalogue(tag: str) -> NullTranslations:
    """Return the translations into a language."""
    if tag == SOURCE:
        return NullTranslations()
    return GNUTranslations(BytesIO(polib.pofile(str(LOCALES / f"{tag}.po")).to_binary()))


def _accepted() -> str:
    for tag, quality in request.accept_languages:
        if quality > 0 and (found := closest_language(tag)):
            return found
    return SOURCE
