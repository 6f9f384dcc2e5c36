"""Rendering a message takes about a second at most; what exceeds it is shown as plain text."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import perf_counter, thread_time

import pytest

from server.render import blocks, document, markdown
from server.render.budget import Budget
from server.render.document import MAX_CHARACTERS, WAITING, _blocks
from server.render.highlight import coloured
from tests.support.safe_html import faults, text

CPU_S = 0.3
MOST_CPU_S = 0.8
"""The end is plain, but it is rendered too."""


def table(columns: int, rows: int, row: str = "|") -> str:
    return f"|{'a|' * columns}\n|{'-|' * columns}\n" + f"{row}\n" * rows


EXPENSIVE = {
    "a table of empty cells": table(1_000, 500),
    "many tables": (table(50, 100) + "\n") * 50,
    "small tables": table(1, 0) * 30_000,
    "images": "![" * 131_000,
    "links": "[a](" * 60_000,
    "emphasis": "*a **b " * 30_000,
    "formulas": "$x^2$ " * 40_000,
    "lists": "- a\n" * 60_000,
    "quotes": "> a\n" * 60_000,
    "paragraphs": "a *b* c\n\n" * 60_000,
    "footnotes": "[^1]: a\n" * 30_000,
    "slow code": "".join(f"```matlab\n% {number}{12_000 * chr(10)}```\n\n" for number in range(20)),
    "words": "word " * (MAX_CHARACTERS // 5 + 1),
}


@pytest.mark.parametrize("name", EXPENSIVE)
def test_rendering_ends_in_time_and_loses_nothing(name, monkeypatch):
    monkeypatch.setattr(document, "MESSAGE_CPU_S", CPU_S)
    began = thread_time()
    html = "".join(_blocks(EXPENSIVE[name]))

    assert thread_time() - began < MOST_CPU_S
    assert faults(html) == []
    assert len(re.findall("[a-z]", text(html))) >= min(10_000, len(re.findall("[a-z]", EXPENSIVE[name])) // 4)


@pytest.mark.parametrize("after", [0.0, 0.01, 0.05])
def test_what_there_is_no_time_for_is_the_text_itself(monkeypatch, after):
    monkeypatch.setattr(document, "MESSAGE_CPU_S", after)
    source = "".join(f"*Paragraph* {number} with `code`.\nA line.\n\n" for number in range(3_000))

    html = "".join(_blocks(source))

    words = re.findall(r"\w+", text(html))
    assert words == re.findall(r"\w+", source)
    assert "*Paragraph* 2999" in html
    assert html.count("<p>") < 3_000


def test_code_and_formulas_are_source_where_time_is_up():
    over = Budget(0)

    assert coloured("return 1\n", "python", over) == "return 1\n"
    assert "hl-keyword" in coloured("return 1\n", "python", Budget(1))
    [source] = markdown.parse("$$x^2$$\n", Budget(1))
    assert markdown.render(source, over) == '<div class="math"><code class="tex">x^2</code></div>\n'


def test_a_table_with_too_many_cells_stays_text_and_the_next_one_is_a_table():
    shown = _blocks(table(1_000, 500) + "\nend\n\n" + table(3, 3, "|x|y|z|"))

    assert shown[0].startswith("<p>|a|a|")
    assert shown[1] == "<p>end</p>\n"
    assert shown[2].count("<td>") == 9


def test_all_tables_of_a_message_count_together(monkeypatch):
    monkeypatch.setattr(markdown, "MAX_CELLS", 100)

    assert "".join(_blocks((table(5, 5, "|x|") + "\n") * 10)).count("<table>") == 2


def test_a_text_is_rendered_once_for_all_who_wait(monkeypatch):
    calls, may_go_on = [], Event()

    def slow(markdown: str) -> list[str]:
        calls.append(markdown)
        assert may_go_on.wait(10)
        return ["<p>once</p>"]

    monkeypatch.setattr(document, "_blocks", slow)
    with ThreadPoolExecutor(WAITING) as threads:
        shown = [threads.submit(blocks, "asked for by several") for _ in range(WAITING)]
        may_go_on.set()

    assert [one.result() for one in shown] == [["<p>once</p>"]] * WAITING
    assert calls == ["asked for by several"]
    document.html_by_text.clear()


def test_half_of_the_threads_wait_and_the_others_show_plain_text(monkeypatch):
    may_go_on = Event()
    monkeypatch.setattr(document, "_blocks", lambda markdown: [f"<p>{may_go_on.wait(10)}</p>"])
    with ThreadPoolExecutor(WAITING) as threads:
        waiting = [threads.submit(blocks, f"*text* {number}") for number in range(WAITING)]
        while document._places.acquire(blocking=False):
            document._places.release()
        began = perf_counter()

        assert blocks("*another* <text>") == ["<p>*another* &lt;text&gt;</p>\n"]
        assert perf_counter() - began < 5
        may_go_on.set()

    assert all(one.result() == ["<p>True</p>"] for one in waiting)
    assert document.html_by_text.peek("*another* <text>") is None
    document.html_by_text.clear()
