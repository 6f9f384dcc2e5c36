"""Addresses written out in a text: `https://…` and mail addresses become links."""

import re

from linkify_it import LinkifyIt
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, linkify

MAX_ADDRESS = 2_048

_SCHEME = re.compile(r"https?\Z", re.IGNORECASE)

_finder = LinkifyIt(options={"fuzzy_link": False})  # README.md and main.py end like countries do


def add_addresses(md: MarkdownIt) -> None:
    """Make a parser find addresses."""
    md.linkify = _finder
    md.inline.ruler.at("linkify", _address)


def _address(state: StateInline, silent: bool) -> bool:
    """Look at the few characters around `://` first: the rule itself searches all the text that is pending."""
    if not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-5:])
    if scheme is None:
        return False
    begin = state.pos - len(scheme[0])
    return bool(_finder.match_at_start(state.src[begin : begin + MAX_ADDRESS])) and linkify(state, silent)
