"""Small windows, large text, and a keyboard in the way: nothing is cut off, and nothing scrolls sideways."""

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.services.openai_wire import openai_stream

PAGES = ["/chat/", "/chat/settings", "/chat/nobody", "/chat/search"]
LONG = (
    "# "
    + "A heading of some length\n\n"
    + "word " * 50
    + "\n\n```python\n"
    + "x = 1 " * 40
    + "\n```\n\n|a|b|\n|-|-|\n|"
    + "c " * 90
    + "|d|"
)
CUT = """Array.from(document.querySelectorAll("button, a, select, textarea, input:not([type=hidden]), h1, h2"))
  .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((element) => !element.closest(".visually-hidden, .skip-link, pre, .table, .table-box, .sidebar"))
  .filter((element) => {
    const [{ left, right, width }, page] = [element, document.documentElement].map((one) => one.getBoundingClientRect())
    return width > 1 && (left < page.left - 0.5 || right > page.right + 0.5)
  })
  .map((element) => element.outerHTML.slice(0, 200))"""


def overflow(page):
    """Return how many pixels a page can be moved sideways."""
    return page.evaluate("[1000, -1000].map((x) => (scrollTo(x, scrollY), Math.abs(scrollX))).reduce((a, b) => a + b)")


@pytest.mark.parametrize(("width", "height"), [(320, 568), (640, 400)], ids=["320 pixels", "200 % of 1280"])
@pytest.mark.parametrize("size", ["normal", "larger"])
def test_nothing_is_cut_off(page, context, address, upstream, width, height, size):
    context.add_cookies([{"name": "chat_text_size", "value": size, "url": address}])
    page.set_viewport_size({"width": width, "height": height})
    upstream.will_answer(openai_stream(LONG))
    page.goto("/chat/")
    chat = Chat(page)
    chat.ask("a long question " * 20)
    expect(chat.answers).to_have_attribute("data-status", "complete")
    expect(chat.send_button).to_be_in_viewport(ratio=1)

    for at in [page.url, *PAGES]:
        page.goto(at)
        assert (overflow(page), page.evaluate(CUT)) == (0, []), at


def test_no_word_of_a_setting_is_broken(page):
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto("/chat/settings")
    label = page.get_by_text("Theme", exact=True)

    before = label.bounding_box()["height"]
    label.evaluate("label => (label.style.whiteSpace = 'nowrap')")

    assert label.bounding_box()["height"] == before


@pytest.mark.parametrize("opened", ["settings", "shortcuts"])
def test_a_dialog_fits_and_can_be_closed(chat, opened):
    chat.page.set_viewport_size({"width": 320, "height": 256})
    chat.page.keyboard.press({"settings": "Control+.", "shortcuts": "Control+/"}[opened])
    dialog = chat.page.locator("dialog[open]")
    expect(dialog).to_be_visible()

    assert overflow(chat.page) == 0
    assert dialog.evaluate("(dialog) => dialog.scrollWidth <= dialog.clientWidth")
    dialog.evaluate("(dialog) => dialog.scrollTo(0, dialog.scrollHeight)")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_be_hidden()


def test_fingers_may_zoom(chat):
    viewport = chat.page.locator("meta[name=viewport]").get_attribute("content")

    assert "maximum-scale" not in viewport and "user-scalable" not in viewport


def test_a_right_to_left_page_is_as_wide_as_its_window(page, context, address):
    context.add_cookies([{"name": "chat_language", "value": "ar", "url": address}])
    page.set_viewport_size({"width": 320, "height": 568})

    for at in PAGES:
        page.goto(at)
        assert (overflow(page), page.evaluate(CUT)) == (0, []), at


class TestOnAPhone:
    @pytest.fixture
    def viewport(self):
        return {"width": 390, "height": 800}

    @pytest.fixture
    def is_phone(self):
        return True

    def test_the_composer_is_above_a_keyboard_that_covers_the_page(self, chat):
        cover = """(covered) => {
          Object.defineProperty(visualViewport, "height", { value: innerHeight - covered, configurable: true })
          visualViewport.dispatchEvent(new Event("resize"))
        }"""
        before = chat.page.locator(".dock").bounding_box()

        chat.page.evaluate(cover, 300)

        covered = chat.page.locator(".dock").bounding_box()
        assert covered["y"] + covered["height"] <= 800 - 300
        chat.page.evaluate(cover, 0)
        assert chat.page.locator(".dock").bounding_box() == before

    def test_the_keyboard_goes_when_a_message_is_sent(self, chat, upstream):
        chat.field.tap()
        chat.field.fill("Tell me")
        expect(chat.field).to_be_focused()

        chat.send_button.tap()

        expect(chat.answer).to_have_text("You said: Tell me")
        expect(chat.field).not_to_be_focused()
