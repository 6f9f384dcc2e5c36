"""Nothing moves for those who do not want that, and nothing looks like a movement that is none."""

import pytest
from playwright.sync_api import expect

from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence

MOVING = """() => document.getAnimations()
  .map((animation) => animation.effect.getComputedTiming())
  .filter(({ endTime }) => endTime > 100)
  .length"""


@pytest.fixture
def streaming(chat, upstream):
    upstream.will_answer([delta("Half of"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half of")
    expect(chat.conversation("Tell me").locator(".conversation-dot")).to_be_visible()
    yield chat
    chat.stop_button.click()


def test_while_an_answer_is_written_something_breathes(streaming):
    assert streaming.page.evaluate(MOVING) > 0


def test_for_those_who_want_no_motion_nothing_does(streaming):
    streaming.page.emulate_media(reduced_motion="reduce")

    assert streaming.page.evaluate(MOVING) == 0
    assert streaming.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"


def test_a_chat_that_is_being_answered_is_marked_in_the_list(streaming, context):
    other = context.new_page()
    other.goto("/chat/")

    expect(other.get_by_role("link", name="Tell me").get_by_text("answering")).to_be_attached()
