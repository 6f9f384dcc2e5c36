"""Joins surrogate pairs: JSON may put the two halves of a character into two records.

A Python string with a lone half cannot be encoded, and breaks the code that writes it.
"""

import re

SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def join_surrogates(text: str) -> str:
    """Return the text with pairs joined, and U+FFFD in place of each lone half."""
    if text.isascii() or not SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class SurrogateJoiner:
    """Holds back the first half of a pair until the next piece of text."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the text that can be shown now. It may be empty."""
        if text.isascii() and not self._held:
            return text
        text = self._held + text
        self._held = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return join_surrogates(text.removesuffix(self._held))

    def end(self) -> str:
        """Return U+FFFD for a half that stayed alone, or an empty text."""
        held, self._held = self._held, ""
        return REPLACEMENT if held else ""
