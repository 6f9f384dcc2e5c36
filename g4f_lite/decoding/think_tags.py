"""Separates reasoning between <think> and </think> from the answer.

Only a reply that begins with the opening tag is split, so an answer about such tags keeps them. If the prompt ended
with the opening tag, the reply holds only the closing one, on a line of its own. That tag is dropped, and the text
before it stays in the answer because it was already shown.
"""

from collections.abc import Callable

from g4f_lite.pieces import Content, Reasoning

TAGS = {"<think>": "</think>", "<thinking>": "</thinking>", "<thought>": "</thought>", "[THINK]": "[/THINK]"}
"""The closing tag by the opening one; a model uses the same pair for all of its replies."""
CLOSING = "</think>"
CLOSING_LINE = "\n</think>"

LONGEST_BLANK = 1000
"""Characters of white space that are held back until other text follows."""

Pieces = list[Content | Reasoning]


class LeadingSpace:
    """Holds back leading white space: alone it must not begin a block of reasoning, but inside one it counts."""

    def __init__(self) -> None:
        self._held = ""
        self._opened = False

    def feed(self, text: str) -> Pieces:
        """Return the text as reasoning, or an empty list while there is only white space."""
        if not self._opened:
            text = self._held = self._held + text
            self._opened = bool(text.strip()) or len(text) > LONGEST_BLANK
        return [Reasoning(text)] if self._opened and text else []


Step = Callable[["ThinkTagSplitter", str], tuple[Pieces, str]]
"""One state of the splitter: takes text, returns pieces and the text that is left for the next state."""


class ThinkTagSplitter:
    """Splits the text of one reply. The tags may be divided between pieces in any way."""

    def __init__(self) -> None:
        self._held = ""
        self._closing = CLOSING
        self._reasoning = LeadingSpace()
        self._step: Step = ThinkTagSplitter._at_the_start

    def feed(self, text: str) -> Pieces:
        """Return the pieces that the text adds. A possible beginning of a tag is held back."""
        if self._step is ThinkTagSplitter._in_the_answer and not self._held and "<" not in text and text[-1:] != "\n":
            return [Content(text)] if text else []
        text, self._held = self._held + text, ""
        pieces: Pieces = []
        while text:
            added, text = self._step(self, text)
            pieces += added
        return pieces

    def end(self) -> Pieces:
        """Return the text that was held back."""
        held, self._held = self._held, ""
        if not held:
            return []
        return self._reasoning.feed(held) if self._step is ThinkTagSplitter._in_thought else [Content(held)]

    def _at_the_start(self, text: str) -> tuple[Pieces, str]:
        begun = text.lstrip()
        if opening := next(filter(begun.startswith, TAGS), ""):
            self._step, self._closing = ThinkTagSplitter._in_thought, TAGS[opening]
            return [], begun.removeprefix(opening)
        if begun.startswith(CLOSING):
            self._step = ThinkTagSplitter._in_the_rest
            return [], begun.removeprefix(CLOSING)
        if len(text) < LONGEST_BLANK and any(tag.startswith(begun) for tag in (*TAGS, CLOSING)):
            self._held = text
            return [], ""
        self._step = ThinkTagSplitter._in_the_answer
        return [], text

    def _in_thought(self, text: str) -> tuple[Pieces, str]:
        thought, found, rest = self._until(self._closing, text)
        if found:
            self._step = ThinkTagSplitter._in_the_rest
        return self._reasoning.feed(thought), rest

    def _in_the_answer(self, text: str) -> tuple[Pieces, str]:
        answer, found, rest = self._until(CLOSING_LINE, text)
        if found:
            self._step = ThinkTagSplitter._in_the_rest
            answer += "\n"
        return ([Content(answer)] if answer else []), rest

    def _in_the_rest(self, text: str) -> tuple[Pieces, str]:
        return [Content(text)], ""

    def _until(self, tag: str, text: str) -> tuple[str, bool, str]:
        """Return the text before the tag, whether the tag was found, and the text after it; hold back its beginning."""
        before, found, after = text.partition(tag)
        if not found:
            self._held = _beginning(tag, text)
            before = text.removesuffix(self._held)
        return before, bool(found), after


def _beginning(tag: str, text: str) -> str:
    """Return the longest end of the text that is a beginning of the tag."""
    return next((tag[:size] for size in range(len(tag) - 1, 0, -1) if text.endswith(tag[:size])), "")
