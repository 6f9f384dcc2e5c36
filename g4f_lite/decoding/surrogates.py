"""Halves of characters: JSON may put the two parts of a surrogate pair into two records.

A Python string with one of them alone cannot be encoded, and would break whoever writes it.
"""

import re

SURROGATE = re.compile("[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def join_surrogates(text: str) -> str:
    """Return the text with pairs joined, and U+FFFD in the place of each half that is alone."""
    if text.isascii() or not SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class SurrogateJoiner:
    """Holds the first half of a pair back until the next piece of text."""

    def __init__(self) -> None:
        self._held = ""

    def feed(self, text: str) -> str:
        """Return the text that can be shown now; it may be empty."""
        if text.isascii() and not self._held:
            return text
        text = self._held + text
        self._held = text[-1] if "\ud800" <= text[-1:] <= "\udbff" else ""
        return join_surrogates(text.removesuffix(self._held))

    def end(self) -> str:
        """Return what stands for a half that stayed alone, or nothing."""
        held, self._held = self._held, ""
        return REPLACEMENT if held else ""
