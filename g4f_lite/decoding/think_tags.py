"""Reasoning written into the text itself, between <think> and </think>, told apart from the answer.

Only a reply that begins with the opening tag is taken apart, so an answer about such tags keeps them. Where the
prompt ended with the opening tag the reply holds just the closing one, on a line of its own: the tag is left out, and
what came before stays where it is, because it has been shown already.
"""

from collections.abc import Callable

from g4f_lite.pieces import Content, Reasoning

OPENING = "<think>"
CLOSING = "</think>"
CLOSING_LINE = "\n</think>"

LONGEST_BLANK = 1000
"""Characters of white space that are held back to see what follows them."""

Pieces = list[Content | Reasoning]


class Blank:
    """Holds leading white space back: alone it must not open a block of reasoning, inside of one it counts."""

    def __init__(self) -> None:
        self._held = ""
        self._opened = False

    def feed(self, text: str) -> Pieces:
        """Return the text as reasoning, or nothing while there is only white space."""
        if not self._opened:
            text = self._held = self._held + text
            self._opened = bool(text.strip()) or len(text) > LONGEST_BLANK
        return [Reasoning(text)] if self._opened and text else []


Place = Callable[["ThinkTagSplitter", str], tuple[Pieces, str]]
"""Where in the reply we are: takes text, returns pieces and the text left for the place it moved to."""


class ThinkTagSplitter:
    """Splits the text of one reply. The tags may be divided between pieces in any way."""

    def __init__(self) -> None:
        self._held = ""
        self._reasoning = Blank()
        self._place: Place = ThinkTagSplitter._at_the_start

    def feed(self, text: str) -> Pieces:
        """Return what the text adds; what may be the beginning of a tag is held back."""
        if self._place is ThinkTagSplitter._in_the_answer and not self._held and "<" not in text and text[-1:] != "\n":
            return [Content(text)] if text else []
        text, self._held = self._held + text, ""
        pieces: Pieces = []
        while text:
            added, text = self._place(self, text)
            pieces += added
        return pieces

    def end(self) -> Pieces:
        """Return what was held back."""
        held, self._held = self._held, ""
        if not held:
            return []
        return self._reasoning.feed(held) if self._place is ThinkTagSplitter._in_thought else [Content(held)]

    def _at_the_start(self, text: str) -> tuple[Pieces, str]:
        begun = text.lstrip()
        if begun.startswith(OPENING):
            self._place = ThinkTagSplitter._in_thought
            return [], begun.removeprefix(OPENING)
        if begun.startswith(CLOSING):
            self._place = ThinkTagSplitter._in_the_rest
            return [], begun.removeprefix(CLOSING)
        if len(text) < LONGEST_BLANK and (OPENING.startswith(begun) or CLOSING.startswith(begun)):
            self._held = text
            return [], ""
        self._place = ThinkTagSplitter._in_the_answer
        return [], text

    def _in_thought(self, text: str) -> tuple[Pieces, str]:
        thought, found, rest = self._until(CLOSING, text)
        if found:
            self._place = ThinkTagSplitter._in_the_rest
        return self._reasoning.feed(thought), rest

    def _in_the_answer(self, text: str) -> tuple[Pieces, str]:
        answer, found, rest = self._until(CLOSING_LINE, text)
        if found:
            self._place = ThinkTagSplitter._in_the_rest
            answer += "\n"
        return ([Content(answer)] if answer else []), rest

    def _in_the_rest(self, text: str) -> tuple[Pieces, str]:
        return [Content(text)], ""

    def _until(self, tag: str, text: str) -> tuple[str, bool, str]:
        """Return the text before the tag, whether it was there, and the text behind it; hold its beginning back."""
        before, found, behind = text.partition(tag)
        if not found:
            self._held = _beginning(tag, text)
            before = text.removesuffix(self._held)
        return before, bool(found), behind


def _beginning(tag: str, text: str) -> str:
    """Return the longest end of the text with which the tag begins."""
    return next((tag[:size] for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size])), "")
