r"""Finds formulas: `$…$` and `\(…\)` within a line, `$$…$$` and `\[…\]` within a line or as a block.

Written here because the plugins there are take text at its end for what stands before its beginning, and a time that
grows with the square of its length. A number with words behind it is a price: `$5 and 6$` stays text.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from server.render.tex import MAX_TEX

CLOSERS = {"$$": "$$", "$": "$", r"\(": r"\)", r"\[": r"\]"}

_BLANK_LINE = re.compile(r"\n[ \t]*\n")
_REST_OF_LINE = re.compile(r"[ \t]*(?:\n|\Z)")
_PRICE = re.compile(r"\d(?:[\d.,]*\s+[A-Za-z]{2}|[^\\]*?\b[A-Za-z]{3})")


def add_formulas(md: MarkdownIt) -> None:
    """Add to a parser the tokens `formula` (inline) and `formula_block`, `formula_open` (blocks); content is TeX.

    `formula_open` is a block whose end has not arrived yet; it exists only where `env["live"]` is set.
    """
    md.inline.ruler.before("escape", "formula", _inline)
    md.block.ruler.before("fence", "formula_block", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})


def _inline(state: StateInline, silent: bool) -> bool:
    opener = _opener(state.src, state.pos)
    start = state.pos + len(opener)
    end = _find(CLOSERS[opener], state.src, start, state.posMax) if opener else -1
    if end < 0 or not _is_formula(opener, state.src[start:end], state.src[end + len(opener) : end + len(opener) + 1]):
        return False
    if not silent:
        token = state.push("formula", "math", 0)
        token.content = state.src[start:end]
        token.meta = {"display": opener in ("$$", r"\[")}
    state.pos = end + len(opener)
    return True


def _opener(src: str, pos: int) -> str:
    two = src[pos : pos + 2]
    return two if two in CLOSERS else "$" if two.startswith("$") else ""


def _find(closer: str, src: str, start: int, end: int) -> int:
    """Return where a formula ends, or -1 if that is after `end` or too far away."""
    end = min(end, start + MAX_TEX)
    found = src.find(closer, start, end)
    while found > 0 and src[found - 1] == "\\" and found > start:  # \$ and \\] are part of the formula
        found = src.find(closer, found + 1, end)
    return found


def _is_formula(opener: str, tex: str, follower: str) -> bool:
    if not tex.strip():
        return False
    if opener == "$":
        return tex == tex.strip() and not follower.isdigit() and not _PRICE.match(tex)
    return not (opener == r"\[" and follower == "(")  # an escaped link: \[text\](address)


def _block(state: StateBlock, first: int, end_line: int, silent: bool) -> bool:
    begin = state.bMarks[first] + state.tShift[first]
    closer = CLOSERS.get(state.src[begin : begin + 2])
    if closer is None or state.is_code_block(first):
        return False
    end = _find(closer, state.src, begin + 2, state.eMarks[end_line - 1])
    if end < 0 and not (state.env.get("live") and len(state.src) - begin <= MAX_TEX):
        return False
    if end >= 0 and not (_REST_OF_LINE.match(state.src, end + 2) and state.src[begin + 2 : end].strip()):
        return False
    if _BLANK_LINE.search(state.src, begin, end if end >= 0 else len(state.src)):
        return False
    last = _last_line(state, first, end_line, end)
    if last is None:
        return False
    if not silent:
        _push(state, first, last, end)
    return True


def _last_line(state: StateBlock, first: int, end_line: int, end: int) -> int | None:
    """Return the last line of a block, or None if its container ends earlier."""
    for line in range(first, end_line):
        if state.isEmpty(line) or (line > first and state.sCount[line] < state.blkIndent):
            return None
        if 0 <= end < state.eMarks[line]:
            return line
    return end_line - 1 if end < 0 else None


def _push(state: StateBlock, first: int, last: int, end: int) -> None:
    starts = [state.bMarks[line] + state.tShift[line] for line in range(first, last + 1)]
    starts[0] += 2
    ends = [state.eMarks[line] for line in range(first, last + 1)]
    if end >= 0:
        ends[-1] = end
    token = state.push("formula_block" if end >= 0 else "formula_open", "math", 0)
    token.content = "\n".join(state.src[start:stop] for start, stop in zip(starts, ends, strict=True))
    token.map = [first, last + 1]
    state.line = last + 1
