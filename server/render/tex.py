"""TeX to MathML by math-core; a formula that it rejects is shown as source."""

import re
from html import escape

from math_core import LatexError, LatexToMathML

MAX_TEX = 4_000
"""Characters of one formula."""
MAX_DEPTH = 150
"""math-core recurses up to 3 kB of stack a level and cannot say when it is too deep: 8 MB overflow, and with them the
process ends, at some 2,700 levels (measured), less in small threads."""

MACROS = {
    "mbox": r"\text{#1}",
    "pmb": r"\boldsymbol{#1}",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
}
"""Commands that math-core lacks, in terms of those it has."""
RENAMED = {"split": "aligned", "smallmatrix": "matrix"}
"""Environments that math-core lacks, and their nearest equivalents."""

CLASSES = {
    "text-align: left": "math-left",
    "text-align: right": "math-right",
    "padding-left: 0": "math-flush-left",
    "padding-right: 0": "math-flush-right",
    "padding-left:1em": "math-apart",
    "padding-top: 0": "math-close",
    "width: 100%": "math-wide",
    "width: 50%": "math-side",
    "border-top: 0.05em solid currentcolor": "math-rule-top",
    "border-bottom: 0.05em solid currentcolor": "math-rule-bottom",
    "border-left: 0.05em solid currentcolor": "math-rule-left",
    "border-right: 0.05em solid currentcolor": "math-rule-right",
    "border-top: 0.05em dashed currentcolor": "math-dashes-top",
    "border-bottom: 0.05em dashed currentcolor": "math-dashes-bottom",
    "border-left: 0.05em dashed currentcolor": "math-dashes-left",
    "border-right: 0.05em dashed currentcolor": "math-dashes-right",
    "margin-left:-0.16666667em": "math-back",
}
"""The declarations that math-core writes into `style`, which the page's CSP forbids; others are dropped."""

_MARK = re.compile(r"\\(?:[A-Za-z]+|.)|[{}&^_]", re.DOTALL)
_DEFINITION = re.compile(r"\\(?:(?:re|provide)?(?:new)?command|[a-z]?def)(?![A-Za-z])")
_ENVIRONMENT = re.compile(r"(\\(?:begin|end)\{)(" + "|".join(RENAMED) + r")\}")
_STYLE = re.compile(r' style="([^"]*)"')

_converter = LatexToMathML(macros=MACROS, fancy_error=False)


def mathml(tex: str, *, display: bool) -> str:
    """Return a formula as MathML, or its source if it is too long, too deep, or unknown to math-core."""
    source = _ENVIRONMENT.sub(lambda found: f"{found[1]}{RENAMED[found[2]]}}}", tex.strip())
    if r"\tag" in source and r"\begin" not in source:
        source = rf"\begin{{equation*}}{source}\end{{equation*}}"
    try:
        return _STYLE.sub(_classes, _convert(source, display))
    except LatexError:
        return tex_source(tex)


def tex_source(tex: str) -> str:
    """Return a formula as its source."""
    return f'<code class="tex">{escape(tex.strip(), quote=False)}</code>'


def _convert(source: str, display: bool) -> str:
    # a definition can nest flat source as often as it is used
    if len(source) > MAX_TEX or _depth(source) > MAX_DEPTH or _DEFINITION.search(source):
        raise LatexError
    return _converter.convert_with_local_state(source, displaystyle=display)


def _depth(source: str) -> int:
    """Return an upper bound of a formula's nesting: any command may take the rest of its cell as argument."""
    groups, depth, deepest = [0], 0, 0
    for mark in _MARK.findall(source):
        if mark in ("}", r"\end", r"\right") and len(groups) > 1:
            depth -= groups.pop()
        elif mark in ("&", r"\\"):
            depth -= groups[-1]
            groups[-1] = 0
        else:
            if mark in ("{", r"\begin", r"\left"):
                groups.append(0)
            groups[-1] += 1
            depth += 1
            deepest = max(deepest, depth)
    return deepest


def _classes(style: re.Match[str]) -> str:
    names = [CLASSES[part] for part in (part.strip() for part in style[1].split(";")) if part in CLASSES]
    return f' class="{" ".join(names)}"' if names else ""
