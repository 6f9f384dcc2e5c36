"""A conversation longer than what a page loads at once."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.services.openai_wire import openai_stream
from tests.support.stores import a_turn, an_outcome, answered

TURNS = 60
TEXT = "".join(f"Sentence {number} of an answer.\n\n" for number in range(6))
COMPLETE = re.compile("^complete$")


@pytest.fixture
def begun(app):
    """The turns of a long conversation."""
    store = app.extensions["chat"].store
    turns = [answered(store, a_turn(content="Question 0?", model="m"), an_outcome(TEXT))]
    for number in range(1, TURNS):
        turn = a_turn(content=f"Question {number}?", conversation_id=turns[0].conversation_id, model="m")
        turns.append(answered(store, turn, an_outcome(TEXT)))
    return turns


SHOW_AT_THE_TOP = """message => {
  message.scrollIntoView({ block: "start", behavior: "instant" })
  return [message.dataset.id, message.getBoundingClientRect().top]
}"""
"""In one step: as soon as older messages come, the fourth message is another one."""


@pytest.fixture
def long(begun, page):
    """Its page."""
    page.goto(f"/chat/{begun[0].conversation_id}")
    return Chat(page)


def question(chat, number):
    return chat.page.get_by_text(f"Question {number}?", exact=True)


def test_older_messages_come_when_the_reader_is_near_and_nothing_moves(long):
    expect(long.messages).to_have_count(40)
    long.page.mouse.move(600, 400)
    seen, before = long.messages.nth(3).evaluate(SHOW_AT_THE_TOP)

    expect(long.messages).to_have_count(80)

    assert abs(long.page.locator(f"#message-{seen}").bounding_box()["y"] - before) < 2
    expect(long.page.locator("chat-status")).to_have_text("40 earlier messages loaded.")


def test_one_can_go_up_to_the_beginning(long):
    while not question(long, 0).count():
        count = long.messages.count()
        long.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
        long.page.wait_for_function("count => document.querySelectorAll('chat-message').length > count", arg=count)

    expect(long.messages).to_have_count(2 * TURNS)
    expect(long.page.locator("[data-older-messages]")).to_have_count(0)
    ids = long.messages.evaluate_all("messages => messages.map(({ id }) => id)")
    assert len(set(ids)) == 2 * TURNS


def test_without_a_connection_what_is_there_stays_and_the_link_leads_on(long):
    long.page.route("**/chat/parts/messages*", lambda route: route.abort())

    with long.page.expect_event("requestfailed"):
        long.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")

    expect(long.messages).to_have_count(40)
    expect(long.page.get_by_role("link", name="Earlier messages")).to_be_visible()


def test_a_link_to_a_message_shows_and_marks_it(begun, page):
    message = begun[10].user_message_id
    page.goto(f"/chat/{begun[0].conversation_id}?message={message}")

    expect(page.locator(f"#message-{message}")).to_have_attribute("data-marked", "")
    expect(page.locator(f"#message-{message}")).to_be_in_viewport()


def test_asking_and_answering_again_work_where_only_the_end_is_loaded(long, upstream):
    long.ask("One more")
    expect(long.answer).to_have_text("You said: One more")
    expect(long.messages).to_have_count(42)
    upstream.will_answer(openai_stream("Second"))

    long.button("Regenerate").click()

    expect(long.answer).to_have_text("Second")
    expect(long.answers.last.locator("[data-versions]")).to_contain_text("2/2")
    expect(long.messages).to_have_count(42)


def test_what_was_loaded_stays_when_the_page_catches_up(long):
    long.page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    expect(long.messages).to_have_count(80)
    other = Chat(long.page.context.new_page())
    other.page.goto(long.page.url)

    other.ask("From elsewhere")

    expect(long.answer).to_have_text("You said: From elsewhere")
    expect(long.messages).to_have_count(82)


def test_far_messages_cost_nothing_and_are_still_there(long):
    far = long.messages.nth(2)

    assert far.evaluate("message => getComputedStyle(message).contentVisibility") == "auto"
    assert long.messages.last.evaluate("message => getComputedStyle(message).contentVisibility") == "visible"
    expect(long.page.get_by_role("heading", name="You")).to_have_count(20)


def test_the_header_of_long_code_stays_in_view_also_far_up(app, page):
    store = app.extensions["chat"].store
    code = "```python\n" + "x = 1\n" * 80 + "```\n"
    begun = answered(store, a_turn(model="m"), an_outcome(code))
    for _ in range(5):
        answered(store, a_turn(conversation_id=begun.conversation_id, model="m"), an_outcome(TEXT))
    page.goto(f"/chat/{begun.conversation_id}")
    figure = page.locator("figure.code")

    figure.evaluate(
        "figure => scrollTo({ top: scrollY + figure.getBoundingClientRect().top + 600, behavior: 'instant' })"
    )

    bar = page.locator(".topbar").bounding_box()
    caption = figure.locator("figcaption").bounding_box()
    assert abs(caption["y"] - (bar["y"] + bar["height"])) < 2


@pytest.mark.parametrize("follow", ["on", "off"])
def test_it_opens_at_its_end_whether_the_end_is_followed_or_not(begun, page, address, follow):
    page.context.add_cookies([{"name": "chat_follow", "value": follow, "url": address}])
    page.goto(f"/chat/{begun[0].conversation_id}")

    expect(question(Chat(page), TURNS - 1)).to_be_attached()
    page.wait_for_function(
        "() => document.documentElement.scrollHeight - document.documentElement.clientHeight - scrollY <= 4"
    )
