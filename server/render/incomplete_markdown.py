"""Interprets incomplete Markdown so that what is shown rarely has to change later.

All of it is for the moment only: the next update, or the end of the answer, shows what was really meant.
"""

import re
from dataclasses import dataclass

from server.render.markup import language

MAX_PARAGRAPH = 4_000
"""Characters of an unfinished paragraph that are examined; a longer one is shown unchanged."""

_UNDECIDED_LINE = re.compile(r"[\s\d\-=|:*+_#>~`$\\\[\]().!]*|\s*(?:`{3,}|~{3,})[^`]*")
_FENCE = re.compile(r"(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)\n")
_MARK = re.compile(r"\\.|`+|\*{1,2}|~~", re.DOTALL)
_TRAILING_MARKS = re.compile(r"[*~`]*\s*\Z")
_HALF_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\s]*\Z")


@dataclass(frozen=True, slots=True)
class OpenFence:
    """A code block whose closing fence has not arrived; `code` is its text so far."""

    language: str
    code: str


def open_fence(tail: str) -> OpenFence | None:
    """Return the code block that the tail consists of, if that is certain without parsing."""
    opening = _FENCE.match(tail)
    if opening is None or (opening["mark"][0] == "`" and "`" in opening["info"]):
        return None
    if tail.find(opening["mark"], opening.end("info")) >= 0:  # possibly its end: leave it to the parser
        return None
    return OpenFence(language(opening["info"]), decided(tail.removesuffix("\r"))[opening.end() :])


def decided(text: str) -> str:
    """Return the text without a last line that could still become a list, a rule, a heading or a fence."""
    start = text.rfind("\n") + 1
    return text[:start] if _UNDECIDED_LINE.fullmatch(text, start) else text


def completed(text: str) -> str:
    """Return the text with open emphasis and code spans closed, and half a link reduced to its text."""
    paragraph = text[text.rfind("\n\n") + 1 :]
    if len(paragraph) > MAX_PARAGRAPH or "```" in paragraph or "~~~" in paragraph:
        return text
    body = text[: _trailing_marks_start(text)]
    opened = _opened(body[len(text) - len(paragraph) :])
    if not (opened and opened[-1].startswith("`")):
        body = _HALF_LINK.sub(r"\1", body)
    return body + "".join(reversed(opened)) if opened or len(body) < len(text.rstrip()) else text


def _trailing_marks_start(text: str) -> int:
    found = _TRAILING_MARKS.search(text, max(0, len(text) - 40))
    return found.start() if found else len(text)


def _opened(paragraph: str) -> list[str]:
    """Return the unclosed marks in order."""
    opened: list[str] = []
    for found in _MARK.finditer(paragraph):
        mark = found[0]
        if mark in opened and (mark.startswith("`") or not paragraph[found.start() - 1].isspace()):
            del opened[opened.index(mark) :]
        elif mark[0] != "\\" and not any(other.startswith("`") for other in opened) and _can_open(paragraph, found):
            opened.append(mark)
    return opened


def _can_open(paragraph: str, found: re.Match[str]) -> bool:
    follower = paragraph[found.end() : found.end() + 1]
    return bool(follower) and (not follower.isspace() or found[0].startswith("`"))
