"""Syntax highlighting: a process of its own finds the tokens, and a few CSS classes name their kinds."""

from html import escape
from sys import getsizeof

from server.render.budget import Budget, OutOfTime
from server.render.cache import Cache
from server.render.code_languages import LANGUAGES
from server.render.highlight_process import HighlightProcess

MAX_CODE = 50_000
"""Characters of code that are highlighted; about 0.1 s of work."""
MAX_LINE = 2_000
"""Characters of a line: lexers are mostly slow on long lines."""
MAX_CPU_S = 0.25
"""CPU time per block. When a lexer takes longer, the code stays plain."""

html_by_code: Cache[tuple[str, str], str] = Cache(4 * 2**20, lambda key, html: getsizeof(key[0]) + getsizeof(html))

process = HighlightProcess()


def coloured(code: str, language: str, budget: Budget) -> str:
    """Return code as HTML, or as escaped text if the language is unknown, or the code too long or slow to highlight.

    What is plain because the budget's end was near is not remembered as plain.
    """
    plain = escape(code, quote=False)
    if language not in LANGUAGES or len(code) > MAX_CODE or max(map(len, code.split("\n"))) > MAX_LINE:
        return plain
    try:
        return html_by_code.get((code, language), lambda: _highlighted(code, language, budget) or plain)
    except OutOfTime:
        return plain


def _highlighted(code: str, language: str, budget: Budget) -> str | None:
    limit_s = min(MAX_CPU_S, budget.left_s)
    if not limit_s:
        raise OutOfTime
    html, cpu_s = process.highlighted(code, language, limit_s)
    budget.spend(cpu_s)
    if html is None and limit_s < MAX_CPU_S:
        raise OutOfTime
    return html
