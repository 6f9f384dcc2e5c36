"""A short part of a text around what a search found in it."""

import re
from collections.abc import Iterable
from typing import TypedDict

LENGTH = 160
"""Characters, where what was found is not longer."""
LEAD = 48
"""Characters in front of what was found."""


MARKUP = re.compile(r"^[ \t]*(?:#+ |> ?|```.*)|\*\*(?=\S)|(?<=\S)\*\*", re.MULTILINE)
ROW = re.compile(r"^[ \t]*\|[^\n]*", re.MULTILINE)
"""What is in the way of reading some words of Markdown: headings, quotations, fences, bold; and the rows of a table."""


class Piece(TypedDict):
    """Some of a text; `hit` says that it is what was looked for."""

    text: str
    hit: bool


def snippet(text: str, words: Iterable[str]) -> list[Piece]:
    """Return the text around the first hit in pieces, white space collapsed; all of a text that is short enough.

    text: Markdown. Its marks are left out, unless they are what was found.
    """
    hit = _pattern(words)
    bare, text = " ".join(_bare(text).split()), " ".join(text.split())
    if found := hit.search(bare):
        text = bare
    else:
        found = hit.search(text)
    first, last = found.span() if found else (0, 0)
    start = _start(text, first)
    end = _end(text, max(start + LENGTH, last), last)
    return [
        *([Piece(text="… " if text[start - 1] == " " else "…", hit=False)] if start else []),
        *_pieces(text[start:end], hit),
        *([Piece(text=" …" if text[end] == " " else "…", hit=False)] if end < len(text) else []),
    ]


def marked(text: str, words: Iterable[str]) -> list[Piece]:
    """Return the whole text in pieces."""
    return _pieces(text, _pattern(words))


def _bare(text: str) -> str:
    return MARKUP.sub("", ROW.sub(lambda row: row[0].replace("|", " ").strip("-: "), text))


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return what matches any of the words, a longer one first."""
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))) or "(?!)", re.IGNORECASE)


def _start(text: str, first: int) -> int:
    """Return where to begin: at a word where there is one to begin with, in front of the hit."""
    start = min(first - LEAD, len(text) - LENGTH)
    if start <= 0:
        return 0
    return text.find(" ", start - 1, first) + 1 or start


def _end(text: str, end: int, last: int) -> int:
    """Return where to end: behind a word where there is one to end with, behind the hit."""
    if end >= len(text):
        return len(text)
    space = text.rfind(" ", last, end + 1)
    return space if space > 0 else end


def _pieces(text: str, hit: re.Pattern[str]) -> list[Piece]:
    pieces, end = [], 0
    for found in hit.finditer(text):
        pieces += [Piece(text=text[end : found.start()], hit=False), Piece(text=found[0], hit=True)]
        end = found.end()
    return [piece for piece in [*pieces, Piece(text=text[end:], hit=False)] if piece["text"]]
