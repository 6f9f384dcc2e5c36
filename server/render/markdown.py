"""The Markdown parser: GitHub's dialect, footnotes and formulas, without raw HTML."""

from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore, inline, text_join
from markdown_it.rules_inline import StateInline, image
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def, footnote_ref, footnote_tail

from server.render.formulas import add_formulas
from server.render.links import add_autolinks, is_allowed, link_mail
from server.render.markup import Markup
from server.render.sanitise import clean

OPTIONS = {
    "html": False,
    "breaks": True,  # a model's line breaks count, as in a comment on GitHub
    "tasklists": True,
    "inline_definitions": True,  # so that a definition keeps its place among the blocks
    "maxNesting": 40,  # twenty nested lists; the parser drops deeper ones, and every level takes time
}

Lines = dict[str, Token]
"""Inline text to its HTML token: in a growing table only the newest cell is rendered again."""


class Parser(MarkdownIt):
    """markdown-it with our rule for links and our renderer."""

    renderer: Markup

    def validateLink(self, url: str) -> bool:
        return is_allowed(url)


@dataclass(frozen=True, slots=True)
class Source:
    """One top-level block: its first line, counted from 0, and its tokens."""

    line: int
    tokens: list[Token]


def parse(text: str) -> list[Source]:
    """Return the top-level blocks of a whole text in order, the footnotes last."""
    return list(_sources(_parser.parse(text, {})))


def parse_live(text: str, lines: Lines) -> list[Source]:
    """Return the top-level blocks of an incomplete text: footnotes stay in place, open formulas stay source.

    lines: what the last call left there; holds what the next call needs afterwards.
    """
    return list(_sources(_parser.parse(text, {"live": True, "lines": lines})))


def render(source: Source, *, live: bool = False) -> str:
    """Return a block as safe HTML; empty if it shows nothing."""
    return clean(_parser.renderer.render(source.tokens, _parser.options, {"live": live}))


def _sources(tokens: list[Token]) -> Iterator[Source]:
    start = depth = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth == 0:
            first = tokens[start]
            yield Source(first.map[0] if first.map else 0, tokens[start : index + 1])
            start = index + 1


def _make() -> Parser:
    md = Parser("gfm-like", OPTIONS, renderer_cls=Markup)
    md.inline.ruler.at("image", _image)
    md.inline.ruler.after("image", "footnote_ref", footnote_ref)
    md.block.ruler.before("reference", "footnote_def", footnote_def, {"alt": ["paragraph", "reference"]})
    md.core.ruler.at("inline", _lines)
    md.core.ruler.disable(["linkify", "text_join"])
    md.core.ruler.after("inline", "footnote_tail", _footnotes_last)
    add_formulas(md)
    add_autolinks(md)
    return md


def _lines(state: StateCore) -> None:
    """Parse the inline text of the blocks; of a growing text, only the new part."""
    tokens = [token for token in state.tokens if token.type == "inline"]
    lines: Lines | None = state.env.get("lines")
    if lines is None:
        _parse_lines(state, tokens)
        return
    if state.env.get("references") or state.env.get("footnotes"):  # they change what the same text means
        lines.clear()
    known = {token.content: lines[token.content] for token in tokens if token.content in lines}
    fresh = [token for token in tokens if token.content not in known]
    _parse_lines(state, fresh)
    known.update((token.content, _rendered(state, token)) for token in fresh)
    for token in tokens:
        token.children = [known[token.content]]
    lines.clear()
    lines.update(known)


def _parse_lines(state: StateCore, tokens: list[Token]) -> None:
    part = StateCore("", state.md, state.env)
    part.tokens = tokens
    for rule in (inline, link_mail, text_join):
        rule(part)


def _rendered(state: StateCore, line: Token) -> Token:
    html = _parser.renderer.renderInline(line.children or [], state.md.options, state.env)
    return Token("as_it_is", "", 0, content=html)


def _image(state: StateInline, silent: bool) -> bool:
    """Parse an image, noting whether it is in a link. One in its alternative text stays text, to end nesting."""
    if state.env.get("in_image"):
        return False
    state.env["in_image"] = not silent
    found = image(state, silent)
    state.env["in_image"] = False
    if found and not silent:
        state.tokens[-1].meta = {"linked": state.linkLevel > 0}
    return found


def _footnotes_last(state: StateCore) -> None:
    if not state.env.get("live"):
        footnote_tail(state)


_parser = _make()
