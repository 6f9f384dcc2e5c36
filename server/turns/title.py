"""A conversation's title, made without asking a model."""

import re

LONGEST = 60
"""Characters; what fits in one line of the sidebar."""

MARKUP = re.compile(r"^[\s#>*`~-]+|\*\*|`")


def title_of(text: str) -> str:
    """Return the first line that says something, cut at a word."""
    line = next((bare for line in text.splitlines() if (bare := MARKUP.sub("", line).strip())), text.strip())
    line = " ".join(line[: 4 * LONGEST].split())
    if len(line) <= LONGEST:
        return line
    head = line[:LONGEST]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
