"""The time for rendering grows with the length of a text and no faster, whatever the text repeats.

Code is the exception: its lexers are Pygments' own, and `test_highlight` shows that they are ended in time.
"""

import pytest

from server.render import Rendering
from server.render.document import _blocks
from tests.support.growth import fragments, is_linear

ADDRESSES = [
    *("http://a.b/((", "http://a-", "http://a.b.", "http://1.1.1.1", "/[[", "http://", "://", "https://a:b@", "//a.b"),
    *("a@b.c", "a@", "@", "mailto:", "x_@", "http://[", "http://a.b:1", "http://a.b/'", 'http://a.b/"', "http://a.b/{"),
    *("http://a.b/,", "http://a..", "http://a.b/?", "http://ü.", "a.", "-", "http", "http://a.b/x ", "a@b.c "),
]
MARKDOWN = [
    *("[", "![", "](", "[a](", "[a]: http://b.c\n", "[a][", "<", "<http://", "&amp", "&#", "\\", "#", "\t", "    "),
    *("*", "**a", "_", "__a_", "`", "``a`", "~~a", ">", "> ", "- ", "- a\n", "- [ ] ", "1. ", "1. a\n", "- > ", "a "),
    *("[^a]", "[^a]: ", "[^a]: b\n", "|", "|a|\n", "a|b\n-|-\n", "|-", "```\n", "> ```\n", "~~~", "---\n", "===\n"),
    *("\n", "a\n\n", "é"),
]
FORMULAS = [
    *("$", "$$", "$a ", "$a$", "$$ a\n", "$$a$$\n\n", r"\(", r"\)", r"\[", r"\]", "\\[\n", "\\[\na\n\n", "5$ ", "$5 a"),
    *(r"\frac{", r"\begin{", r"\end{", r"\left(", "{", "}", "^", "_", "&", r"\\", r"\text{", r"\$"),
]


@pytest.mark.parametrize("fragment", fragments(ADDRESSES, 20))
def test_finding_addresses_is_linear(fragment):
    assert is_linear(_blocks, fragment, 6_000)


@pytest.mark.parametrize("fragment", fragments(MARKDOWN, 40))
def test_markdown_is_linear(fragment):
    assert is_linear(_blocks, fragment, 3_000)


@pytest.mark.parametrize("fragment", fragments(FORMULAS, 20))
def test_finding_formulas_is_linear(fragment):
    assert is_linear(_blocks, fragment, 3_000)


@pytest.mark.parametrize("fragment", fragments([*MARKDOWN[::4], *FORMULAS[::4], *ADDRESSES[::4]], 0))
def test_rendering_a_growing_answer_is_linear(fragment):
    assert is_linear(_stream, fragment, 3_000)


def _stream(text: str) -> None:
    """Render a text in ten updates: they come at a pace that is set by the clock, however fast the text grows."""
    rendering, step = Rendering(), len(text) // 10
    for start in range(0, len(text), step):
        rendering.feed(text[start : start + step], start)
        rendering.update()
