"""The part of a text around the words that a search found."""

import re
from collections.abc import Iterable
from typing import TypedDict

LENGTH = 160
"""Characters, unless the found words are longer."""
LEAD = 48
"""Characters before the first found word."""


MARKUP = re.compile(r"^[ \t]*(?:#+ |> ?|```.*)|\*\*(?=\S)|(?<=\S)\*\*", re.MULTILINE)
TABLE_ROW = re.compile(r"^[ \t]*\|[^\n]*", re.MULTILINE)
"""Marks of Markdown that only disturb in a snippet: headings, quotations, fences, bold, and table rows."""


class SnippetPart(TypedDict):
    """Part of a text. `hit` tells whether it is a found word."""

    text: str
    hit: bool


def snippet(text: str, words: Iterable[str]) -> list[SnippetPart]:
    """Return the text around the first found word, with white space collapsed; a short text as a whole.

    text: Markdown. Its marks are left out, unless the found words are among them.
    """
    hit = _pattern(words)
    bare, text = " ".join(_without_marks(text).split()), " ".join(text.split())
    if found := hit.search(bare):
        text = bare
    else:
        found = hit.search(text)
    first, last = found.span() if found else (0, 0)
    start = _start(text, first)
    end = _end(text, max(start + LENGTH, last), last)
    return [
        *([SnippetPart(text="… " if text[start - 1] == " " else "…", hit=False)] if start else []),
        *_parts(text[start:end], hit),
        *([SnippetPart(text=" …" if text[end] == " " else "…", hit=False)] if end < len(text) else []),
    ]


def highlighted(text: str, words: Iterable[str]) -> list[SnippetPart]:
    """Return the whole text, with the found words marked."""
    return _parts(text, _pattern(words))


def _without_marks(text: str) -> str:
    return MARKUP.sub("", TABLE_ROW.sub(lambda row: row[0].replace("|", " ").strip("-: "), text))


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of the words, longer ones first."""
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)", re.IGNORECASE)


def _start(text: str, first: int) -> int:
    """Return where to begin: at the start of a word before the hit, if there is one."""
    start = min(first - LEAD, len(text) - LENGTH)
    if start <= 0:
        return 0
    return text.find(" ", start - 1, first) + 1 or start


def _end(text: str, end: int, last: int) -> int:
    """Return where to end: at the end of a word after the hit, if there is one."""
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", last, end + 1)
    return space if space > 0 else end


def _parts(text: str, hit: re.Pattern[str]) -> list[SnippetPart]:
    parts, end = [], 0
    for found in hit.finditer(text):
        parts += [SnippetPart(text=text[end : found.start()], hit=False), SnippetPart(text=found[0], hit=True)]
        end = found.end()
    return [part for part in [*parts, SnippetPart(text=text[end:], hit=False)] if part["text"]]
