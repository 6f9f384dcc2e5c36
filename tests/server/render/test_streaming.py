"""A streamed answer ends up exactly as the same answer in history, for every reader."""

import html as escaping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.render import Change, Rendering, Viewer, blocks
from tests.support.safe_html import faults

ANSWER = """\
# Sorting

Python has **two** ways, `sorted()` and `list.sort()`, both in $O(n \\log n)$.
See [the docs][1] and the note[^a].

```python
def f(x: int) -> str:
    return "a" * x  # a comment
```

| a | b |
|---|--:|
| 1 | $x$ |

- one
  - [x] nested

    ~~~js
    let a = 1
    ~~~
- two

$$
\\begin{split} a &= 1 \\\\ b &= 2 \\end{split}
$$

> quoted

[1]: https://docs.example/sort
[^a]: A note at the end.
"""

MARKS = [
    *("*", "**", "_", "`", "``", "```", "```py\n", "~~~", "~~", "$", "$$", "\\(", "\\)", "\\[", "\\]", "\\"),
    *("[", "]", "(", ")", "![", "](", "http://a.b", "[a]", "[a]: http://x.y\n", "[^1]", "[^1]: n\n", "<b>", "&amp;"),
    *(
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "> ",
        "- ",
        "1. ",
        "    ",
        "\t",
        "|",
        "| a | b |\n|---|---|\n",
        "---",
        "===",
        "#",
        " ",
    ),
    *("word", "é", "日本", "\0", "\ud800", "x@y.com", "5", "\\frac{a}{b}", "{", "}", "- [ ] ", "- [x] ", "```\n", "!"),
]
TEXTS = st.one_of(st.lists(st.sampled_from(MARKS), max_size=40).map("".join), st.text(max_size=60), st.just(ANSWER))
CODE_END = "</code></pre></figure>\n"


class Page:
    """What a browser holds: it does what the changes say, and nothing else."""

    def __init__(self, rendering: Rendering | None = None) -> None:
        self.viewer = Viewer(rendering.seq if rendering else 0)
        self.blocks = {block.number: block.html for block in rendering.blocks} if rendering else {}

    def look(self, rendering: Rendering) -> list[Change]:
        changes = self.viewer.changes(rendering)
        for change in changes:
            if change.html is not None:
                self.blocks[change.block] = change.html
            else:
                self._append(change.block, change.text or "")
        return changes

    def _append(self, number: int, text: str) -> None:
        begin = self.blocks[number].removesuffix(CODE_END)
        assert begin != self.blocks[number], "text goes into an open block of code only"
        self.blocks[number] = begin + escaping.escape(text, quote=False) + CODE_END

    @property
    def html(self) -> str:
        return "".join(self.blocks[number] for number in sorted(self.blocks))


def stream(rendering: Rendering, text: str, size: int, page: Page | None = None) -> None:
    """Feed a text in pieces, updating after each."""
    for seq, start in enumerate(range(0, len(text), size), rendering.seq + 1):
        rendering.feed(text[start : start + size], seq)
        rendering.update()
        if page:
            page.look(rendering)


@settings(deadline=None, max_examples=150)
@given(data=st.data(), text=TEXTS)
def test_every_reader_ends_with_the_html_of_history(data, text):
    cuts = sorted({0, len(text), *data.draw(st.lists(st.integers(0, len(text)), max_size=25))})
    rendering, pages = Rendering(), [Page()]

    for seq, (start, end) in enumerate(pairwise(cuts), 1):
        rendering.feed(text[start:end], seq)
        if data.draw(st.booleans()):
            rendering.update()
            pages[0].look(rendering)
            assert faults("".join(block.html for block in rendering.blocks)) == []
        if data.draw(st.booleans()):
            pages.append(Page(rendering))
    rendering.finish()
    pages.append(Page(rendering))
    for page in pages:
        page.look(rendering)

    whole = "".join(blocks(text))
    assert "".join(block.html for block in rendering.blocks) == whole
    assert [page.html for page in pages] == [whole] * len(pages)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 40, 4_000])
def test_the_size_of_the_pieces_does_not_matter(size):
    rendering, page = Rendering(), Page()

    stream(rendering, ANSWER, size, page)
    rendering.finish()
    page.look(rendering)

    assert page.html == "".join(blocks(ANSWER))


@settings(deadline=None, max_examples=60)
@given(earlier=TEXTS, later=TEXTS)
def test_an_answer_that_goes_on_begins_as_history_shows_it(earlier, later):
    rendering = Rendering(earlier, 7)
    page = Page(rendering)
    assert page.html == "".join(blocks(earlier))

    stream(rendering, later, 9, page)
    rendering.finish()
    page.look(rendering)

    assert page.html == "".join(blocks(earlier + later))


def test_a_closed_block_is_sent_once():
    rendering, page = Rendering(), Page()
    stream(rendering, "First.\n\nSecond begins\n", 5, page)

    rendering.feed("and goes on.", 99)
    rendering.update()

    assert [change.block for change in page.look(rendering)] == [1]


