"""Syntax highlighting: Pygments finds the tokens, and a few CSS classes name their kinds."""

from collections.abc import Iterator
from functools import cache
from html import escape
from sys import getsizeof
from time import thread_time
from typing import TYPE_CHECKING

from pygments.token import Token, _TokenType

from server.render.cache import Cache
from server.render.code_languages import LANGUAGES

if TYPE_CHECKING:
    from pygments.lexer import LexerMeta

MAX_CODE = 50_000
"""Characters of code that are highlighted; about 0.1 s of work."""
MAX_LINE = 2_000
"""Characters of a line: lexers are mostly slow on long lines."""
MAX_CPU_S = 0.25
"""CPU time per block. When a lexer takes longer, the code stays plain."""
CHECK_EVERY = 8
"""Tokens between two checks of the clock."""

AS_WRITTEN = {"stripnl": False, "ensurenl": False}

CLASSES = {
    Token.Comment: "hl-comment",
    Token.Keyword: "hl-keyword",
    Token.Operator.Word: "hl-keyword",
    Token.Literal.String: "hl-string",
    Token.Literal.Number: "hl-number",
    Token.Keyword.Constant: "hl-number",
    Token.Name.Function: "hl-function",
    Token.Name.Class: "hl-type",
    Token.Keyword.Type: "hl-type",
    Token.Name.Exception: "hl-type",
    Token.Name.Builtin: "hl-builtin",
    Token.Name.Tag: "hl-tag",
    Token.Name.Attribute: "hl-attribute",
    Token.Name.Decorator: "hl-attribute",
    Token.Generic.Inserted: "hl-inserted",
    Token.Generic.Deleted: "hl-deleted",
    Token.Generic.Heading: "hl-keyword",
    Token.Generic.Prompt: "hl-comment",
}
"""A token type that is not listed takes the class of its nearest listed parent, or none."""

html_by_code: Cache[tuple[str, str], str] = Cache(4 * 2**20, lambda key, html: getsizeof(key[0]) + getsizeof(html))


def coloured(code: str, language: str) -> str:
    """Return code as HTML, or as escaped text if the language is unknown or the code too long."""
    if language not in LANGUAGES or len(code) > MAX_CODE or max(map(len, code.split("\n"))) > MAX_LINE:
        return escape(code, quote=False)
    return html_by_code.get((code, language), lambda: _highlight(code, language))


def _highlight(code: str, language: str) -> str:
    runs = list(_runs(code, language))
    if "".join(text for _, text in runs) != code:  # out of time, or the lexer dropped the last line
        return escape(code, quote=False)
    return "".join(_span(name, text) for name, text in runs)


def _runs(code: str, language: str) -> Iterator[tuple[str, str]]:
    """Yield runs of text of one class until time is up. White space joins the run before it."""
    deadline = thread_time() + MAX_CPU_S
    run, texts = "", [""]
    for index, (kind, text) in enumerate(_lexer(language)(**AS_WRITTEN).get_tokens(code)):
        if not index % CHECK_EVERY and thread_time() > deadline:
            return
        name = run if text.isspace() else _class(kind)
        if name != run:
            yield run, "".join(texts)
            run, texts = name, []
        texts.append(text)
    yield run, "".join(texts)


def _span(name: str, text: str) -> str:
    html = escape(text, quote=False)
    return f'<span class="{name}">{html}</span>' if name else html


@cache
def _lexer(language: str) -> "LexerMeta":
    from pygments.lexers import find_lexer_class_by_name

    return find_lexer_class_by_name(language)


@cache
def _class(kind: _TokenType) -> str:
    return CLASSES.get(kind) or (_class(kind.parent) if kind.parent else "")
