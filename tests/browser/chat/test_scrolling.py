"""The reader decides what is seen."""

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import DONE, chunk, delta, openai_stream
from tests.support.services.upstream import Gate, wait_until

END = [chunk({}, "stop"), DONE]
PARAGRAPHS = "".join(f"Paragraph {number}, which says little.\n\n" for number in range(40))
AT_THE_END = "() => document.documentElement.scrollHeight - document.documentElement.clientHeight - scrollY <= 4"


@pytest.fixture
def gate():
    return Gate()


def test_nothing_moves_when_reasoning_is_folded_away(chat, upstream, gate):
    thoughts = chunk({"reasoning_content": PARAGRAPHS})
    upstream.will_answer([thoughts, wait_until(gate), delta("Yes."), *END])
    chat.ask("Tell me")
    chat.page.get_by_text("Thinking…").click()
    expect(chat.page.get_by_text("Paragraph 39")).to_be_visible()
    summary = chat.answers.locator("summary").last
    before = chat.page.evaluate("scrollY")

    gate.open()
    expect(chat.answers).to_have_attribute("data-status", "complete")

    assert chat.page.evaluate("scrollY") == before
    expect(chat.page.get_by_text("Paragraph 39")).to_be_visible()
    assert summary.evaluate("summary => summary.parentElement.open")


@pytest.mark.parametrize("up", ["wheel", "touch", "ArrowUp"])
def test_the_least_movement_up_lets_go_at_once(chat, upstream, gate, up):
    upstream.will_answer([delta(PARAGRAPHS), wait_until(gate), delta(PARAGRAPHS), *END])
    chat.ask("Tell me a lot")
    expect(chat.answer).to_contain_text("Paragraph 39")
    chat.page.wait_for_function(AT_THE_END)
    chat.page.locator("body").click(position={"x": 600, "y": 100})
    if up == "wheel":
        chat.page.mouse.wheel(0, -1)
    elif up == "touch":
        chat.page.evaluate(
            """() => {
              const touch = (clientY) => [new Touch({ identifier: 1, target: document.body, clientX: 100, clientY })]
              const tell = (type, y) => document.body.dispatchEvent(
                new TouchEvent(type, { touches: touch(y), bubbles: true })
              )
              tell("touchstart", 300)
              tell("touchmove", 301)
            }"""
        )
    else:
        chat.page.keyboard.press("ArrowUp")
    height = chat.page.evaluate("document.documentElement.scrollHeight")

    gate.open()
    expect(chat.answers).to_have_attribute("data-status", "complete")

    assert chat.page.evaluate("scrollY + innerHeight") <= height
    expect(chat.latest_button).to_be_visible()
    expect(chat.page.locator("latest-button")).to_have_attribute("data-news", "")


def test_sending_brings_the_own_message_into_view_and_follows_again(chat, upstream):
    upstream.will_answer(openai_stream(PARAGRAPHS))
    chat.ask("Tell me a lot")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    chat.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    upstream.will_answer(openai_stream(PARAGRAPHS))

    chat.ask("And more")

    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    chat.page.wait_for_function(AT_THE_END)


def test_a_reader_who_wants_no_following_gets_none_but_sees_the_own_message(chat, upstream, gate):
    chat.page.evaluate("document.documentElement.dataset.follow = 'off'")
    upstream.will_answer([delta("A."), wait_until(gate), delta(PARAGRAPHS), *END])

    chat.ask("Tell me a lot")
    expect(chat.questions.last).to_be_in_viewport()
    expect(chat.answer).to_have_text("A.")
    before = chat.page.evaluate("scrollY")
    gate.open()
    expect(chat.answers).to_have_attribute("data-status", "complete")

    assert chat.page.evaluate("scrollY") == before
    expect(chat.latest_button).to_be_visible()


def test_coming_back_to_the_end_follows_again(chat, upstream, gate):
    upstream.will_answer([delta(PARAGRAPHS), wait_until(gate), delta(PARAGRAPHS), *END])
    chat.ask("Tell me a lot")
    expect(chat.answer).to_contain_text("Paragraph 39")
    chat.page.mouse.move(600, 300)
    chat.page.mouse.wheel(0, -300)
    expect(chat.latest_button).to_be_visible()

    chat.page.mouse.wheel(0, 2000)
    chat.page.wait_for_function(AT_THE_END)
    gate.open()

    expect(chat.answers).to_have_attribute("data-status", "complete")
    chat.page.wait_for_function(AT_THE_END)


def test_a_notice_leaves_the_way_to_the_end_free(chat, upstream):
    chat.ask("Hello")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    chat.page.goto("/chat/")
    upstream.will_answer(openai_stream(PARAGRAPHS))
    chat.ask("Tell me a lot")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    chat.page.mouse.wheel(0, -400)
    expect(chat.latest_button).to_be_visible()

    chat.conversation("Hello").hover()
    chat.page.locator(".conversation-more").last.click()
    chat.page.get_by_role("menuitem", name="Archive").click()
    undo = chat.page.get_by_role("button", name="Undo")
    expect(undo).to_be_visible()

    box = undo.bounding_box()
    assert box["y"] + box["height"] < chat.latest_button.bounding_box()["y"]
