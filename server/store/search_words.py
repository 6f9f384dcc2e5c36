"""What somebody looks for: the words of a search."""

import re

WORD = re.compile(r'"([^"]*)"|"?([^\s"]+)')
"""What is in quotation marks, or stands alone. A mark without its partner is just left out."""


def words(query: str) -> list[str]:
    """Return what a text must have, all of it, in any order and in either case: words, and quoted phrases as one.

    Nothing else has a meaning: brackets, stars or AND are looked for as they are written.
    """
    found = (" ".join((phrase or word).split()) for phrase, word in WORD.findall(query))
    return list(dict.fromkeys(text for text in found if text))
