"""Every word that people see is in every language, whole."""

import re
from html.parser import HTMLParser

import pytest
from babel import Locale

from server.web.i18n import LOCALES, SOURCE
from server.web.i18n import catalogue as runtime_catalogue
from server.web.preferences import LANGUAGES
from tests.tools.catalogues import PLURALS, ROOT, catalogue, words

TRANSLATED = [tag for tag in LANGUAGES if tag != SOURCE]
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
TAG = re.compile(r"</?\w+[^>]*>")
JINJA = re.compile(r"\{%-?\s*trans.*?endtrans\s*-?%\}|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL)
SENTENCE = re.compile(r'"(?:[^"\\\n]*[A-Z][a-z]+ [a-z]+[^"\\\n]*)"')
SHOWN_ATTRIBUTES = {"title", "alt", "placeholder", "label", "aria-label", "aria-description"}
NAMES = {"USD", "UTC", "g4f-lite"}
"""What is the same in every language."""


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_language_has_every_word_and_no_other(tag):
    there = {entry.msgid for entry in catalogue(tag) if not entry.obsolete}

    assert there == {entry.msgid for entry in words()}, "make messages brings the catalogues in step"


@pytest.mark.parametrize("tag", TRANSLATED)
def test_every_word_is_translated(tag):
    found = catalogue(tag)

    assert [entry.msgid for entry in [*found.untranslated_entries(), *found.fuzzy_entries()]] == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_keeps_what_is_put_in_and_what_is_markup(tag):
    broken = [
        entry.msgid
        for entry in catalogue(tag)
        for text in translations_of(entry)
        if marks(text) != marks(entry.msgid) and not drops_only_the_number(text, entry)
    ]

    assert broken == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_a_translation_ends_as_the_original_does(tag):
    """An ellipsis says that something goes on, a space would stand out."""
    broken = [
        entry.msgid
        for entry in catalogue(tag)
        for text in translations_of(entry)
        if text != text.strip() or text.endswith("…") != entry.msgid.endswith("…")
    ]

    assert broken == []


@pytest.mark.parametrize("tag", TRANSLATED)
def test_plurals_are_those_of_the_language(tag):
    """A form of gettext's stands for one category of CLDR's, by which scripts choose."""
    locale, plural = Locale.parse(tag, sep="-"), runtime_catalogue(tag).plural
    forms = {}
    for number in range(1000):
        forms.setdefault(locale.plural_form(number), set()).add(plural(number))

    assert all(len(indexes) == 1 for indexes in forms.values())
    assert len(set.union(*forms.values())) == int(PLURALS[tag].split("=")[1][0])


def test_no_catalogue_is_of_a_language_that_is_not_offered():
    assert {file.stem for file in LOCALES.glob("*")} == set(TRANSLATED)


class Words(HTMLParser):
    """Notes the text of a template that is not in braces."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_data(self, data):
        self.note(data)

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in SHOWN_ATTRIBUTES and value:
                self.note(value)

    def note(self, text):
        if any(re.search(r"[A-Za-z]{2}", word) and word not in NAMES for word in text.split()):
            self.found.append(" ".join(text.split()))


@pytest.mark.parametrize("file", sorted((ROOT / "client/templates").rglob("*.html")), ids=lambda file: file.name)
def test_no_word_of_a_template_is_left_untranslated(file):
    parser = Words()

    parser.feed(JINJA.sub("", file.read_text()))

    assert parser.found == []


@pytest.mark.parametrize("file", sorted((ROOT / "client/static/js").rglob("*.js")), ids=lambda file: file.name)
def test_scripts_hold_no_sentences(file):
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", file.read_text(), flags=re.DOTALL)

    assert SENTENCE.findall(code) == []


def translations_of(entry):
    return [text for text in (entry.msgstr, *entry.msgstr_plural.values()) if text]


def marks(text):
    return sorted(PLACEHOLDER.findall(text)), sorted(TAG.findall(text))


def drops_only_the_number(text, entry):
    """In a plural form for exactly one or two the number may go without saying."""
    number = {"num"}
    return bool(entry.msgid_plural) and set(PLACEHOLDER.findall(entry.msgid)) - set(PLACEHOLDER.findall(text)) <= number
