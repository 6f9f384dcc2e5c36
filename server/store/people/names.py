"""Names: what an account can be called, so that no two names look the same.

Source: https://www.unicode.org/reports/tr39/, restriction level "highly restrictive". The script of a letter is the
first word of its Unicode name.
"""

import unicodedata
from itertools import pairwise

from server.problems import Problem
from server.translatable import N_

LONGEST_NAME = 64
UNFIT = N_("A name must have 1 to 64 visible characters and no spaces at the start or end.")
MIXED = N_(
    "A name cannot mix scripts that look alike, such as Latin and Cyrillic. Use letters and digits of one script."
)

INVISIBLE = (
    *((0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F)),
    *((0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)),
    (0x2800, 0x2800),  # an empty Braille cell
)
"""Ranges of characters that need not show. Source: Default_Ignorable_Code_Point in
https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt"""

WRITTEN_TOGETHER = (
    {"LATIN", "CJK", "HIRAGANA", "KATAKANA"},
    {"LATIN", "CJK", "BOPOMOFO"},
    {"LATIN", "CJK", "HANGUL"},
)
"""Scripts that people mix in one name: Japanese, Chinese and Korean, each with Latin letters."""


def valid_name(name: str) -> str:
    """Return a name of anything as it is stored. Raises: Problem("invalid_request")."""
    name = unicodedata.normalize("NFC", name)
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable() or name != name.strip():
        raise Problem("invalid_request", UNFIT)
    return name


def account_name(name: str) -> str:
    """Return a name of an account as it is stored. Raises: Problem("invalid_request")."""
    name = " ".join(valid_name(name).split())
    if not all(map(is_visible, name)) or _repeats_a_mark(name):
        raise Problem("invalid_request", UNFIT)
    scripts = _scripts(name)
    if len(scripts) > 1 and not any(scripts <= together for together in WRITTEN_TOGETHER):
        raise Problem("invalid_request", MIXED)
    return name


def name_key(name: str) -> str:
    """Return the form in which names that look the same to people are equal."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())


def is_visible(character: str) -> bool:
    """Tell whether a character shows."""
    return character.isprintable() and not any(first <= ord(character) <= last for first, last in INVISIBLE)


def _repeats_a_mark(name: str) -> bool:
    """Tell whether an accent stands twice in a row, where it shows once."""
    return any(
        one == other and unicodedata.combining(one) for one, other in pairwise(unicodedata.normalize("NFD", name))
    )


def _scripts(name: str) -> set[str]:
    """Return the scripts of the letters, marks and digits that belong to one."""
    words = [
        unicodedata.name(character, "").replace("-", " ").removeprefix("EXTENDED ").split(" ")[0]
        for character in unicodedata.normalize("NFKC", name)
        if unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lo", "Mn", "Mc", "Nd")
        and character not in "0123456789"
    ]
    return set(words) - {"COMBINING"}
