"""Links in an answer: which addresses they may have, and bare addresses that become links."""

import re
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

MAX_ADDRESS = 2_048
"""Characters of a bare address. No search for its end looks further, so the time grows with the text and no faster."""
MAX_MAILBOX = 64
"""Characters of a mail address before the `@`. Source: RFC 5321, 4.5.3.1.1"""
MAX_DOMAIN = 255
"""Characters of a mail address after the `@`. Source: RFC 5321, 4.5.3.1.2"""

# Full-width punctuation ends an address: Chinese and Japanese write no space after it.
_WIDE = "\u2018-\u201f\u3000-\u3004\u3008-\u3020\u3030\uff01-\uff0f\uff1a-\uff20\uff3b-\uff3d\uff5b-\uff65"
_END = rf"\s\x00-\x1f\x7f-\x9f<>{_WIDE}"
_LETTER = rf"[^{_END}!-/:-@\[-`{{-~\xa0-\xbf\u2000-\u206f]"
_LABEL = rf"{_LETTER}++(?:-++{_LETTER}++)*+"
_HOST = rf"{_LABEL}(?:\.{_LABEL})*+"
_PATH = rf"""
    [/?\#](?:
        [^{_END}()\[\]{{}}.,"'?!;]
        | \[[^{_END}\]]*+\] | \([^{_END})]*+\) | \{{[^{_END}}}]*+\}} | "[^{_END}"]++" | '[^{_END}']++'
        | '(?={_LETTER}|-) | \.{{2,}}[a-zA-Z0-9%/&] | [.](?![{_END}.]|\Z) | [,;](?![{_END}]|\Z) | !++(?![{_END}]|\Z)
        | \?(?![{_END}?]|\Z)
    )++ | /
"""
_SCHEME = re.compile(r"(?<![a-z0-9.+-])https?\Z", re.IGNORECASE)
_ADDRESS = re.compile(
    rf"""
    https?://(?:[^{_END}@/\[\]()]{{1,50}}@)?{_HOST}(?::\d{{1,5}})?+(?![\w-]|:\d|\.-)(?:{_PATH})?
    """,
    re.IGNORECASE | re.VERBOSE,
)
_MAILBOX = re.compile(r"(?<![^\s<>|\uff5c\"(])(?:mailto:)?[\w\-;:&=+$,.]+\Z", re.ASCII)
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[^\W\d_]{{2,}}+(?![\w-]|:\d|\.[\w-])")


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
    """Make a parser turn bare `https://…` addresses into links; `link_mail` does so with mail addresses."""
    md.inline.ruler.at("linkify", _address)


def link_mail(state: StateCore) -> None:
    """Turn mail addresses in parsed text into links. After emphasis was found, since `_` may be part of a name."""
    for line in state.tokens:
        if "@" in line.content and line.children:
            line.children = list(_with_mail(state.md, line.children))


def _address(state: StateInline, silent: bool) -> bool:
    if state.linkLevel > 0 or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - len("https") - 1), state.pos)
    if scheme is None:
        return False
    found = _ADDRESS.match(state.src, scheme.start(), min(state.posMax, scheme.start() + MAX_ADDRESS))
    if found is None:
        return False
    text = found[0].rstrip("*")  # the end of emphasis
    url = state.md.normalizeLink(text)
    if not state.md.validateLink(url):
        return False
    if not silent:
        state.pending = state.pending[: -len(scheme[0])]
        opened = state.push("link_open", "a", 1)
        opened.attrs = {"href": url}
        state.push("text", "", 0).content = state.md.normalizeLinkText(text)
        state.push("link_close", "a", -1)
    state.pos += len(text) - len(scheme[0])
    return True


def _with_mail(md: MarkdownIt, tokens: list[Token]) -> Iterator[Token]:
    links = 0
    for token in tokens:
        links += token.nesting if token.tag == "a" else 0
        if links or token.type != "text" or "@" not in token.content:
            yield token
        else:
            yield from _linked(md, token)


def _linked(md: MarkdownIt, token: Token) -> Iterator[Token]:
    done = 0
    for begin, end in _mail_addresses(token.content):
        text = token.content[begin:end].removeprefix("mailto:")
        url = md.normalizeLink(f"mailto:{text}")
        if md.validateLink(url):
            yield Token("text", "", 0, content=token.content[done:begin], level=token.level)
            yield Token("link_open", "a", 1, attrs={"href": url}, level=token.level)
            yield Token("text", "", 0, content=text, level=token.level + 1)
            yield Token("link_close", "a", -1, level=token.level)
            done = end
    yield Token("text", "", 0, content=token.content[done:], level=token.level)


def _mail_addresses(text: str) -> Iterator[tuple[int, int]]:
    """Yield where mail addresses begin and end."""
    done, at = 0, text.find("@")
    while at >= 0:
        name = _MAILBOX.search(text, max(done, at - MAX_MAILBOX - len("mailto:")), at)
        domain = _DOMAIN.match(text, at + 1, at + 1 + MAX_DOMAIN) if name else None
        if name and domain:
            done = domain.end()
            yield name.start(), done
        at = text.find("@", max(done, at + 1))


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:  # brackets that are not an IPv6 address, or characters that change when normalised
        return None
