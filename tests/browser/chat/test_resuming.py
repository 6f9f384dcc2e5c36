import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.browser.breakable_proxy import Relay
from tests.support.loops import on
from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, wait_until

END = [chunk({}, "stop"), DONE]
COMPLETE = re.compile("^complete$")


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def half(chat, upstream, gate):
    """A chat whose answer is half there; `gate` lets the rest come."""
    upstream.will_answer([delta("One.\n\n"), delta("Half"), wait_until(gate), delta(" of it"), *END])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("One.\nHalf")
    return chat


def test_a_reload_in_mid_answer_shows_what_there_is_and_goes_on(half, gate):
    half.page.reload()

    expect(half.answer).to_have_text("One.\nHalf")
    expect(half.stop_button).to_be_visible()
    gate.open()
    expect(half.answer).to_have_text("One.\nHalf of it")
    expect(half.answers).to_have_attribute("data-status", COMPLETE)


def test_what_is_read_on_is_what_history_shows(half, gate):
    half.page.reload()
    gate.open()
    expect(half.answers).to_have_attribute("data-status", COMPLETE)
    live = half.answer.locator(".block").evaluate_all("blocks => blocks.map(block => block.innerHTML)")

    half.page.reload()

    assert half.answer.locator(".block").evaluate_all("blocks => blocks.map(block => block.innerHTML)") == live


def test_a_second_tab_joins_an_answer_that_is_being_written(half, gate):
    other = Chat(half.page.context.new_page())
    other.page.goto(half.page.url)
    expect(other.answer).to_have_text("One.\nHalf")

    gate.open()

    expect(half.answer).to_have_text("One.\nHalf of it")
    expect(other.answer).to_have_text("One.\nHalf of it")


def test_a_second_tab_sees_what_is_asked_in_the_first(half, gate, upstream):
    other = Chat(half.page.context.new_page())
    with other.page.expect_websocket():
        other.page.goto(half.page.url)
    gate.open()
    expect(other.answers).to_have_attribute("data-status", COMPLETE)

    half.ask("And then?")

    expect(other.questions.last).to_contain_text("And then?")
    expect(other.answer).to_have_text("You said: And then?")
    expect(half.answer).to_have_text("You said: And then?")
    expect(half.messages).to_have_count(4)
    expect(other.messages).to_have_count(4)


def test_another_tab_lists_a_conversation_while_it_is_answered(chat, upstream, gate):
    other = Chat(chat.page.context.new_page())
    with other.page.expect_websocket():
        other.page.goto("/chat/")
    upstream.will_answer([wait_until(gate), delta("x"), *END])

    chat.ask("Something new")

    entry = other.conversation("Something new")
    expect(entry.get_by_text("answering")).to_be_attached()
    gate.open()
    expect(entry.get_by_text("answering")).not_to_be_attached()


def test_a_stop_in_one_tab_is_seen_in_the_other(half):
    other = Chat(half.page.context.new_page())
    other.page.goto(half.page.url)
    expect(other.stop_button).to_be_visible()

    other.stop_button.click()

    for chat in (half, other):
        expect(chat.answers).to_have_attribute("data-status", "stopped")
        expect(chat.answer).to_have_text("One.\nHalf")


def test_the_page_works_without_the_web_socket(page, upstream):
    page.route_web_socket("**/live", lambda socket: socket.close())
    page.goto("/chat/")
    chat = Chat(page)

    chat.ask("Hello")

    expect(chat.answer).to_have_text("You said: Hello")
    expect(chat.conversation("Hello")).to_be_visible()


def test_closing_the_tab_does_not_end_the_answer(half, gate, context):
    url = half.page.url
    half.page.close()
    gate.open()

    other = Chat(context.new_page())
    other.page.goto(url)

    expect(other.answer).to_have_text("One.\nHalf of it")


class TestOverAWireThatBreaks:
    @pytest.fixture
    def relay(self, port, loop):
        relay = Relay(port)
        yield relay
        on(loop, relay.stop())

    @pytest.fixture
    def address(self, relay, loop):
        return f"http://127.0.0.1:{on(loop, relay.start())}"

    def test_a_lost_connection_is_said_and_taken_up_again(self, half, gate, upstream, relay, loop):
        on(loop, relay.cut())
        expect(half.page.get_by_text("No connection.")).to_be_visible()
        half.field.fill("typed meanwhile")
        gate.open()

        on(loop, relay.mend())

        expect(half.answer).to_have_text("One.\nHalf of it")
        expect(half.page.get_by_text("No connection.")).to_be_hidden()
        expect(half.questions).to_have_count(1)
        expect(half.field).to_have_value("typed meanwhile")
        assert len([request for request in upstream.requests if request.path.endswith("completions")]) == 1

    def test_what_happened_elsewhere_meanwhile_is_caught_up_with(self, half, gate, port, browser, relay, loop):
        on(loop, relay.cut())
        with browser.new_context() as context:
            other = Chat(context.new_page())
            other.page.goto(f"http://127.0.0.1:{port}{urlsplit(half.page.url).path}")
            gate.open()
            expect(other.answers).to_have_attribute("data-status", COMPLETE)
            other.ask("And then?")
            expect(other.answer).to_have_text("You said: And then?")

        on(loop, relay.mend())

        expect(half.answer).to_have_text("You said: And then?")
