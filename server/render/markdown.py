"""The parser: GitHub's Markdown, footnotes and formulas, without raw HTML."""

from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore, inline, linkify, text_join
from markdown_it.rules_inline import StateInline, image
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def, footnote_ref, footnote_tail

from server.render.addresses import add_addresses
from server.render.formulas import add_formulas
from server.render.links import is_allowed
from server.render.markup import Markup
from server.render.sanitise import clean

OPTIONS = {
    "html": False,
    "breaks": True,  # a model's line ends mean something, as in a comment on GitHub
    "tasklists": True,
    "inline_definitions": True,  # so that a definition has its place among the blocks
    "maxNesting": 40,  # twenty lists in each other; the parser leaves out what is deeper, and takes time for each level
}

Lines = dict[str, list[Token]]
"""Text within a block, and its tokens: of a table that grows, only the newest cell is parsed again."""


class Parser(MarkdownIt):
    """markdown-it with our idea of a link."""

    def validateLink(self, url: str) -> bool:
        return is_allowed(url)


@dataclass(frozen=True, slots=True)
class Source:
    """One top-level block: the line it starts in, counted from 0, and its tokens."""

    line: int
    tokens: list[Token]


def parse(text: str) -> list[Source]:
    """Return the top-level blocks of a whole text in order, the footnotes last."""
    return list(_sources(_parser.parse(text, {})))


def parse_live(text: str, lines: Lines) -> list[Source]:
    """Return the top-level blocks of a text that breaks off: footnotes stay where they stand, what is open is source.

    lines: what the last call left there; holds what the next call needs afterwards.
    """
    return list(_sources(_parser.parse(text, {"live": True, "lines": lines})))


def render(source: Source, *, live: bool = False) -> str:
    """Return a block as safe HTML; empty for one that shows nothing."""
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
    add_addresses(md)
    return md


def _lines(state: StateCore) -> None:
    """Parse what stands within the blocks; of a text that grows, only what is new."""
    if state.env.get("references") or state.env.get("footnotes"):  # they change what the same words mean
        known: Lines = {}
    else:
        known = state.env.get("lines", {})
    tokens = [token for token in state.tokens if token.type == "inline"]
    for token in tokens:
        token.children = known.get(token.content)
    fresh = StateCore("", state.md, state.env)
    fresh.tokens = [token for token in tokens if token.children is None]
    for rule in (inline, linkify, text_join):
        rule(fresh)
    if "lines" in state.env:
        state.env["lines"].clear()
        state.env["lines"].update((token.content, token.children) for token in tokens)


def _image(state: StateInline, silent: bool) -> bool:
    """Parse an image and note whether it stands in a link. Within its text another one is text: nesting is endless."""
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
