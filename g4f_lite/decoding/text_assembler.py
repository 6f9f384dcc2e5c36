"""Turns the texts of a reply into pieces: whole characters, reasoning apart from the answer."""

from g4f_lite.decoding.surrogates import SurrogateJoiner
from g4f_lite.decoding.think_tags import LeadingSpace, ThinkTagSplitter
from g4f_lite.errors import MalformedReplyError
from g4f_lite.pieces import Piece

MAX_TEXT = 8 << 20
"""Characters of one reply, reasoning included."""


class TextAssembler:
    """Assembles the texts of one reply. `size`: characters so far, including those held back."""

    def __init__(self) -> None:
        self.size = 0
        self._content = SurrogateJoiner()
        self._splitter = ThinkTagSplitter()
        self._reasoning = SurrogateJoiner()
        self._leading = LeadingSpace()

    def add_content(self, text: str, pieces: list[Piece]) -> None:
        """Add text of the answer. Raises: MalformedReplyError when the reply grows too long."""
        self.count(text)
        pieces += self._splitter.feed(self._content.feed(text))

    def add_reasoning(self, text: str, pieces: list[Piece]) -> None:
        """Add reasoning. Raises: as `add_content`."""
        self.count(text)
        pieces += self._leading.feed(self._reasoning.feed(text))

    def end(self, pieces: list[Piece]) -> None:
        """Add the text that was held back."""
        pieces += self._leading.feed(self._reasoning.end())
        pieces += self._splitter.feed(self._content.end())
        pieces += self._splitter.end()

    def count(self, text: str) -> None:
        """Count a part of the reply that is not text, such as a tool call. Raises: as `add_content`."""
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise MalformedReplyError("The service sent more text than the limit of 8 MiB per answer.")
