"""What a screen reader is told of an answer: each part of it once, when it is finished."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import DONE, chunk, delta, openai_stream
from tests.support.services.upstream import Gate, wait_until

END = [chunk({}, "stop"), DONE]
COMPLETE = re.compile("^complete$")


@pytest.fixture
def heard(chat):
    """Return what was put into the log so far."""
    chat.page.evaluate(
        """() => {
          window.heard = []
          const take = ({ addedNodes }) => addedNodes.forEach((node) => heard.push(node.textContent))
          const hear = (changes) => changes.forEach(take)
          new MutationObserver(hear).observe(document.querySelector("chat-log"), { childList: true })
        }"""
    )
    return lambda: chat.page.evaluate("heard")


def test_an_answer_is_heard_once_and_block_by_block(chat, upstream, heard):
    gate = Gate()
    upstream.will_answer([*map(delta, ["One ", "is ", "one.\n\n", "Two"]), wait_until(gate), delta(" is two."), *END])
    chat.ask("Count")
    expect(chat.answer).to_contain_text("Two")
    chat.page.wait_for_function("heard.length === 1")
    assert heard() == ["One is one."]

    gate.open()
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    assert heard() == ["One is one.", "Two is two."]


def test_code_is_named_and_tables_are_read_row_by_row(chat, upstream, heard):
    upstream.will_answer(
        openai_stream("See:\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- one\n- two\n")
    )
    chat.ask("Show me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    assert [[line.strip() for line in text.splitlines()] for text in heard()] == [
        ["See:"],
        ["Code block, python"],
        ["a, b", "1, 2"],
        ["one", "two"],
    ]


def test_what_was_said_is_taken_out_again(chat, upstream, heard):
    chat.page.clock.install()
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    chat.page.clock.run_for(6000)

    expect(chat.page.locator("chat-log")).to_be_empty()
    assert heard() == ["You said: Tell me"]


def test_an_answer_that_goes_on_is_heard_from_there(chat, upstream, heard):
    upstream.will_answer(openai_stream("One half", finish="length"))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    upstream.will_answer(openai_stream(" and the other."))

    chat.button("Continue").click()

    expect(chat.answer).to_have_text("One half and the other.")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    assert heard() == ["One half", "and the other."]


def test_history_is_not_read_aloud(chat, upstream, heard):
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    chat.page.reload()

    expect(chat.answer).to_have_text("You said: Tell me")
    expect(chat.page.locator("chat-log")).to_be_empty()


def test_each_message_is_an_article_with_a_heading(chat, upstream):
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    articles = chat.page.get_by_role("article")

    expect(articles).to_have_count(2)
    expect(articles.nth(0).get_by_role("heading")).to_have_text("You")
    expect(articles.nth(1).get_by_role("heading")).to_have_text("m · up")
