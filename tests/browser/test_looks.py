"""What a designer would look at, as far as numbers can say it."""

import pytest

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


def contrast(page, one, other):
    """Return the contrast ratio of two colour tokens. Source: WCAG 2.2, relative luminance."""
    darker, lighter = sorted(page.evaluate(LUMINANCE, name) for name in (one, other))
    return (lighter + 0.05) / (darker + 0.05)
