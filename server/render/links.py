"""Links in an answer: which addresses they may have, and bare addresses that become links."""

import re
from urllib.parse import SplitResult, urlsplit

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, linkify

MAX_ADDRESS = 2_048
"""Characters."""

_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)

_finder = LinkifyIt(options={"fuzzy_link": False})  # README.md and main.py end like country domains


def is_allowed(url: str) -> bool:
    """Tell whether a normalised URL leads to another site by http(s), or to a mailbox.

    An address without a host would be relative to this server, so it is not allowed.
    """
    parts = _split(url)
    if parts is None:
        return False
    return bool(parts.path) if parts.scheme == "mailto" else parts.scheme in ("http", "https") and bool(parts.hostname)


def host(url: str) -> str:
    """Return the host of an allowed URL in ASCII, or the mail address."""
    parts = _split(url)
    return (parts.hostname or parts.path) if parts else ""


def add_autolinks(md: MarkdownIt) -> None:
    """Make a parser turn bare `https://…` addresses into links."""
    md.linkify = _finder
    md.inline.ruler.at("linkify", _address)


def _address(state: StateInline, silent: bool) -> bool:
    """Check the few characters around `://` first: linkify-it's rule searches all pending text."""
    if not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-5:])
    if scheme is None:
        return False
    begin = state.pos - len(scheme[0])
    return bool(_finder.match_at_start(state.src[begin : begin + MAX_ADDRESS])) and linkify(state, silent)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that are not an IPv6 address, or characters that change when normalised
        return None
