"""Markdown to HTML: GitHub's features and footnotes, in the markup that prose.css styles."""

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from server.render import blocks
from server.render.cache import Cache
from server.render.document import _blocks
from server.render.sanitise import CLASSES
from tests.support.safe_html import text

STYLES = Path(__file__).parents[3] / "client" / "static" / "css"


def html(markdown: str) -> str:
    return "".join(blocks(markdown))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("plain", "<p>plain</p>\n"),
        ("one\ntwo", "<p>one<br>\ntwo</p>\n"),
        (
            "~~gone~~ **bold** *thin* `x<y`",
            "<p><s>gone</s> <strong>bold</strong> <em>thin</em> <code>x&lt;y</code></p>\n",
        ),
        ("> quoted", "<blockquote>\n<p>quoted</p>\n</blockquote>\n"),
        ("3. three\n4. four", '<ol start="3">\n<li>three</li>\n<li>four</li>\n</ol>\n'),
        ("a\n\n---\n\nb", "<p>a</p>\n<hr>\n<p>b</p>\n"),
        ("<b>tags</b> & text", "<p>&lt;b&gt;tags&lt;/b&gt; &amp; text</p>\n"),
        ("fish &amp; chips &copy;", "<p>fish &amp; chips ©</p>\n"),
        ("nul \0 and half a pair \ud800", "<p>nul \ufffd and half a pair \ufffd</p>\n"),
        ("", ""),
        ("\n \n", ""),
    ],
)
def test_markdown_becomes_html(markdown, expected):
    assert html(markdown) == expected


@pytest.mark.parametrize(("mark", "tag"), [("#", "h2"), ("##", "h3"), ("###", "h4"), ("#####", "h6"), ("######", "h6")])
def test_headings_leave_h1_to_the_page(mark, tag):
    assert html(f"{mark} Title") == f"<{tag}>Title</{tag}>\n"


def test_a_table_scrolls_in_its_own_box():
    table = html("| a | b |\n|:-:|--:|\n| 1 | **2** |\n")

    assert table.startswith('<div class="table"><table>\n<thead>')
    assert '<th class="center">a</th>' in table
    assert '<td class="right"><strong>2</strong></td>' in table


def test_a_task_is_a_character_and_no_form():
    assert html("- [x] done\n- [ ] open\n") == (
        '<ul>\n<li class="task"><span class="task-box">☑</span> done</li>\n'
        '<li class="task"><span class="task-box">☐</span> open</li>\n</ul>\n'
    )


@pytest.mark.parametrize(
    ("markdown", "url"),
    [
        ("https://a.example/b_c_d?e=f", "https://a.example/b_c_d?e=f"),
        ("see http://a.example.", "http://a.example"),
        ("<https://a.example>", "https://a.example"),
        ("[text](https://a.example/ü)", "https://a.example/%C3%BC"),
        ("[text][1]\n\n[1]: https://a.example", "https://a.example"),
        ("me@example.com", "mailto:me@example.com"),
        ("mailto:me@example.com", "mailto:me@example.com"),
        ("to first_last+tag@mail.example.co.uk, please", "mailto:first_last+tag@mail.example.co.uk"),
        ("git@github.com:a/b.git", "mailto:git@github.com"),
        ("**https://a.example/x**", "https://a.example/x"),
        ("(https://a.example/wiki/Foo_(bar))", "https://a.example/wiki/Foo_(bar)"),
        ("https://a.example/v1...v2, then", "https://a.example/v1...v2"),
        ("https://a.example/it's!", "https://a.example/it's"),
        ("http://localhost:8080/x?a=[1]", "http://localhost:8080/x?a=%5B1%5D"),
        ("http://user:pw@a.example/", "http://user:pw@a.example/"),
        ("http://münchen.example/ü", "http://xn--mnchen-3ya.example/%C3%BC"),
        ("http://उदाहरण.example/", "http://xn--p1b6ci4b4b3a.example/"),
        ("http://1.1.1.1", "http://1.1.1.1"),
        ("http://a.example/((", "http://a.example/"),
        ("HTTPS://A.example", "HTTPS://A.example"),
        ("见 https://a.example/docs（说明）了解", "https://a.example/docs"),
        ("**https://a.example/docs**。", "https://a.example/docs"),
        ("“https://a.example/docs”", "https://a.example/docs"),
    ],
)
def test_an_address_becomes_a_link(markdown, url):
    assert f'<a href="{url}"' in html(markdown)


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "main.py", "node.js", "example.com", "ftp://a.example", "x://y", "xhttp://a.example"),
        *("http://a-", "http://a_b.example", "http://.a", "a@b", "@a.example", "http://(a.example)"),
    ],
)
def test_a_name_is_not_an_address(name):
    assert html(name) == f"<p>{name}</p>\n"


