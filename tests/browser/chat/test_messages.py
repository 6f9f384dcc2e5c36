"""What a message shows, besides what can be done with it."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.services.openai_wire import openai_stream
from tests.support.stores import a_turn, answered


@pytest.fixture
def store(app):
    return app.extensions["chat"].store


def test_a_question_keeps_its_lines_and_is_no_markdown(chat):
    chat.field.fill("one\n  two *three*\n\nfour")
    chat.send_button.click()
    expect(chat.answers).to_have_attribute("data-status", "complete")

    for _ in range(2):
        assert chat.questions.locator("[data-text]").inner_text() == "one\n  two *three*\n\nfour"
        chat.page.reload()


@pytest.mark.parametrize(("text", "direction"), [("Hello", "ltr"), ("مرحبا بكم", "rtl")])
def test_each_text_runs_its_own_way(chat, upstream, text, direction):
    upstream.will_answer(openai_stream(f"{text}\n\n```\ncode\n```"))
    chat.field.fill(text)
    chat.field.press("Enter")
    expect(chat.answers).to_have_attribute("data-status", "complete")

    for part in (chat.questions.locator("[data-text]"), chat.answer):
        expect(part).to_have_css("direction", direction)
    expect(chat.answer.locator("pre")).to_have_css("direction", "ltr")


def test_links_say_that_they_lead_away_and_tell_nobody_where_from(chat, upstream):
    upstream.will_answer(openai_stream("See [this](https://example.org/)."))
    chat.ask("Tell me")
    link = chat.answer.get_by_role("link", name="this")

    expect(link).to_have_attribute("target", "_blank")
    expect(link).to_have_attribute("rel", re.compile("noopener noreferrer"))
    assert "↗" in link.evaluate("link => getComputedStyle(link, '::after').content")


def test_times_are_those_of_the_reader(browser, address, store):
    begun = answered(store, a_turn(title="One"))
    with browser.new_context(base_url=address, timezone_id="Asia/Tokyo") as context:
        chat = Chat(context.new_page())
        chat.page.goto(f"/chat/{begun.conversation_id}")
        time = chat.answers.locator("time")
        wanted = time.evaluate(
            """(time) => {
              const options = { dateStyle: "medium", timeStyle: "short", timeZone: "Asia/Tokyo" }
              return new Intl.DateTimeFormat("en", options).format(new Date(time.dateTime))
            }"""
        )

        expect(time).to_have_text(wanted)
        expect(time).to_have_css("opacity", "0")
        chat.answers.get_by_role("button", name="Copy").hover()
        expect(time).to_have_css("opacity", "1")


def test_each_answer_says_which_model_and_who_gave_it(chat):
    chat.ask("One")
    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    chat.pick("guide")
    chat.ask("Two")
    expect(chat.answers.last).to_have_attribute("data-status", "complete")

    for _ in range(2):
        expect(chat.answers.first.locator(".message-name")).to_have_text("m · up")
        expect(chat.answers.last.locator(".message-name")).to_have_text("guide · Built-in guide")
        chat.page.reload()
