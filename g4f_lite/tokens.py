"""How many tokens a text may have, where the service did not say."""

import re

CHARACTERS_PER_TOKEN = 4
"""Of English text, in the tokenizers in use."""

ONE_TOKEN_EACH = re.compile("[\u2e80-\u9fff\uac00-\ud7af\U00020000-\U0003ffff]")
"""Chinese, Japanese and Korean characters."""


def estimate(text: str) -> int:
    """Return a guess, in tokens."""
    wide = len(ONE_TOKEN_EACH.findall(text))
    return wide + -(-(len(text) - wide) // CHARACTERS_PER_TOKEN)
