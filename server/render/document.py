"""A whole text as blocks: how history shows it, and how every streamed answer ends."""

import re
from sys import getsizeof

from server.render.cache import Cache
from server.render.markdown import parse, render

_SURROGATE = re.compile("[\ud800-\udfff]")

html_by_text: Cache[str, list[str]] = Cache(
    16 * 2**20, lambda markdown, html: getsizeof(markdown) + sum(map(getsizeof, html))
)


def blocks(markdown: str) -> list[str]:
    """Return the safe HTML of each top-level block in order, the footnotes last. Joined, they are the whole text."""
    return list(html_by_text.get(markdown, lambda: _blocks(markdown)))


def encodable(text: str) -> str:
    """Return the text with U+FFFD for each unpaired surrogate, which UTF-8 cannot encode."""
    return _SURROGATE.sub("\ufffd", text)


def _blocks(markdown: str) -> list[str]:
    return [html for source in parse(encodable(markdown)) if (html := render(source))]
