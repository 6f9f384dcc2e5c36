"""The title of a conversation, from its first message and without asking a model."""

import re

LONGEST = 60
"""Characters that fit in one line of the sidebar."""

MARKUP = re.compile(r"^[\s#>*`~-]+|\*\*|`")


def title_of(text: str) -> str:
    """Return the first line with text, cut between words."""
    line = next((bare for line in text.splitlines() if (bare := MARKUP.sub("", line).strip())), text.strip())
    line = " ".join(line[: 4 * LONGEST].split())
    if len(line) <= LONGEST:
        return line
    head = line[:LONGEST]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
