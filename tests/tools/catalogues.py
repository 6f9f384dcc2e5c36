"""The words that people see, collected from templates and modules.

`python -m tests.tools.catalogues` brings the catalogues in step with them: new words come in untranslated, for a
translator to fill in, and words that nobody uses any more go.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import polib
from babel.messages.extract import extract_from_dir

from server.web.i18n import LOCALES, SOURCE
from server.web.preferences import LANGUAGES

ROOT = Path(__file__).parents[2]
PLACES = {"server": [("**.py", "python")], "client/templates": [("**.html", "jinja2.ext:babel_extract")]}
OPTIONS = {"**.html": {"extensions": "jinja2.ext.i18n", "trimmed": "true", "silent": "false"}}
KEYWORDS = {"_": None, "gettext": None, "N_": None, "ngettext": (1, 2), "plural_forms": (1, 2)}

ONE_OR_MORE = "nplurals=2; plural=(n != 1);"
UP_TO_ONE_OR_MORE = "nplurals=2; plural=(n > 1);"
NO_PLURAL = "nplurals=1; plural=0;"
SLAVIC = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
ARABIC = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"
PLURALS = {
    "ru": SLAVIC,
    "uk": SLAVIC,
    "de": ONE_OR_MORE,
    "es": ONE_OR_MORE,
    "fr": UP_TO_ONE_OR_MORE,
    "pt-BR": UP_TO_ONE_OR_MORE,
    "zh-Hans": NO_PLURAL,
    "ja": NO_PLURAL,
    "ar": ARABIC,
}
"""Source: GNU gettext manual, plural forms; CLDR for whole numbers."""


def words() -> polib.POFile:
    """Return every message, each once, with the files it is used in."""
    found = polib.POFile(wrapwidth=110)
    by_id: dict[str, polib.POEntry] = {}
    for file, message in sorted(_messages(), key=lambda one: (one[0], str(one[1]))):
        singular, plural = message if isinstance(message, tuple) else (message, "")
        if singular not in by_id:
            by_id[singular] = polib.POEntry(msgid=singular)
            found.append(by_id[singular])
        entry = by_id[singular]
        entry.msgid_plural = entry.msgid_plural or plural
        if (file, "") not in entry.occurrences:
            entry.occurrences.append((file, ""))
    return found


def catalogue(tag: str) -> polib.POFile:
    """Return a language's catalogue as it is; an empty one for a new language."""
    file = LOCALES / f"{tag}.po"
    found = polib.pofile(str(file), wrapwidth=110) if file.exists() else polib.POFile(wrapwidth=110)
    found.metadata = {
        "Language": tag,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": PLURALS[tag],
    }
    return found


def brought_in_step(tag: str) -> polib.POFile:
    """Return a language's catalogue with the messages there are now, in their order."""
    before = {entry.msgid: entry for entry in catalogue(tag) if not entry.obsolete}
    found = catalogue(tag)
    del found[:]
    for entry in words():
        known = before.get(entry.msgid)
        if known and bool(known.msgid_plural) == bool(entry.msgid_plural):
            entry.msgstr, entry.msgstr_plural = known.msgstr, known.msgstr_plural
        if entry.msgid_plural and not entry.msgstr_plural:
            entry.msgstr_plural = dict.fromkeys(range(int(PLURALS[tag].split("=")[1][0])), "")
        found.append(entry)
    return found


def _messages() -> Iterator[tuple[str, str | tuple[str, str]]]:
    for place, methods in PLACES.items():
        for file, _, message, _, _ in extract_from_dir(str(ROOT / place), methods, OPTIONS, KEYWORDS):
            yield f"{place}/{file}", message


if __name__ == "__main__":
    for language in LANGUAGES:
        if language != SOURCE:
            in_step = brought_in_step(language)
            in_step.save(str(LOCALES / f"{language}.po"))
            sys.stdout.write(f"{language}: {len(in_step.untranslated_entries())} of {len(in_step)} not translated\n")
