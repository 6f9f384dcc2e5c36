"""Turns the texts of a reply into pieces: whole characters, reasoning apart from the answer."""

from g4f_lite.decoding.surrogates import SurrogateJoiner
from g4f_lite.decoding.think_tags import LeadingSpace, ThinkTagSplitter
from g4f_lite.errors import MalformedReplyError
from g4f_lite.pieces import Piece

MAX_TEXT = 8 << 20
"""Characters of one reply, reasoning included."""

LONGEST_TOKEN = 16
"""Characters; a longer text that comes twice is no token that does."""


class TextAssembler:
    """Assembles the texts of one reply. `size`: characters so far, including those held back."""

    def __init__(self) -> None:
        self.size = 0
        self._content = SurrogateJoiner()
        self._splitter = ThinkTagSplitter()
        self._reasoning = SurrogateJoiner()
        self._leading = LeadingSpace()
        self._contents: list[str] = []
        self._thoughts: list[str] = []

    def add_content(self, text: str, pieces: list[Piece]) -> None:
        """Add text of the answer. Raises: MalformedReplyError when the reply grows too long."""
        self.count(text)
        self._contents.append(text)
        pieces += self._splitter.feed(self._content.feed(text))

    def add_reasoning(self, text: str, pieces: list[Piece]) -> None:
        """Add reasoning. Raises: as `add_content`."""
        self.count(text)
        self._thoughts.append(text)
        pieces += self._leading.feed(self._reasoning.feed(text))

    def has_content(self, text: str) -> bool:
        """Tell whether a last text repeats all of the answer, as some services send it with the end."""
        return _repeats(self._contents, text)

    def has_reasoning(self, text: str) -> bool:
        """Tell whether a last text repeats all of the reasoning."""
        return _repeats(self._thoughts, text)

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


def _repeats(texts: list[str], last: str) -> bool:
    """Tell whether the last text is all others again, and no token that comes twice, as in "55"."""
    return (len(texts) > 1 or len(last) >= LONGEST_TOKEN) and last == "".join(texts)
