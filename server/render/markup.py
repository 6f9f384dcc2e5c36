"""Renders those tokens to HTML that markdown-it would render differently."""

import re
from collections.abc import Sequence
from html import escape

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from server.render.highlight import coloured
from server.render.links import host
from server.render.tex import mathml, tex_source

Tokens = Sequence[Token]

_LANGUAGE = re.compile(r"\s*\{?\.?([\w+#.-]{1,30})", re.ASCII)


def language(info: str) -> str:
    """Return the language of a fence's info string in lower case, or an empty string; safe in HTML."""
    found = _LANGUAGE.match(info)
    return found[1].lower() if found else ""


def figure(code: str, name: str) -> str:
    """Return a block of code; the page puts its copy button into the header line.

    code: HTML.
    """
    attribute = f' data-language="{name}"' if name else ""
    return f'<figure class="code"{attribute}><figcaption>{name}</figcaption><pre><code>{code}</code></pre></figure>\n'


def is_closed(fence: Token) -> bool:
    """Tell whether a fence is closed: it then has two lines more than its content."""
    first, end = fence.map or (0, 0)
    return fence.content[-1:] in ("", "\n") and end - first == fence.content.count("\n") + 2


class Markup(RendererHTML):
    """One rule per token type. The sanitiser checks what they return."""

    def heading_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Shift headings one level down, since the page has its own h1."""
        return f"<h{_level(tokens[idx])}>"

    def heading_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f"</h{_level(tokens[idx])}>\n"

    def fence(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        token = tokens[idx]
        name = language(token.info)
        settled = is_closed(token) or not env.get("live")
        if not settled:
            return figure(escape(token.content, quote=False), name)
        return figure(coloured(token.content, name, env["budget"]), name)

    def code_block(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return figure(escape(tokens[idx].content, quote=False), "")

    def link_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return _link(str(tokens[idx].attrs["href"]), "external")

    def image(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render an image as a link: loading it would tell another server who reads what. Inside a link, its text."""
        token = tokens[idx]
        text = escape(self.renderInlineAsText(token.children, options, env))
        if token.meta["linked"]:
            return text
        url = str(token.attrs["src"])
        return f"{_link(url, 'external image-link')}{text} ({escape(host(url))})</a>"

    def table_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<div class="table"><table>\n'

    def table_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</table></div>\n"

    def th_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[idx])

    def td_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return _cell(tokens[idx])

    def list_item_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render a task's checkbox as a character, since answers contain no form controls."""
        if "checked" not in tokens[idx].meta:
            return self.renderToken(tokens, idx, options, env)
        return f'<li class="task"><span class="task-box">{"☑" if tokens[idx].meta["checked"] else "☐"}</span> '

    def formula(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return _formula(tokens[idx].content, env, display=tokens[idx].meta["display"])

    def formula_block(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="math">{_formula(tokens[idx].content, env, display=True)}</div>\n'

    def formula_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<div class="math">{tex_source(tokens[idx].content)}</div>\n'

    def plain(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render text that there was no time to parse."""
        return escape(tokens[idx].content, quote=False).replace("\n", "<br>\n")

    def plain_block(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        text = self.plain(tokens, idx, options, env)
        return f"<p>{text}</p>\n" if text.strip() else ""

    def as_it_is(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return tokens[idx].content

    def definition(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return ""

    def footnote_ref(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render a footnote's number without a link: the ids of several answers on one page would clash."""
        return f'<sup class="footnote">{tokens[idx].meta["id"] + 1}</sup>'

    def footnote_block_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return '<section class="footnotes"><ol>\n'

    def footnote_block_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</ol></section>\n"

    def footnote_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "<li>"

    def footnote_anchor(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return ""

    def footnote_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</li>\n"

    def footnote_reference_open(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render a footnote in place while the answer grows; its number is known only at the end."""
        return f'<section class="footnotes"><sup class="footnote">{escape(tokens[idx].meta["label"])}</sup>\n'

    def footnote_reference_close(self, tokens: Tokens, idx: int, options: OptionsDict, env: EnvType) -> str:
        return "</section>\n"


def _formula(tex: str, env: EnvType, *, display: bool) -> str:
    return tex_source(tex) if env["budget"].is_over else mathml(tex, display=display)


def _level(heading: Token) -> int:
    return min(int(heading.tag[1]) + 1, 6)


def _link(url: str, classes: str) -> str:
    return f'<a href="{escape(url)}" title="{escape(host(url))}" class="{classes}">'


def _cell(token: Token) -> str:
    style = str(token.attrs.get("style", ""))
    return f'<{token.tag} class="{style.removeprefix("text-align:")}">' if style else f"<{token.tag}>"
