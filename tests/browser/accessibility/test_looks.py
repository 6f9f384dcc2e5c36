"""What a designer would look at, as far as numbers can say it."""

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import openai_stream

LUMINANCE = """(name) => {
  const dot = document.createElement("canvas").getContext("2d", { willReadFrequently: true })
  const sample = document.body.appendChild(document.createElement("i"))
  sample.style.color = `var(--color-${name})`
  dot.fillStyle = getComputedStyle(sample).color
  sample.remove()
  dot.fillRect(0, 0, 1, 1)
  const [r, g, b] = [...dot.getImageData(0, 0, 1, 1).data].map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}"""
AAA, AA, GRAPHIC = 7, 4.5, 3
PAIRS = [
    *(("text", ground, AAA) for ground in ("page", "raised", "soft", "hover", "code")),
    *(("text-subtle", ground, AA) for ground in ("page", "raised", "soft", "hover", "code")),
    *(("accent", ground, AA) for ground in ("page", "raised")),
    *(("on-accent", ground, AA) for ground in ("accent", "accent-hover")),
    *(("danger", ground, AA) for ground in ("page", "raised")),
    ("text", "accent-soft", AA),
    ("warning", "soft", GRAPHIC),
    ("control", "raised", GRAPHIC),
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_pair_of_colours_can_be_read(chat, theme):
    chat.page.emulate_media(color_scheme=theme)

    ratios = {pair: contrast(chat.page, *pair[:2]) for pair in PAIRS}

    assert {pair: ratio for pair, ratio in ratios.items() if ratio < pair[2]} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("asked", ["by a person", "by the system"])
def test_high_contrast_is_triple_a(chat, scheme, asked):
    if asked == "by a person":
        chat.page.context.add_cookies([{"name": "chat_theme", "value": "contrast", "url": chat.page.url}])
    chat.page.emulate_media(color_scheme=scheme, contrast="more" if asked == "by the system" else "no-preference")
    chat.page.reload()

    ratios = {pair: contrast(chat.page, *pair[:2]) for pair in PAIRS}

    assert {pair: ratio for pair, ratio in ratios.items() if ratio < AAA} == {}


class TestLayout:
    @pytest.fixture
    def viewport(self):
        return {"width": 1600, "height": 900}

    def test_text_and_field_are_one_column_in_the_middle_of_what_the_list_leaves(self, chat, upstream):
        upstream.will_answer(openai_stream("word " * 200))
        chat.ask("word " * 200)
        expect(chat.answers).to_have_attribute("data-status", "complete")
        left, right = (chat.page.locator(".layout-main").bounding_box()[side] for side in ("x", "width"))
        text, field = chat.answer.bounding_box(), chat.page.locator(".composer-form").bounding_box()
        bubble = chat.questions.locator(".message-bubble").bounding_box()

        assert text["width"] <= 44 * 16
        assert abs((text["x"] - left) - (left + right - text["x"] - text["width"])) < 20  # the scroll bar
        assert abs(field["x"] - text["x"]) < 20 and abs(field["width"] - text["width"]) < 40
        assert bubble["width"] <= 0.85 * text["width"] + 1
        assert bubble["x"] + bubble["width"] == pytest.approx(text["x"] + text["width"], abs=1)

    def test_text_is_large_code_is_smaller_and_headings_are_hardly_larger(self, chat, upstream):
        upstream.will_answer(openai_stream("# One\n\n## Two\n\ntext\n\n```\ncode\n```"))
        chat.ask("Tell me")
        expect(chat.answers).to_have_attribute("data-status", "complete")
        size = "element => parseFloat(getComputedStyle(element).fontSize)"
        text, code = (chat.answer.locator(name).evaluate(size) for name in ("p", "pre code"))
        headings = [heading.evaluate(size) for heading in chat.answer.get_by_role("heading").all()]

        assert text == 17
        assert code == pytest.approx(0.9 * text, abs=0.2)
        assert headings == [20, 18]

    def test_what_moves_has_moved_within_180_milliseconds(self, chat):
        longest = chat.page.evaluate(
            """() => Math.max(...Array.from(document.querySelectorAll("*"))
              .flatMap((element) => getComputedStyle(element).transitionDuration.split(", "))
              .map(parseFloat))"""
        )

        assert 0 < longest <= 0.18


def contrast(page, one, other):
    """Return the contrast ratio of two colour tokens. Source: WCAG 2.2, relative luminance."""
    darker, lighter = sorted(page.evaluate(LUMINANCE, name) for name in (one, other))
    return (lighter + 0.05) / (darker + 0.05)
