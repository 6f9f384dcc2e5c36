"""Highlighted code: the same text, a few classes, and readable colours."""

import re
import string
from concurrent.futures import ThreadPoolExecutor
from math import cos, radians, sin
from pathlib import Path
from random import Random
from time import perf_counter, sleep, thread_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pygments.lexers import find_lexer_class_by_name, get_all_lexers

from server.render import highlight, highlight_process
from server.render.budget import Budget
from server.render.code_languages import LANGUAGES
from server.render.highlight import MAX_CODE, MAX_LINE, process
from server.render.highlight_worker import CLASSES
from tests.support.safe_html import faults, text

FRAGMENTS = [
    *string.punctuation,
    *"\n\t aA0",
    "/*",
    "<!--",
    "#{",
    "{{",
    "{%",
    "<%",
    '"""',
    "$(",
    "begin ",
    "end\n",
    "if(",
]

STYLES = Path(__file__).parents[3] / "client" / "static" / "css"


def coloured(code: str, language: str) -> str:
    return highlight.coloured(code, language, Budget(60))


def test_a_token_has_the_class_of_its_kind():
    assert coloured("def f(): return 'a'  # b\n", "python") == (
        '<span class="hl-keyword">def </span><span class="hl-function">f</span>(): '
        '<span class="hl-keyword">return </span><span class="hl-string">\'a\'  </span>'
        '<span class="hl-comment"># b\n</span>'
    )


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_keeps_the_text(language):
    code = "\n\n  <a b='c'> & x = 1; \"d\\e\" // f {{ g }}\n# h $i `j` @k\n"

    html = coloured(code, language)

    assert text(html) == code
    assert faults(html) == []


@settings(deadline=None, max_examples=100)
@given(
    code=st.text(st.characters(exclude_characters="\r\0\ufeff", exclude_categories=["Cs"])),
    language=st.sampled_from(sorted(LANGUAGES)),
)
def test_no_text_is_lost_or_active(code, language):
    html = coloured(code, language)

    assert text(html) == code
    assert faults(html) == []


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("return 1\n", "klingon"),
        ("return 1\n", ""),
        ("return 1\n" * (MAX_CODE // 9 + 1), "python"),
        (f"return {'1' * MAX_LINE}\n", "python"),
    ],
)
def test_code_that_is_unknown_or_too_long_stays_plain(code, language):
    assert coloured(code, language) == code


SLOW = "% a\n" + "\n" * 24_000
"""Text on which a single match of the lexer for MATLAB takes 17 s."""


def test_code_a_lexer_is_slow_on_stays_plain_and_holds_nobody_up():
    coloured("x = 1;\n", "matlab")
    holder = process.pid
    waits = []
    with ThreadPoolExecutor(1) as threads:
        html = threads.submit(coloured, SLOW, "matlab")
        while not html.done():
            began = perf_counter()
            sleep(0.001)
            waits.append(perf_counter() - began)

    assert text(html.result()) == SLOW
    assert "hl-" not in html.result()
    assert process.pid != holder
    assert max(waits) < 1


def test_the_process_starts_again_after_it_was_ended():
    coloured(SLOW + "\n", "matlab")

    assert "hl-keyword" in coloured("return 'after a slow one'\n", "python")


def test_the_process_ends_when_it_has_no_work(monkeypatch):
    coloured("return 'for the last time'\n", "python")
    monkeypatch.setattr(highlight_process, "IDLE_S", 0)

    process.end_if_idle()

    assert process.pid is None
    assert "hl-keyword" in coloured("return 'once more'\n", "python")


def test_the_process_knows_no_secrets(monkeypatch):
    monkeypatch.setenv("SOME_API_KEY", "sk-secret")
    process._end()
    coloured("return 'with a new process'\n", "python")

    assert b"sk-secret" not in Path(f"/proc/{process.pid}/environ").read_bytes()


def test_code_stays_plain_where_no_process_can_be_started(monkeypatch, caplog):
    process._end()
    monkeypatch.setattr(highlight_process.sys, "executable", "/nowhere/python")

    assert coloured("return 'without colours'\n", "python") == "return 'without colours'\n"
    assert "could not be started" in caplog.text


ONE_CHARACTER = [character * (MAX_LINE - 1) + "\n" for character in string.punctuation + "a0 \t"]
LEXERS = {find_lexer_class_by_name(language): language for language in sorted(LANGUAGES)}
"""Each lexer once, by one of its names."""


@pytest.mark.parametrize("language", LEXERS.values())
def test_no_lexer_keeps_this_process_busy(language):
    """Whatever a text repeats, the server itself spends a few milliseconds, and the other process its limit."""
    limit_s = 0.05
    chosen = Random(language)
    for unit in ("\n", " \n", "\t\n", chosen.choice(ONE_CHARACTER), "".join(chosen.choices(FRAGMENTS, k=3))):
        code = "x = 1\n" + unit * ((MAX_CODE - 6) // len(unit))
        began = thread_time()
        html, cpu_s = process.highlighted(code, language, limit_s)

        assert thread_time() - began < 0.1
        assert cpu_s < 2 * limit_s
        assert html is None or text(html) == code


def test_every_language_is_one_that_pygments_knows():
    assert {alias for _, aliases, _, _ in get_all_lexers(plugins=False) for alias in aliases} >= LANGUAGES


@pytest.mark.parametrize("theme", [0, 1])
@pytest.mark.parametrize("name", sorted(set(CLASSES.values())))
def test_a_colour_can_be_read_on_the_background_of_code(name, theme):
    background = _luminance(_colours("color-code")[theme])
    foreground = _luminance(_colours(_property_of(name))[theme])

    light, dark = max(background, foreground), min(background, foreground)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_there_are_at_most_ten_colours():
    assert len({_property_of(name) for name in CLASSES.values()}) <= 10


def _property_of(name: str) -> str:
    """Return the custom property that colours a class."""
    found = re.search(rf"\.{name}\b[^{{]*{{\s*color: var\(--([\w-]+)\)", (STYLES / "chat/highlight.css").read_text())
    assert found, name
    return found[1]


def _colours(name: str) -> list[tuple[float, float, float]]:
    """Return a property's light and dark value: OKLCH lightness (0 to 1), chroma, hue (degrees)."""
    styles = "".join((STYLES / file).read_text() for file in ("base/tokens.css", "chat/highlight.css"))
    found = re.search(rf"--{name}: light-dark\(oklch\(([^)]+)\), oklch\(([^)]+)\)\)", styles)
    assert found, name
    triples = [[float(part.rstrip("%")) for part in value.split()] for value in found.groups()]
    return [(lightness / 100, chroma, hue) for lightness, chroma, hue in triples]


def _luminance(colour: tuple[float, float, float]) -> float:
    """Return the relative luminance of WCAG 2. Source: https://bottosson.github.io/posts/oklab/"""
    lightness, chroma, hue = colour
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    l3 = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    m3 = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    s3 = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * l3 - 3.3077115913 * m3 + 0.2309699292 * s3
    green = -1.2684380046 * l3 + 2.6097574011 * m3 - 0.3413193965 * s3
    blue = -0.0041960863 * l3 - 0.7034186147 * m3 + 1.7076147010 * s3
    red, green, blue = (min(1.0, max(0.0, part)) for part in (red, green, blue))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
