"""By keyboard alone: where the focus goes, and where it comes back to."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import silence

NAME = """() => {
  const { activeElement: element } = document
  const words = element.labels?.[0]?.textContent ?? element.ariaLabel ?? element.innerText
  return words.trim().replace(/\\s+/g, " ")
}"""


@pytest.fixture
def keys(chat):
    return chat.page.keyboard


@pytest.fixture
def answered(chat, upstream):
    upstream.will_answer(openai_stream("See [this](https://example.org/)."))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    return chat


def from_the_top(chat):
    chat.page.evaluate("document.body.tabIndex = -1, document.body.focus(), document.body.removeAttribute('tabindex')")


def test_the_first_step_can_skip_everything_but_the_field(answered, keys):
    from_the_top(answered)
    keys.press("Tab")
    link = answered.page.get_by_role("link", name="Skip to the message box")
    expect(link).to_be_focused()
    expect(link).to_have_css("clip-path", "none")

    keys.press("Enter")

    expect(answered.field).to_be_focused()


def test_the_focus_goes_as_one_reads(answered, keys):
    expect(answered.conversation("Tell me")).to_have_attribute("aria-current", "page")
    from_the_top(answered)
    seen = []
    for _ in range(40):
        keys.press("Tab")
        seen.append(answered.page.evaluate(NAME))
        if seen[-1] == "Message":
            break

    wanted = ["Skip to the message box", "New chat", "Tell me", "Rename", "Model: m", "Copy", "Edit"]
    wanted += ["this", "Copy", "Regenerate", "More", "Parameters", "Message"]
    rest = iter(seen)
    assert [name for name in wanted if name not in rest] == []


@pytest.mark.parametrize(
    ("opening", "shown"),
    [
        (".composer-option", "#parameters"),
        (".picker-button", "#models"),
        (".sidebar-settings", "settings-dialog > dialog"),
        (".sidebar-search", "search-dialog dialog"),
        ("[data-role=assistant] [data-action=more]", "#message-menu"),
        (".conversation-more", "#chat-menu"),
    ],
)
def test_what_opened_something_has_the_focus_again_once_it_is_closed(answered, keys, opening, shown):
    button = answered.page.locator(opening).first
    button.focus()
    keys.press("Enter")
    opened = answered.page.locator(shown)
    expect(opened).to_be_visible()
    answered.page.wait_for_function(
        "(shown) => document.querySelector(shown).contains(document.activeElement)", arg=shown
    )

    keys.press("Escape")

    expect(opened).to_be_hidden()
    expect(button).to_be_focused()


def test_what_is_said_about_an_answer_gives_the_focus_back_to_it(answered, keys):
    answered.answers.get_by_role("button", name="More").focus()
    keys.press("Enter")
    answered.page.get_by_role("menuitem", name="About this answer").press("Enter")
    expect(answered.page.locator("#message-info")).to_be_visible()

    keys.press("Escape")

    expect(answered.page.locator("#message-info")).to_be_hidden()
    expect(answered.answers.get_by_role("button", name="More")).to_be_focused()


@pytest.mark.parametrize("opening", [".picker-button", ".composer-option", ".sidebar-settings"])
def test_escape_closes_what_is_open_before_it_stops_the_answer(chat, keys, upstream, opening):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    chat.page.locator(opening).click()
    expect(chat.page.locator(":popover-open, dialog[open]")).to_have_count(1)

    keys.press("Escape")
    expect(chat.page.locator(":popover-open, dialog[open]")).to_have_count(0)
    expect(chat.answers).to_have_attribute("data-status", "running")

    chat.field.focus()
    keys.press("Escape")
    expect(chat.answers).to_have_attribute("data-status", "stopped")


def test_a_dialog_keeps_the_focus(answered, keys):
    answered.page.get_by_role("link", name="Settings").click()
    dialog = answered.page.get_by_role("dialog", name="Settings")
    expect(dialog).to_be_visible()

    for _ in range(40):
        keys.press("Tab")
        assert answered.page.evaluate(
            "document.activeElement === document.body || Boolean(document.activeElement.closest('dialog[open]'))"
        )


def test_no_field_is_typed_into_when_keys_are_pressed_in_it(answered, keys):
    answered.page.get_by_role("banner").get_by_role("button", name="Rename").click()
    title = answered.page.get_by_role("textbox", name="Title")

    keys.press("Control+Shift+O")
    keys.press("Control+Shift+M")

    expect(title).to_be_focused()
    expect(answered.page).not_to_have_url(re.compile("/chat/$"))
    expect(answered.models).to_be_hidden()
