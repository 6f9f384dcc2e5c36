"""A whole text to blocks: what history shows, and what every streamed answer ends as."""

import re
from sys import getsizeof

from server.render.cache import Cache
from server.render.markdown import parse, render

_SURROGATE = re.compile("[\ud800-\udfff]")

html_by_text: Cache[str, list[str]] = Cache(
    16 * 2**20, lambda markdown, html: getsizeof(markdown) + sum(map(getsizeof, html))
)


def blocks(markdown: str) -> list[str]:
    """Return the safe HTML of each top-level block in order, the footnotes last; joined they are the whole."""
    return list(html_by_text.get(markdown, lambda: _blocks(markdown)))


def encodable(text: str) -> str:
    """Return the text with a replacement character for each half of a surrogate pair, which no UTF-8 can hold."""
    return _SURROGATE.sub("\ufffd", text)


def _blocks(markdown: str) -> list[str]:
    return [html for source in parse(encodable(markdown)) if (html := render(source))]