def test_open_code_grows_by_text():
    rendering, page = Rendering(), Page()
    rendering.feed("```python\nif a < b:\n", 1)
    rendering.update()
    page.look(rendering)

    rendering.feed("    c = a & b\n", 2)
    rendering.update()

    assert page.look(rendering) == [Change(0, text="    c = a & b\n")]
    assert rendering.blocks[0].code == "if a < b:\n    c = a & b\n"
    assert "hl-" not in page.html


def test_code_gets_its_colours_when_it_is_closed():
    rendering = Rendering()

    stream(rendering, "```python\nreturn 1\n```\n\nDone.\n", 4)

    assert 'class="hl-keyword"' in rendering.blocks[0].html
    assert rendering.blocks[0].code is None


def test_the_closing_line_of_code_is_never_part_of_it():
    rendering, seen = Rendering(), []
    for seq, letter in enumerate("```\na\n```\n\nDone.\n", 1):
        rendering.feed(letter, seq)
        rendering.update()
        seen += [block.code for block in rendering.blocks if block.code]

    assert seen
    assert not any("`" in code for code in seen)


@pytest.mark.parametrize(
    ("half", "html"),
    [
        ("Some **bold", "<p>Some <strong>bold</strong></p>\n"),
        ("Some **bold*", "<p>Some <strong>bold</strong></p>\n"),
        ("Some `code", "<p>Some <code>code</code></p>\n"),
        ("Some ~~old", "<p>Some <s>old</s></p>\n"),
        ("See [the docs](https://docs.exam", "<p>See the docs</p>\n"),
        ("Words:\n-", "<p>Words:</p>\n"),
        ("Words:\n```py", "<p>Words:</p>\n"),
        ("| a | b |\n|--", "<p>| a | b |</p>\n"),
        ("2 * 3 and a_b", "<p>2 * 3 and a_b</p>\n"),
    ],
)
def test_what_is_half_there_does_not_flicker(half, html):
    rendering = Rendering()
    rendering.feed(half, 1)
    rendering.update()

    assert "".join(block.html for block in rendering.blocks) == html


def test_half_a_formula_is_its_source():
    rendering = Rendering()
    rendering.feed("Then\n\n$$\n\\frac{a_1}{b_2}*c*\n", 1)
    rendering.update()

    assert rendering.blocks[1].html == '<div class="math"><code class="tex">\\frac{a_1}{b_2}*c*</code></div>\n'


def test_a_definition_that_comes_later_changes_its_block_at_the_end():
    rendering, page = Rendering(), Page()
    stream(rendering, "See [a].\n\nMore.\n\n[a]: https://a.example\n", 6, page)
    assert "<a" not in page.html

    rendering.finish()

    assert [change.block for change in page.look(rendering)] == [0]
    assert "<a" in page.html


def test_a_reader_who_left_before_the_end_gets_what_the_end_changed():
    rendering = Rendering()
    stream(rendering, "```python\nreturn 1\n", 4)
    page = Page(rendering)

    rendering.finish()
    page.look(rendering)

    assert page.html == "".join(blocks("```python\nreturn 1\n"))
    assert rendering.seq == 5


def test_a_block_that_is_gone_is_told_as_empty():
    rendering, page = Rendering(), Page()
    stream(rendering, "a\n\n[b]:", 20, page)
    rendering.feed(" http://x.y\n", 2)
    rendering.update()

    assert Change(1, html="") in page.look(rendering)
    rendering.finish()
    page.look(rendering)
    assert page.html == "<p>a</p>\n"


def test_nothing_new_is_no_news():
    rendering, page = Rendering(), Page()
    stream(rendering, "Text.", 5, page)

    rendering.update()

    assert page.look(rendering) == []


@pytest.mark.parametrize(
    ("before", "text", "is_quick"),
    [
        ("", "some words", True),
        ("", "word " * 1_000, False),
        ("- item\n" * 1_000, "more", False),
        ("Closed.\n\n" * 1_000 + "Open.\n", "more", True),
        ("```py\n" + "x\n" * 5_000, "x = 1", True),
        ("```py\nx\n``", "`", False),
        ("~~~py\nx\n", "~~~\n", False),
        ("- ```py\n  x\n", "  y", False),
    ],
)
def test_an_update_is_quick_if_it_parses_little_and_colours_nothing(before, text, is_quick):
    rendering = Rendering()
    rendering.feed(before, 1)
    rendering.update()

    rendering.feed(text, 2)

    assert rendering.is_quick == is_quick


def test_an_answer_that_takes_too_long_goes_on_as_it_is(monkeypatch):
    monkeypatch.setattr("server.render.rendering.UPDATE_CPU_S", 0)
    rendering, page = Rendering(), Page()
    stream(rendering, "Some *text*\n" * 40, 100, page)

    appended = [change.text for change in page.look(rendering) if change.html is None]
    rendering.feed("and <more>", rendering.seq + 1)
    rendering.update()

    assert page.look(rendering) == [Change(0, text="and <more>")]
    assert appended == []
    rendering.finish()
    page.look(rendering)
    assert page.html == "".join(blocks("Some *text*\n" * 40 + "and <more>"))


def test_the_cost_of_an_update_is_told():
    rendering = Rendering()
    assert rendering.cost_s == 0

    rendering.feed("- item\n" * 200, 1)
    rendering.update()

    assert rendering.cost_s > 0
