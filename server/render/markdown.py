"""The Markdown parser: GitHub's dialect, footnotes and formulas, without raw HTML."""

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace

from markdown_it import MarkdownIt, helpers
from markdown_it.rules_block import StateBlock, table
from markdown_it.rules_core import StateCore, inline, text_join
from markdown_it.rules_inline import StateInline, image
from markdown_it.token import Token
from mdit_py_plugins.footnote.index import footnote_def, footnote_ref, footnote_tail

from server.render.budget import Budget, OutOfTime
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

BLOCKS_SHARE = 2 / 3
"""The part of a budget in which the blocks must be found, so that some is left for what is in them."""
MAX_CELLS = 10_000
"""Cells of all tables in a text; about 0.2 s of work and 150 kB of HTML."""

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


def parse(text: str, budget: Budget) -> list[Source]:
    """Return the top-level blocks of a whole text in order, the footnotes last; what exceeds the budget is plain."""
    return list(_sources(_parser.parse(text, {"budget": budget})))


def parse_live(text: str, lines: Lines, budget: Budget) -> list[Source]:
    """Return the top-level blocks of an incomplete text: footnotes stay in place, open formulas stay source.

    lines: what the last call left there; holds what the next call needs afterwards.
    """
    return list(_sources(_parser.parse(text, {"budget": budget, "live": True, "lines": lines})))


def render(source: Source, budget: Budget, *, live: bool = False) -> str:
    """Return a block as safe HTML; empty if it shows nothing. Beyond the budget, code and formulas are source."""
    return clean(_parser.renderer.render(source.tokens, _parser.options, {"budget": budget, "live": live}))


def plain(text: str) -> str:
    """Return a text as it is, as one block of safe HTML; empty if it shows nothing."""
    return clean(_parser.renderer.render([Token("plain_block", "", 0, content=text)], _parser.options, {}))


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
    md.helpers = SimpleNamespace(**{**vars(helpers), "parseLinkLabel": _link_label})  # type: ignore[assignment]
    md.inline.ruler.at("image", _image)
    md.inline.ruler.after("image", "footnote_ref", footnote_ref)
    md.block.ruler.before("reference", "footnote_def", footnote_def, {"alt": ["paragraph", "reference"]})
    md.inline.ruler.before("escape", "clock", _inline_clock)
    md.block.ruler.at("table", _table, {"alt": ["paragraph", "reference"]})
    md.block.ruler.before("table", "clock", _block_clock, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    md.core.ruler.at("block", _blocks)
    md.core.ruler.at("inline", _lines)
    md.core.ruler.disable(["linkify", "text_join"])
    md.core.ruler.after("inline", "footnote_tail", _footnotes_last)
    add_formulas(md)
    add_autolinks(md)
    return md


def _inline_clock(state: StateInline, silent: bool) -> bool:
    state.env["budget"].check()
    return False


def _block_clock(state: StateBlock, first: int, end_line: int, silent: bool) -> bool:
    state.env["block_budget"].check()
    return False


def _blocks(state: StateCore) -> None:
    """Find the blocks. When their time is up, the rest from the last finished block on is one plain block."""
    state.env["block_budget"] = Budget(BLOCKS_SHARE * state.env["budget"].left_s)
    try:
        state.md.block.parse(state.src, state.md, state.env, state.tokens)
    except OutOfTime:
        finished = list(_sources(state.tokens))
        del state.tokens[sum(len(source.tokens) for source in finished) :]
        line = max((token.map[1] for token in state.tokens if token.map), default=0)
        rest = from_line(state.src, line)
        state.tokens.append(Token("plain_block", "", 0, content=rest, map=[line, line + rest.count("\n") + 1]))


def _table(state: StateBlock, first: int, end_line: int, silent: bool) -> bool:
    """Find a table, unless it has more cells than are left for the text; it then stays a paragraph.

    A row of one character may stand for a thousand empty cells.
    """
    env = state.env
    if first < env.get("no_table_before", 0):
        return False
    if silent or first + 2 > end_line:
        return table(state, first, end_line, silent)
    columns = state.src.count("|", state.bMarks[first + 1], state.eMarks[first + 1]) + 1
    rows = (MAX_CELLS - env.get("cells", 0)) // columns
    beyond = first + rows + 2
    if beyond < end_line and not any(map(state.isEmpty, range(first + 2, beyond + 1))):
        env["no_table_before"] = beyond
        return False
    if not table(state, first, end_line, silent):
        return False
    env["cells"] = env.get("cells", 0) + columns * (state.line - first - 1)
    return True


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
    plain = {token.content for token in fresh if token.children and token.children[0].type == "plain"}
    known.update((token.content, _rendered(state, token)) for token in fresh)
    for token in tokens:
        token.children = [known[token.content]]
    lines.clear()
    lines.update((text, html) for text, html in known.items() if text not in plain)  # the next update may have time


def _parse_lines(state: StateCore, tokens: list[Token]) -> None:
    part = StateCore("", state.md, state.env)
    for token in tokens:
        part.tokens = [token]
        try:
            for rule in (inline, link_mail, text_join):
                rule(part)
        except OutOfTime:
            token.children = [Token("plain", "", 0, content=token.content)]


def _rendered(state: StateCore, line: Token) -> Token:
    html = _parser.renderer.renderInline(line.children or [], state.md.options, state.env)
    return Token("as_it_is", "", 0, content=html)


def _link_label(state: StateInline, start: int, disable_nested: bool = False) -> int:
    """Return the end of a link's text, or -1. Like the library's function, which searches the rest of a line each time.

    This one remembers where the last closing bracket is: what opens after it is not searched.
    """
    last_closed: tuple[StateInline, int, int] | None = state.env.get("last_closed")
    if last_closed and last_closed[:2] == (state, state.posMax) and start > last_closed[2]:
        return -1
    before, level, closed, token = state.pos, 1, start, start
    state.pos = start + 1
    try:
        while state.pos < state.posMax:
            token, mark = state.pos, state.src[state.pos]
            if mark == "]":
                level, closed = level - 1, token
                if not level:
                    return token
            state.md.inline.skipToken(state)
            if mark == "[" and state.pos == token + 1:
                level += 1
            elif mark == "[" and disable_nested:
                return -1
        if state.src.find("[", token + 1, state.posMax) < 0:  # else it gave up there, since they nest too deep
            state.env["last_closed"] = (state, state.posMax, closed)
        return -1
    finally:
        state.pos = before


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


def from_line(text: str, line: int) -> str:
    """Return the text from a line on, counted from 0."""
    start = 0
    for _ in range(line):
        start = text.index("\n", start) + 1
    return text[start:]


_parser = _make()
