"""A whole text as blocks: how history shows it, and how every streamed answer ends."""

import re
from concurrent.futures import ThreadPoolExecutor
from sys import getsizeof
from threading import BoundedSemaphore

from server.render.budget import MESSAGE_CPU_S, Budget
from server.render.cache import Cache
from server.render.markdown import parse, plain, render

MAX_CHARACTERS = 1_000_000
"""A longer text is plain: the parser's first pass over its characters looks at no clock."""
RENDERERS = 2
"""Threads that render what pages show. More would only share the interpreter's lock."""
WAITING = 4
"""Threads that may wait for those: half of those for views, so that the others answer short requests meanwhile."""
PLACE_S = 0.3
"""Seconds that one thread more waits for a place among them before it shows the text as it is."""

_SURROGATE = re.compile("[\ud800-\udfff]")

html_by_text: Cache[str, list[str]] = Cache(
    16 * 2**20, lambda markdown, html: getsizeof(markdown) + sum(map(getsizeof, html))
)

_renderers = ThreadPoolExecutor(RENDERERS, "render")
_places = BoundedSemaphore(WAITING)


def blocks(markdown: str) -> list[str]:
    """Return the safe HTML of each top-level block in order, the footnotes last. Joined, they are the whole text.

    For views: it is rendered in a thread of its own, and shown as plain text where too many wait for theirs.
    """
    known = html_by_text.peek(markdown)
    if known is not None:
        return list(known)
    if not _places.acquire(timeout=PLACE_S):
        return _plain(markdown)
    try:
        return list(html_by_text.get(markdown, lambda: _renderers.submit(_blocks, markdown).result()))
    finally:
        _places.release()


def rendered(markdown: str) -> list[str]:
    """Return the same, rendered in this thread."""
    return list(html_by_text.get(markdown, lambda: _blocks(markdown)))


def encodable(text: str) -> str:
    """Return the text with U+FFFD for each unpaired surrogate, which UTF-8 cannot encode."""
    return _SURROGATE.sub("\ufffd", text)


def _blocks(markdown: str) -> list[str]:
    if len(markdown) > MAX_CHARACTERS:
        return _plain(markdown)
    budget = Budget(MESSAGE_CPU_S)
    return [html for source in parse(encodable(markdown), budget) if (html := render(source, budget))]


def _plain(text: str) -> list[str]:
    html = plain(encodable(text))
    return [html] if html else []