def test_footnotes_come_last_and_need_no_ids():
    parts = blocks("One[^b] and two[^a].\n\n[^a]: Second.\n[^b]: First.\n\nEnd.\n")

    assert parts[0] == '<p>One<sup class="footnote">1</sup> and two<sup class="footnote">2</sup>.</p>\n'
    assert parts[-1].startswith('<section class="footnotes"><ol>\n<li><p>First.')
    assert " id=" not in "".join(parts)


def test_an_image_within_a_link_is_its_text():
    link = html("[![logo](https://a.example/x.png)](https://b.example)")

    assert link.count("<a ") == 1
    assert ">logo</a>" in link


def test_code_names_its_language_and_keeps_its_text():
    assert html("```Python title=x\na < b\n```") == (
        '<figure class="code" data-language="python"><figcaption>python</figcaption>'
        "<pre><code>a &lt; b\n</code></pre></figure>\n"
    )


@pytest.mark.parametrize("info", ["", "???", "<script>"])
def test_code_without_a_language_still_has_its_header(info):
    assert html(f"```{info}\nx\n```").startswith('<figure class="code"><figcaption></figcaption><pre><code>x')


def test_the_blocks_of_a_text_are_remembered_but_not_shared():
    first = blocks("One.\n\nTwo.")
    first.clear()

    assert len(blocks("One.\n\nTwo.")) == 2


def test_a_cache_forgets_what_was_used_longest_ago():
    cache: Cache[str, str] = Cache(10, lambda key, value: len(value))
    cache.get("a", lambda: "aaaa")
    cache.get("b", lambda: "bbbb")
    cache.get("a", lambda: "never made")

    cache.get("c", lambda: "cccc")

    assert cache.get("a", lambda: "anew") == "aaaa"
    assert cache.get("b", lambda: "anew") == "anew"


def test_a_cache_makes_a_value_once_for_all_who_wait():
    cache: Cache[str, str] = Cache(10, lambda key, value: len(value))
    made, may_go_on = [], Event()

    def make() -> str:
        made.append(1)
        assert may_go_on.wait(10)
        return "once"

    with ThreadPoolExecutor(8) as threads:
        values = [threads.submit(cache.get, "key", make) for _ in range(8)]
        may_go_on.set()

    assert [value.result() for value in values] == ["once"] * 8
    assert len(made) == 1


def test_a_cache_tries_again_after_a_failure():
    cache: Cache[str, float] = Cache(10, lambda key, value: 1)
    with pytest.raises(ZeroDivisionError):
        cache.get("key", lambda: 1 / 0)

    assert cache.get("key", lambda: 1.0) == 1.0


def test_what_is_too_big_for_a_cache_is_returned_all_the_same():
    cache: Cache[str, str] = Cache(3, lambda key, value: len(value))

    assert cache.get("a", lambda: "aaaa") == "aaaa"
    assert cache.get("a", lambda: "anew") == "anew"


@pytest.mark.parametrize("unit", ["> ", "- ", "1. > ", "[", "![", "*a **b ", "> - [![", "**[a](http://b.c) "])
def test_deep_nesting_does_not_end_in_a_recursion_error_even_deep_in_a_stack(unit):
    def deeper(frames: int) -> list[str]:
        return deeper(frames - 1) if frames else _blocks(unit * 500 + "x" + "](http://b.c)" * 500)

    assert text("".join(deeper(300)))


def test_every_class_has_its_style():
    styles = "".join((STYLES / name).read_text() for name in ("chat/prose.css", "chat/highlight.css"))
    known = set(re.findall(r"\.([a-z][a-z-]*)", styles))

    assert set().union(*CLASSES.values()) <= known
