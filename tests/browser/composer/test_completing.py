import re

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import silence


class Menu:
    """What the field offers."""

    def __init__(self, chat):
        self.list = chat.page.get_by_role("listbox", name="Suggestions")
        self.options = self.list.get_by_role("option")
        self.active = self.list.locator("[data-active]")


@pytest.fixture
def menu(chat):
    return Menu(chat)


@pytest.fixture
def type_(chat):
    """Types into the field, which has the focus."""
    return chat.page.keyboard.type


def test_a_slash_offers_commands_and_presets(chat, menu, type_):
    type_("/")

    expect(menu.list.get_by_role("group", name="Commands").get_by_role("option", name="New chat")).to_be_visible()
    expect(menu.list.get_by_role("group", name="Presets").get_by_role("option", name="Translator")).to_be_visible()
    expect(menu.active).to_have_text("New chat")
    expect(chat.field).to_have_attribute("aria-activedescendant", menu.active.get_attribute("id"))


def test_the_page_stays_where_it_is(chat, menu, type_, upstream):
    upstream.will_answer(openai_stream("A paragraph.\n\n" * 60))
    chat.ask("Tell me a lot")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    before = chat.page.evaluate("scrollY")

    type_("/")
    for _ in range(menu.options.count()):
        chat.page.keyboard.press("ArrowDown")
    expect(menu.active).to_be_in_viewport(ratio=1)

    assert chat.page.evaluate("scrollY") == before > 0


@pytest.mark.parametrize(("command", "opened"), [
    ("Search", "dialog[open]"), ("Settings", "dialog[open]"), ("Keyboard sh", "dialog[open]"),
    ("Parameters", "#parameters:popover-open"), ("Choose a", "#models:popover-open"),
])  # fmt: skip
def test_a_command_opens_what_it_says(chat, menu, type_, command, opened):
    type_(f"/{command}")
    expect(menu.options).to_have_count(1)

    chat.page.keyboard.press("Enter")

    expect(chat.page.locator(opened).first).to_be_visible()
    expect(chat.field).to_have_value("")
    expect(menu.list).to_be_hidden()


def test_a_preset_is_set_and_can_be_taken_back(chat, menu, type_):
    parameters = chat.page.get_by_role("button", name=re.compile("^Parameters"))
    type_("/transl")

    chat.page.keyboard.press("Tab")

    expect(chat.page.get_by_text("Preset “Translator” applied to this chat.")).to_be_visible()
    expect(parameters).to_have_accessible_name("Parameters (changed)")
    expect(chat.field).to_be_focused()
    chat.page.get_by_role("button", name="Undo").click()
    expect(parameters).to_have_accessible_name("Parameters")


def test_an_at_sign_offers_models_and_the_rest_of_the_text_stays(chat, menu, type_):
    type_("Hello there")
    for _ in "there":
        chat.page.keyboard.press("ArrowLeft")
    type_("@gui")
    expect(menu.options).to_have_count(1)

    chat.page.keyboard.press("Enter")

    expect(chat.picker).to_have_text("Model: guide")
    expect(chat.field).to_have_value("Hello there")
    expect(chat.messages).to_have_count(0)


def test_arrows_move_and_a_click_takes(chat, menu, type_):
    type_("@")
    expect(menu.active).to_contain_text("m")
    chat.page.keyboard.press("ArrowDown")
    expect(menu.active).to_contain_text("guide")

    menu.options.filter(has_text="guide").click()

    expect(chat.picker).to_have_text("Model: guide")
    expect(chat.field).to_be_focused()


def test_escape_closes_it_until_another_sign_and_stops_nothing(chat, menu, type_, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    type_("/new")
    expect(menu.list).to_be_visible()

    chat.page.keyboard.press("Escape")

    expect(menu.list).to_be_hidden()
    type_(" chat")
    expect(menu.list).to_be_hidden()
    expect(chat.answers).to_have_attribute("data-status", "running")
    chat.field.fill("")
    type_("/")
    expect(menu.list).to_be_visible()
    chat.page.keyboard.press("Escape")
    chat.page.keyboard.press("Escape")
    expect(chat.answers).to_have_attribute("data-status", "stopped")


@pytest.mark.parametrize("text", ["/etc/hosts", "me@home.org", "either/or", "@nobody"])
def test_ordinary_text_is_sent(chat, menu, type_, text):
    type_(text)
    expect(menu.list).to_be_hidden()

    chat.page.keyboard.press("Enter")

    expect(chat.questions).to_contain_text(text)


def test_control_enter_sends_whatever_is_offered(chat, menu, type_):
    type_("/new")
    expect(menu.list).to_be_visible()

    chat.page.keyboard.press("Control+Enter")

    expect(chat.questions).to_contain_text("/new")
    expect(menu.list).to_be_hidden()


def test_it_leaves_with_the_focus_and_with_the_caret(chat, menu, type_):
    type_("@gu")
    expect(menu.list).to_be_visible()
    chat.page.keyboard.press("Home")
    expect(menu.list).to_be_hidden()

    chat.page.keyboard.press("End")
    expect(menu.list).to_be_visible()
    chat.picker.focus()

    expect(menu.list).to_be_hidden()
