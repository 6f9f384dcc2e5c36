import re
import shutil
import subprocess

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import openai_stream

COMPLETE = re.compile("^complete$")
MATH_FONTS = re.compile("(Latin Modern|STIX Two|Cambria|Libertinus|Noto Sans) Math|DejaVu Math TeX Gyre")

RICH = """## A heading

| a | b |
|---|--:|
| 1 | 2 |

```python
def hello():
    return "x < y"
```

The sum is $a^2 + b^2$.

- [x] done
"""
HOSTILE = """<script>hacked = 1</script><img src=x onerror="hacked = 2">

![pixel](http://tracker.test/pixel.png) [click](javascript:hacked=3)

<style>body { display: none }</style><iframe src="http://frame.test/"></iframe>
<a href="http://link.test/" onclick="hacked = 4" id="question">link</a>

```html"><img/src=x/onerror=hacked=5>
</code></pre><script>hacked = 6</script>
```

$\\href{javascript:hacked=7}{x}$ `<svg onload=hacked=8>`
"""


@pytest.fixture
def requests(page):
    """The addresses the page has asked for."""
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    return asked


def test_tables_code_and_formulas_are_what_they_are(chat, upstream):
    upstream.will_answer(openai_stream(RICH))

    chat.ask("Show me")

    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    expect(chat.answer.locator("table td")).to_have_text(["1", "2"])
    expect(chat.answer.locator("math")).to_have_count(1)
    expect(chat.answer.locator("figure figcaption")).to_contain_text("python")
    expect(chat.answer.locator("pre .hl-keyword").first).to_have_text("def")


def test_a_root_is_drawn_with_its_sign(chat, upstream):
    fonts = subprocess.check_output(["fc-list", ":", "family"], text=True) if shutil.which("fc-list") else ""
    if not MATH_FONTS.search(fonts):
        pytest.skip("needs a font for mathematics: apt install fonts-noto-core")
    upstream.will_answer(openai_stream(r"$\sqrt{\pi}$"))

    chat.ask("Write a root")

    root = chat.answer.locator("msqrt")
    expect(root).to_be_visible()
    width = "element => element.getBoundingClientRect().width"
    assert root.evaluate(width) > 1.3 * root.locator("mi").evaluate(width)


def test_code_is_copied_as_it_was_written(chat, upstream):
    upstream.will_answer(openai_stream(RICH))
    chat.ask("Show me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    chat.button("Copy code").click()

    expect(chat.page.get_by_text("Copied.")).to_be_attached()
    assert chat.page.evaluate("navigator.clipboard.readText()") == 'def hello():\n    return "x < y"\n'


def test_code_can_be_copied_in_history_too(chat, upstream):
    upstream.will_answer(openai_stream(RICH))
    chat.ask("Show me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    chat.page.reload()

    expect(chat.button("Copy code")).to_have_count(1)


@pytest.mark.parametrize("pieces", [HOSTILE, list(HOSTILE)], ids=["by words", "by letters"])
def test_nothing_in_an_answer_runs_or_loads(chat, upstream, address, requests, pieces):
    upstream.will_answer(openai_stream(pieces))

    chat.ask(HOSTILE)
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    chat.page.reload()
    expect(chat.answer).to_contain_text("hacked = 1")

    assert chat.page.evaluate("typeof hacked") == "undefined"
    assert chat.page.locator("main").locator("script, iframe, img, style, form form, [onclick], [onerror]").count() == 0
    assert chat.page.locator("#question").count() == 1
    assert {url for url in requests if not url.startswith((address, address.replace("http", "ws")))} == set()


def test_the_title_of_a_conversation_is_text(chat, upstream):
    chat.ask("<img src=x onerror=hacked=1>")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    expect(chat.page.get_by_role("heading", level=1)).to_contain_text("<img")
    assert chat.page.evaluate("typeof hacked") == "undefined"
