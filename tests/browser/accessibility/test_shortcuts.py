import re

import pytest
from playwright.sync_api import expect

from tests.browser.chat.test_conversing import A_CONVERSATION, is_
from tests.support.services.openai_wire import openai_stream


@pytest.fixture
def keys(chat):
    return chat.page.keyboard


@pytest.fixture
def answered(chat, upstream):
    """A chat with an answer, its code block included."""
    upstream.will_answer(openai_stream("Like **this**:\n\n```python\nprint(1)\n```"))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute(**is_("complete"))
    return chat


def test_the_sheet_lists_every_action(chat, keys):
    module = chat.page.locator("link[rel=modulepreload][href$='js/chat/shortcuts.js']").get_attribute("href")
    actions = chat.page.evaluate(
        "async (module) => (await import(module)).SHORTCUTS.map(({ action }) => action)", module
    )

    keys.press("Control+/")

    sheet = chat.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_be_visible()
    rows = sheet.get_by_role("listitem")
    expect(rows).to_have_count(len(actions))
    listed = rows.evaluate_all(
        "(rows) => rows.map((row) => [row.dataset.actionName, row.querySelectorAll('kbd').length])"
    )
    assert {name for name, _ in listed} == set(actions)
    assert all(count for _, count in listed)
    expect(rows.filter(has_text="New chat")).to_have_text(re.compile(r"New chat\s*CtrlShiftO"))
    keys.press("Escape")
    expect(sheet).to_be_hidden()
    expect(chat.field).to_be_focused()


def test_a_new_chat(answered, keys):
    expect(answered.page).to_have_url(A_CONVERSATION)

    keys.press("Control+Shift+O")

    expect(answered.page).to_have_url(re.compile("/chat/$"))


def test_search_and_settings_open_from_a_field(chat, keys):
    chat.field.fill("typing")

    keys.press("Control+k")
    expect(chat.page.get_by_role("dialog", name="Search")).to_be_visible()
    keys.press("Control+.")  # one dialog at a time
    keys.press("Escape")
    expect(chat.page.locator("dialog[open]")).to_have_count(0)
    keys.press("Control+.")

    expect(chat.page.get_by_role("dialog", name="Settings")).to_be_visible()


def test_the_field_is_a_key_away(chat, keys):
    chat.page.get_by_role("link", name="Settings").focus()

    keys.press("Shift+Escape")

    expect(chat.field).to_be_focused()


def test_the_last_answer_and_its_code_are_copied(answered, keys):
    keys.press("Control+Shift+C")
    expect(answered.page.get_by_text("Copied.")).to_be_attached()
    answered.page.wait_for_function("navigator.clipboard.readText().then((text) => text.startsWith('Like **this**'))")

    keys.press("Control+Shift+Semicolon")

    answered.page.wait_for_function("navigator.clipboard.readText().then((text) => text.trim() === 'print(1)')")


def test_versions_change_while_nobody_types(answered, keys, upstream):
    upstream.will_answer(openai_stream("Second"))
    answered.button("Regenerate").click()
    expect(answered.answer).to_have_text("Second")
    expect(answered.answers.locator("[data-version]").first).to_be_visible()
    answered.field.focus()

    keys.press("ArrowLeft")
    expect(answered.answer).to_contain_text("Like this")
    keys.press("ArrowRight")
    expect(answered.answer).to_have_text("Second")

    answered.field.fill("typing")
    keys.press("ArrowLeft")
    expect(answered.answer).to_have_text("Second")


def test_the_models_open(chat, keys):
    keys.press("Control+Shift+M")

    expect(chat.page.get_by_role("dialog", name="Models")).to_be_visible()


def test_a_chat_is_deleted_and_can_come_back(answered, keys):
    answered.field.fill("typing")
    keys.press("Control+Shift+Backspace")
    expect(answered.messages).to_have_count(2)
    answered.field.fill("")

    keys.press("Control+Shift+Backspace")

    expect(answered.page).to_have_url(re.compile("/chat/$"))
    answered.page.get_by_role("button", name="Undo").click()
    expect(answered.page).to_have_url(A_CONVERSATION)


def test_buttons_tell_their_keys(chat):
    assert chat.page.locator(".sidebar-new").get_attribute("aria-keyshortcuts") == "Control+Shift+O"
    assert chat.page.locator(".picker-button").get_attribute("aria-keyshortcuts") == "Control+Shift+M"
    assert chat.page.locator(".sidebar-settings").get_attribute("aria-keyshortcuts") == "Control+."


def test_the_settings_lead_to_the_sheet(chat):
    chat.page.goto("/chat/settings")

    chat.page.get_by_role("button", name="Show shortcuts").click()

    expect(chat.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


class TestOnAPhone:
    @pytest.fixture
    def viewport(self):
        return {"width": 390, "height": 800}

    def test_the_list_comes_and_goes(self, chat, keys):
        keys.press("Control+b")
        expect(chat.page.locator("chat-sidebar")).to_be_visible()

        keys.press("Control+b")

        expect(chat.page.locator("chat-sidebar")).to_be_hidden()
