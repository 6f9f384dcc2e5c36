"""Finds the tokens of code, in a process of its own that can be ended while a regular expression runs.

The rules of the lexers are Pygments' own, and some take minutes on text that was made for them. A match keeps the
interpreter's lock, so that a thread that waits for it would hold up the whole server.

Run by its path: with -m, Python would import the whole package. It reads a request a line, `{"code", "language",
"cpu_s"}`, and answers each with a line, `{"html", "cpu_s"}`, or ends when the request's CPU time is used up.
"""

import json
import signal
import sys
from collections.abc import Iterator
from functools import cache
from html import escape
from time import process_time
from typing import TYPE_CHECKING

from pygments.token import Token, _TokenType

if TYPE_CHECKING:
    from pygments.lexer import Lexer

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


def main() -> None:
    """Answer requests until there are no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the server, which then closes the pipe
    for line in sys.stdin.buffer:
        request = json.loads(line)
        lexer = _lexer(request["language"])
        started = process_time()
        _limit(request["cpu_s"])
        html = _highlighted(request["code"], lexer)
        _limit(0)
        print(json.dumps({"html": html, "cpu_s": process_time() - started}), flush=True)


def _limit(cpu_s: float) -> None:
    """Let the system end this process after so much CPU time; 0 takes that back. On Windows, only the server does."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _highlighted(code: str, lexer: "Lexer") -> str:
    runs = list(_runs(code, lexer))
    if "".join(text for _, text in runs) != code:  # the lexer dropped the last line
        return escape(code, quote=False)
    return "".join(_span(name, text) for name, text in runs)


def _runs(code: str, lexer: "Lexer") -> Iterator[tuple[str, str]]:
    """Yield runs of text of one class. White space joins the run before it."""
    run, texts = "", [""]
    for kind, text in lexer.get_tokens(code):
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
def _lexer(language: str) -> "Lexer":
    """Return a lexer whose rules are compiled."""
    from pygments.lexers import find_lexer_class_by_name

    return find_lexer_class_by_name(language)(**AS_WRITTEN)


@cache
def _class(kind: _TokenType) -> str:
    return CLASSES.get(kind) or (_class(kind.parent) if kind.parent else "")


if __name__ == "__main__":
    main()
