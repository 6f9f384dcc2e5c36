"""Without a connection the page says so, keeps what is typed, and goes on by itself."""

from playwright.sync_api import expect

from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, wait_until

SAID = "No connection."


def test_it_is_said_as_long_as_it_lasts(chat):
    chat.page.context.set_offline(True)
    expect(chat.page.get_by_text(SAID)).to_be_visible()
    chat.field.fill("half a thought")

    chat.page.context.set_offline(False)

    expect(chat.page.get_by_text(SAID)).to_be_hidden()
    expect(chat.field).to_have_value("half a thought")


def test_an_answer_goes_on_afterwards_and_is_there_once(chat, upstream):
    gate = Gate()
    upstream.will_answer([delta("Half"), wait_until(gate), delta(" of it"), chunk({}, "stop"), DONE])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    chat.page.context.set_offline(True)
    expect(chat.page.get_by_text(SAID)).to_be_visible()
    gate.open()

    chat.page.context.set_offline(False)

    expect(chat.answer).to_have_text("Half of it")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    expect(chat.page.get_by_text(SAID)).to_be_hidden()
    expect(chat.messages).to_have_count(2)
