"""The texts of one reply, from what a service sends to pieces: whole characters, reasoning told from the answer."""

from g4f_lite.decoding.surrogates import Joiner
from g4f_lite.decoding.think_tags import Blank, Splitter
from g4f_lite.errors import MalformedReplyError
from g4f_lite.pieces import Piece

MAX_TEXT = 8 << 20
"""Characters of one reply, reasoning included."""


class Texts:
    """Turns the texts of one reply into pieces. `size`: characters so far, held back or not."""

    def __init__(self) -> None:
        self.size = 0
        self._content = Joiner()
        self._splitter = Splitter()
        self._reasoning = Joiner()
        self._blank = Blank()

    def say(self, text: str, pieces: list[Piece]) -> None:
        """Add text of the answer to the pieces. Raises: MalformedReplyError when the reply grows too long."""
        self.count(text)
        pieces += self._splitter.feed(self._content.feed(text))

    def think(self, text: str, pieces: list[Piece]) -> None:
        """Add reasoning to the pieces. Raises: as `say`."""
        self.count(text)
        pieces += self._blank.feed(self._reasoning.feed(text))

    def end(self, pieces: list[Piece]) -> None:
        """Add what was held back to the pieces."""
        pieces += self._blank.feed(self._reasoning.end())
        pieces += self._splitter.feed(self._content.end())
        pieces += self._splitter.end()

    def count(self, text: str) -> None:
        """Count what belongs to the reply and is no text of it, such as a call. Raises: as `say`."""
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise MalformedReplyError("The service sent more text than a reply may have, 8 MiB.")
