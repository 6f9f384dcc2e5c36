"""The texts of one reply, from what a service sends to pieces: whole characters, reasoning told from the answer."""

from g4f_lite.decoding.surrogates import SurrogateJoiner
from g4f_lite.decoding.think_tags import Blank, ThinkTagSplitter
from g4f_lite.errors import MalformedReplyError
from g4f_lite.pieces import Piece

MAX_TEXT = 8 << 20
"""Characters of one reply, reasoning included."""


class TextAssembler:
    """Turns the texts of one reply into pieces. `size`: characters so far, held back or not."""

    def __init__(self) -> None:
        self.size = 0
        self._content = SurrogateJoiner()
        self._splitter = ThinkTagSplitter()
        self._reasoning = SurrogateJoiner()
        self._blank = Blank()

    def add_content(self, text: str, pieces: list[Piece]) -> None:
        """Add text of the answer to the pieces. Raises: MalformedReplyError when the reply grows too long."""
        self.count(text)
        pieces += self._splitter.feed(self._content.feed(text))

    def add_reasoning(self, text: str, pieces: list[Piece]) -> None:
        """Add reasoning to the pieces. Raises: as `add_content`."""
        self.count(text)
        pieces += self._blank.feed(self._reasoning.feed(text))

    def end(self, pieces: list[Piece]) -> None:
        """Add what was held back to the pieces."""
        pieces += self._blank.feed(self._reasoning.end())
        pieces += self._splitter.feed(self._content.end())
        pieces += self._splitter.end()

    def count(self, text: str) -> None:
        """Count what belongs to the reply and is no text of it, such as a call. Raises: as `add_content`."""
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise MalformedReplyError("The service sent more text than a reply may have, 8 MiB.")
