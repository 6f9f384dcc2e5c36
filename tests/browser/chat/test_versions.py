"""What a message was before is one step away."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import silence

COMPLETE = re.compile("^complete$")
LONG = "".join(f"Line {number}.\n\n" for number in range(40))


@pytest.fixture
def two(chat, upstream):
    """A chat with a question and two answers to it, the second shown."""
    upstream.will_answer(openai_stream("First"))
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("First")
    upstream.will_answer(openai_stream("Second"))
    chat.button("Regenerate").click()
    expect(versions(chat.answers.last)).to_contain_text("2/2")
    return chat


def versions(message):
    return message.locator("[data-versions]")


def link(message, name):
    return message.get_by_role("link", name=name)


def test_answering_again_keeps_the_answer_there_was(two):
    expect(two.answers).to_have_count(1)
    expect(two.answer).to_have_text("Second")

    link(two.answers, "Previous version").click()

    expect(two.answer).to_have_text("First")
    expect(versions(two.answers)).to_contain_text("1/2")
    expect(two.page.locator("chat-status")).to_have_text("Version 1 of 2")
    expect(link(two.answers, "Previous version")).to_have_attribute("aria-disabled", "true")
    expect(link(two.answers, "Next version")).to_be_focused()


def test_the_version_that_was_chosen_is_there_after_a_reload(two):
    link(two.answers, "Previous version").click()
    expect(two.answer).to_have_text("First")

    two.page.reload()

    expect(two.answer).to_have_text("First")
    expect(versions(two.answers)).to_contain_text("1/2")


def test_a_version_is_a_link_that_works_by_itself(two):
    address = link(two.answers, "Previous version").get_attribute("href")

    two.page.goto(address)

    expect(two.answer).to_have_text("First")


def test_arrow_keys_step_through_the_versions_of_the_last_answer(two):
    two.answers.get_by_role("button", name="Copy").focus()

    two.page.keyboard.press("ArrowLeft")
    expect(two.answer).to_have_text("First")
    expect(link(two.answers, "Next version")).to_be_focused()
    two.page.keyboard.press("ArrowLeft")
    two.page.keyboard.press("ArrowRight")
    expect(two.answer).to_have_text("Second")

    two.field.fill("x")
    two.field.press("ArrowLeft")
    expect(two.answer).to_have_text("Second")


def test_from_right_to_left_the_arrows_are_the_other_way_round(two, address):
    two.page.context.add_cookies([{"name": "chat_language", "value": "ar", "url": address}])
    two.page.reload()
    two.answers.locator("[data-action=copy]").focus()

    two.page.keyboard.press("ArrowRight")

    expect(two.answer).to_have_text("First")


def test_an_edited_question_keeps_what_followed_the_old_one(two):
    two.questions.hover()
    two.questions.get_by_role("button", name="Edit").click()
    two.page.get_by_role("textbox", name="Edit the message").fill("Something else")
    two.page.keyboard.press("Control+Enter")
    expect(two.answer).to_have_text("You said: Something else")
    expect(versions(two.questions)).to_contain_text("2/2")

    link(two.questions, "Previous version").click()

    expect(two.questions.locator("[data-text]")).to_have_text("Tell me")
    expect(two.answer).to_have_text("Second")
    expect(versions(two.answers)).to_contain_text("2/2")


def test_what_is_asked_next_follows_the_version_that_is_shown(two, upstream):
    link(two.answers, "Previous version").click()
    expect(two.answer).to_have_text("First")

    two.ask("And then?")

    expect(two.answer).to_have_text("You said: And then?")
    assert [said["content"] for said in upstream.requests[-1].json["messages"]] == ["Tell me", "First", "And then?"]


def test_the_reader_stays_where_the_version_was_chosen(chat, upstream):
    upstream.will_answer(openai_stream(LONG))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    upstream.will_answer(openai_stream(LONG + LONG))
    chat.button("Regenerate").click()
    expect(versions(chat.answers)).to_contain_text("2/2")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)  # it grows no more
    previous = link(chat.answers, "Previous version")
    chat.page.evaluate("scrollBy({ top: -20, behavior: 'instant' })")
    before = previous.bounding_box()

    previous.click()

    expect(versions(chat.answers)).to_contain_text("1/2")
    assert abs(previous.bounding_box()["y"] - before["y"]) < 2


def test_another_tab_shows_the_version_that_was_chosen(two):
    other = two.page.context.new_page()
    with other.expect_websocket():
        other.goto(two.page.url)

    link(two.answers, "Previous version").click()

    expect(other.locator("chat-message[data-role=assistant] [data-body]")).to_have_text("First")


def test_while_an_answer_is_written_another_version_is_another_page(two, upstream):
    upstream.will_answer([delta("Half"), silence()])
    two.ask("And then?")
    expect(two.answer).to_have_text("Half")

    with two.page.expect_navigation():
        link(two.answers.first, "Previous version").click()

    expect(two.answer).to_have_text("First")
    assert not upstream.requests[-1].closed.is_set()
