import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, cut, wait_until
from tests.support.waiting import wait_for

END = [chunk({}, "stop"), DONE]


@pytest.fixture
def gate():
    return Gate()


@pytest.fixture
def half(chat, upstream, gate):
    """A chat whose answer is half there; `gate` lets the rest come."""
    upstream.will_answer([delta("Half"), wait_until(gate), delta(" of it"), *END])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    return chat


def waiting(chat):
    return chat.page.get_by_role("group", name="Queued message")


def test_what_is_sent_during_an_answer_waits_for_its_end(half, gate):
    half.ask("And then?")

    expect(waiting(half)).to_contain_text("Sends when the answer is complete")
    expect(waiting(half)).to_contain_text("And then?")
    expect(half.page.get_by_text("The message will be sent when the answer is complete.")).to_be_attached()
    expect(half.field).to_have_value("")
    expect(half.questions).to_have_count(1)
    gate.open()
    expect(half.questions).to_have_count(2)
    expect(half.answer).to_have_text("You said: And then?")
    expect(waiting(half)).to_be_hidden()


def test_a_second_one_joins_the_first(half, gate):
    half.ask("And then?")
    half.ask("And after that?")

    gate.open()

    expect(half.answer).to_contain_text("And after that?")
    expect(half.questions).to_have_count(2)
    expect(half.questions.last.locator("[data-text]")).to_have_text("And then?\nAnd after that?", use_inner_text=True)


def test_it_survives_a_reload(half, gate):
    half.ask("And then?")

    half.page.reload()

    expect(waiting(half)).to_contain_text("And then?")
    gate.open()
    expect(half.answer).to_have_text("You said: And then?")
    half.page.reload()
    expect(half.answer).to_have_text("You said: And then?")
    expect(half.field).to_have_value("")


def test_it_waits_for_the_first_answer_of_a_new_chat(chat, upstream):
    held = []
    chat.page.route("**/backend-api/v2/conversation", lambda route: held.append(route), times=1)
    chat.ask("Tell me")
    chat.ask("And then?")

    held[0].continue_()

    expect(chat.answer).to_have_text("You said: And then?")


def test_after_a_stop_it_goes_back_into_the_field(half):
    half.ask("And then?")
    half.field.fill("Or else")

    half.stop_button.click()

    expect(half.field).to_have_value("And then?\nOr else")
    expect(waiting(half)).to_be_hidden()
    expect(half.questions).to_have_count(1)


def test_after_a_failure_it_goes_back_into_the_field(chat, upstream, gate):
    upstream.will_answer([delta("Half"), wait_until(gate), cut()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    chat.ask("And then?")

    gate.open()

    expect(chat.answers).to_have_attribute("data-status", "failed")
    expect(chat.field).to_have_value("And then?")
    expect(chat.questions).to_have_count(1)


def test_it_can_be_changed_by_button_and_by_key(half):
    half.ask("And then?")
    waiting(half).get_by_role("button", name="Edit").click()
    expect(half.field).to_have_value("And then?")
    expect(half.field).to_be_focused()
    expect(waiting(half)).to_be_hidden()

    half.field.press("Enter")
    expect(waiting(half)).to_be_visible()
    half.field.press("ArrowUp")

    expect(half.field).to_have_value("And then?")
    half.stop_button.click()


def test_it_can_be_removed_and_brought_back(half):
    half.ask("And then?")

    waiting(half).get_by_role("button", name="Remove").click()

    expect(waiting(half)).to_be_hidden()
    half.page.get_by_role("button", name="Undo").click()
    expect(half.field).to_have_value("And then?")
    half.stop_button.click()


def test_the_button_for_it_is_there_once_something_is_written(half):
    button = half.page.get_by_role("button", name="Queue message")
    expect(button).to_be_hidden()
    half.field.fill("And then?")

    button.click()

    expect(waiting(half)).to_contain_text("And then?")
    expect(half.stop_button).to_be_visible()
    half.stop_button.click()


def test_what_waited_for_an_answer_that_ended_unseen_is_not_sent(half, gate, context):
    half.ask("And then?")
    address = half.page.url
    half.page.goto("/chat/")
    gate.open()
    wait_for(lambda: 'data-status="running"' not in context.request.get(address).text().split("<template")[0])

    half.page.goto(address)

    expect(half.field).to_have_value("And then?")
    expect(waiting(half)).to_be_hidden()
    expect(half.questions).to_have_count(1)


def test_of_two_tabs_one_sends_it(half, gate, context):
    other = Chat(context.new_page())
    other.page.goto(half.page.url)
    expect(other.answer).to_have_text("Half")
    half.ask("And then?")
    expect(waiting(other)).to_contain_text("And then?")

    gate.open()

    for each in (half, other):
        expect(each.answer).to_have_text("You said: And then?")
        expect(each.questions).to_have_count(2)
        expect(each.field).to_have_value("")
