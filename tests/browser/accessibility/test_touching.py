"""On the smallest phone, in every state: what can be tapped is as large as a finger, and nothing goes sideways."""

import pytest
from playwright.sync_api import expect

from tests.browser.accessibility import test_axe as states
from tests.browser.accessibility.test_zoom import overflow
from tests.browser.actions import Chat

SMALL = """() => {
  const least = 44 - 0.5
  const inText = ".prose p a, .prose li a, .prose td a, .skip-link, [inert] *"
  const labelOf = (element) => element.labels?.[0] ?? element
  const isHit = (element, x, y) => {
    const hit = document.elementFromPoint(x, y)
    return hit && (element.contains(hit) || hit.contains(element) || labelOf(element).contains(hit))
  }
  const isLarge = (element) => {
    element.scrollIntoView({ block: "center", behavior: "instant" })
    const { left, top, width, height } = element.getBoundingClientRect()
    const [x, y, reach] = [left + width / 2, top + height / 2, least / 2]
    const isCovered = !isHit(element, x, y)
    const isHigh = height >= least || (isHit(element, x, y - reach) && isHit(element, x, y + reach))
    const isWide = width >= least || (isHit(element, x - reach, y) && isHit(element, x + reach, y))
    return isCovered || (isHigh && isWide)
  }
  return Array.from(document.querySelectorAll("a[href], button, select, textarea, input, summary, [role=option]"))
    .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.type !== "hidden")
    .filter((element) => !element.matches(inText) && element.getBoundingClientRect().width > 1)
    .filter((element) => !isLarge(element))
    .map((element) => element.outerHTML.slice(0, 120))
}"""
STATES = [state for state in states.STATES if state.__name__ not in ("phone", "selecting", "#settings-title")]
"""But for those that need the list beside the chat."""


@pytest.fixture
def viewport():
    return {"width": 320, "height": 640}


@pytest.fixture
def is_phone():
    return True


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_a_finger_hits_what_it_means_and_the_page_stays_where_it_is(page, upstream, monkeypatch, state):
    monkeypatch.setattr(states, "PHONE", page.viewport_size)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/chat/")
    state(Chat(page), upstream)

    assert (page.evaluate(SMALL), overflow(page)) == ([], 0)


def test_a_tap_on_an_older_message_shows_what_can_be_done_with_it(page):
    page.goto("/chat/")
    chat = Chat(page)
    for text in ("One", "Two"):
        chat.field.fill(text)
        chat.send_button.tap()
        expect(chat.answer).to_have_text(f"You said: {text}")
        expect(chat.answers.last).to_have_attribute("data-status", "complete")
    actions = chat.answers.first.locator(".message-actions")

    chat.answers.first.locator("[data-body]").tap()

    expect(actions).to_have_css("opacity", "1")
    actions.get_by_role("button", name="More").tap()
    expect(page.get_by_role("menu").get_by_role("menuitem", name="Edit")).to_be_visible()
