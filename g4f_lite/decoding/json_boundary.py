"""Finds the end of a JSON object that arrives in pieces, reading each character once. Pure."""

import re

SIGNS = re.compile(r'\\.|["{}\[\]]', re.DOTALL)


class JsonBoundary:
    """Counts the brackets of a text. `reached`: the object, valid or not, is complete."""

    def __init__(self) -> None:
        self.reached = False
        self._depth = 0
        self._is_quoted = False
        self._is_escaped = False

    def feed(self, text: str) -> None:
        """Read more text. Text after the end changes nothing."""
        if not text:
            return
        text = text[self._is_escaped :]
        self._is_escaped = (len(text) - len(text.rstrip("\\"))) % 2 == 1
        for sign in SIGNS.findall(text):
            if sign == '"':
                self._is_quoted = not self._is_quoted
            elif not self._is_quoted and len(sign) == 1:
                self._depth += 1 if sign in "{[" else -1
                self.reached = self.reached or self._depth <= 0
