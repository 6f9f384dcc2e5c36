"""The list as a drawer, on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.stores import a_turn, answered


@pytest.fixture
def viewport():
    return {"width": 360, "height": 740}


@pytest.fixture
def is_phone():
    return True


@pytest.fixture
def phone(app, chat):
    for title in ("One", "Two"):
        answered(app.extensions["chat"].store, a_turn(title=title))
    chat.page.reload()
    expect(sidebar(chat)).to_be_hidden()
    return chat


def sidebar(chat):
    return chat.page.locator("chat-sidebar")


def menu_button(chat):
    return chat.page.get_by_role("banner").get_by_role("button", name="Chats")


def open_drawer(chat):
    menu_button(chat).tap()
    settled(chat)


def settled(chat):
    """Wait until the drawer is where it stays."""
    expect(sidebar(chat)).to_be_visible()
    sidebar(chat).evaluate("drawer => Promise.all(drawer.getAnimations().map(animation => animation.finished))")
    wait_for_step(chat, is_there=True)


def wait_for_step(chat, *, is_there):
    """Wait until the drawer has its step in the history, or no longer has it."""
    chat.page.evaluate(
        """is => new Promise((done) => {
          const look = () => (Boolean(history.state?.drawer) === is ? done() : requestAnimationFrame(look))
          look()
        })""",
        is_there,
    )


def swipe(chat, *points):
    """Draw a finger over the screen, slowly."""
    finger = chat.page.context.new_cdp_session(chat.page)
    for kind, (x, y) in zip(["touchStart", *["touchMove"] * (len(points) - 1)], points, strict=True):
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    return lambda: finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_it_opens_by_its_button_and_takes_the_focus_in_and_back(phone):
    open_drawer(phone)

    expect(phone.page.get_by_role("dialog", name="Chats").get_by_role("link", name="New chat")).to_be_focused()
    phone.page.keyboard.press("Escape")
    expect(sidebar(phone)).to_be_hidden()
    expect(menu_button(phone)).to_be_focused()


def test_a_tap_beside_it_closes_it(phone):
    open_drawer(phone)

    phone.page.touchscreen.tap(345, 400)

    expect(sidebar(phone)).to_be_hidden()


def test_back_closes_it_and_goes_no_further(phone):
    phone.page.goto("/chat/settings")
    phone.page.goto("/chat/")
    open_drawer(phone)

    phone.page.go_back()
    expect(sidebar(phone)).to_be_hidden()
    expect(phone.page).to_have_url(re.compile("/chat/$"))

    phone.page.go_back()
    expect(phone.page).to_have_url(re.compile("/chat/settings$"))


@pytest.mark.parametrize("closing", ["button", "Escape"])
def test_once_closed_it_is_no_step_of_the_way_back(phone, closing):
    phone.page.goto("/chat/settings")
    phone.page.goto("/chat/")
    open_drawer(phone)
    if closing == "button":
        sidebar(phone).get_by_role("button", name="Sidebar").tap()
    else:
        phone.page.keyboard.press("Escape")
    wait_for_step(phone, is_there=False)

    phone.page.go_back()

    expect(phone.page).to_have_url(re.compile("/chat/settings$"))


def test_choosing_a_chat_leaves_it_behind(phone):
    open_drawer(phone)

    phone.conversation("One").tap()

    expect(phone.page).to_have_title("One – g4f-lite")
    expect(sidebar(phone)).to_be_hidden()
    phone.page.go_back()
    expect(phone.page).to_have_url(re.compile("/chat/$"))
    expect(sidebar(phone)).to_be_hidden()


def test_a_reload_closes_it(phone):
    open_drawer(phone)

    phone.page.reload()

    expect(sidebar(phone)).to_be_hidden()
    wait_for_step(phone, is_there=False)


def test_a_swipe_from_the_edge_follows_the_finger_and_opens_it(phone):
    let_go = swipe(phone, (6, 400), (40, 402), (120, 404), (200, 404))

    expect(sidebar(phone)).to_be_visible()
    edge = sidebar(phone).bounding_box()
    assert edge["x"] + edge["width"] == pytest.approx(194, abs=2)
    let_go()
    settled(phone)
    assert sidebar(phone).bounding_box()["x"] == 0


def test_a_swipe_back_closes_it(phone):
    open_drawer(phone)

    swipe(phone, (250, 400), (200, 400), (60, 400), (20, 400))()

    expect(sidebar(phone)).to_be_hidden()


def test_a_swipe_in_the_middle_of_the_page_opens_nothing(phone):
    swipe(phone, (180, 400), (250, 400), (340, 400))()

    expect(sidebar(phone)).to_be_hidden()


def test_what_is_behind_it_cannot_be_used_and_does_not_scroll(phone):
    open_drawer(phone)

    assert phone.page.evaluate("document.querySelector('.layout-main').inert")
    assert phone.page.evaluate("getComputedStyle(document.documentElement).overflow") == "hidden"


def test_rows_are_as_high_as_a_finger_is_wide(phone):
    open_drawer(phone)

    for target in (phone.conversation("One"), sidebar(phone).get_by_role("button", name="More").first):
        assert target.bounding_box()["height"] >= 44


def test_an_undo_can_be_tapped_while_it_is_open(phone):
    open_drawer(phone)
    sidebar(phone).get_by_role("button", name="More").first.tap()
    phone.page.get_by_role("menuitem", name="Delete").tap()
    expect(phone.conversation("Two")).to_have_count(0)

    phone.page.get_by_role("button", name="Undo").tap()

    expect(phone.conversation("Two")).to_be_visible()


class TestFromRightToLeft:
    @pytest.fixture
    def phone(self, context, address, phone):
        phone.page.evaluate("document.documentElement.dir = 'rtl'")
        return phone

    def test_it_comes_from_the_other_edge(self, phone):
        let_go = swipe(phone, (354, 400), (320, 402), (240, 404), (160, 404))

        assert sidebar(phone).bounding_box()["x"] == pytest.approx(166, abs=2)
        let_go()
        settled(phone)
        edge = sidebar(phone).bounding_box()
        assert edge["x"] + edge["width"] == 360


def test_at_320_pixels_nothing_is_cut(phone):
    phone.page.set_viewport_size({"width": 320, "height": 600})

    assert phone.page.evaluate("document.documentElement.scrollWidth") == 320


def test_on_a_wide_window_the_column_folds_to_a_rail_and_stays_so(browser, address):
    with browser.new_context(base_url=address, viewport={"width": 1200, "height": 800}) as context:
        wide = Chat(context.new_page())
        wide.page.goto("/chat/")
        toggle = wide.page.get_by_role("button", name="Sidebar")
        expect(toggle).to_have_attribute("aria-expanded", "true")
        with wide.page.expect_response("**/chat/settings"):
            toggle.click()

        wide.page.reload()

        expect(toggle).to_have_attribute("aria-expanded", "false")
        assert sidebar(wide).bounding_box()["width"] < 60
        expect(wide.page.get_by_role("navigation", name="Chats")).to_be_hidden()
        expect(wide.page.get_by_role("link", name="New chat").first).to_be_visible()
        expect(wide.page.get_by_role("link", name="Settings")).to_be_visible()
        toggle.click()
        expect(wide.page.get_by_role("navigation", name="Chats")).to_be_visible()
