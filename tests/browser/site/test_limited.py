"""What a person sees of a limit: why, until when, and their text is still there."""

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat


@pytest.fixture
def settings(settings):
    settings["limits"] = {"turns_per_minute": 1}
    return settings


def test_a_message_that_is_one_too_many_is_back_in_the_field_with_the_reason(chat):
    chat.ask("First")
    expect(chat.answers.last).to_have_attribute("data-status", "complete")

    chat.ask("Second")

    refusal = chat.page.get_by_role("alert").filter(has_text="Too many messages in one minute. Try again in")
    expect(refusal).to_be_visible()
    expect(chat.field).to_have_value("Second")
    expect(chat.questions).to_have_count(1)


def test_without_scripts_too(browser, address):
    with browser.new_context(base_url=address, java_script_enabled=False) as context:
        chat = Chat(context.new_page())
        chat.page.goto("/chat/")
        for text in ("First", "Second"):
            chat.field.fill(text)
            chat.send_button.click()

        expect(chat.page.get_by_role("alert").filter(has_text="Try again in")).to_be_visible()
        expect(chat.field).to_have_value("Second")
