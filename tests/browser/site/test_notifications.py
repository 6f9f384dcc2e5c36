"""What a person hears of an answer who is elsewhere, and a screen that stays on."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.browser.chat.test_conversing import is_
from tests.support.services.openai_wire import DONE, chunk, delta, openai_error
from tests.support.services.upstream import Gate, silence, wait_until

FAKES = """
window.told = []
window.Notification = class extends EventTarget {
  static permission = "granted"
  static requestPermission = async () => Notification.permission
  constructor(title, options) {
    super()
    if (Notification.isPhone) throw new TypeError("Illegal constructor")
    told.push([title, options.body])
    window.last = this
  }
  close() { told.push("closed") }
}
window.focus = () => told.push("focused")
let isHidden = false
Object.defineProperty(document, "hidden", { get: () => isHidden })
window.hide = (is) => { isHidden = is; document.dispatchEvent(new Event("visibilitychange")) }
window.locks = []
Object.defineProperty(navigator, "wakeLock", { value: {
  request: async (kind) => { locks.push(kind); return { release: () => locks.push("released") } },
} })
"""
RETITLED = """async () => {
  document.title = "Another title"
  await new Promise(queueMicrotask)
  return document.title
}"""


@pytest.fixture
def chat(page, context, address):
    """The page of somebody who wants to be told, with a browser that tells us what it is told."""
    context.add_cookies([{"name": "chat_notify", "value": "on", "url": address}])
    page.add_init_script(FAKES)
    page.goto("/chat/")
    return Chat(page)


@pytest.fixture
def gate(chat, upstream):
    """Opens what the rest of an answer waits for; the question is asked, and the reader is gone."""
    gate = Gate()
    upstream.will_answer([delta("Half"), wait_until(gate), delta(" and whole"), chunk({}, "stop"), DONE])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    return gate


def test_a_hidden_page_notifies_of_an_answer_and_a_click_leads_back(chat, gate):
    chat.page.evaluate("hide(true)")

    gate.open()

    expect(chat.answers).to_have_attribute(**is_("complete"))
    chat.page.wait_for_function("told.length")
    assert chat.page.evaluate("told") == [["Tell me", "The answer is complete."]]
    expect(chat.page).to_have_title("Tell me – g4f-lite")
    chat.page.evaluate("last.dispatchEvent(new Event('click'))")
    assert chat.page.evaluate("told.slice(1)") == ["focused", "closed"]


def test_a_page_that_is_seen_does_not(chat, gate):
    gate.open()

    expect(chat.answers).to_have_attribute(**is_("complete"))
    expect(chat.page).to_have_title("Tell me – g4f-lite")
    assert chat.page.evaluate("told") == []


@pytest.mark.parametrize(
    "obstacle",
    [
        "Notification.permission = 'denied'",
        "Notification.isPhone = true",
        "delete window.Notification",
        "document.documentElement.dataset.notify = 'off'",
    ],
)
def test_without_notifications_the_title_is_marked_until_it_is_seen(chat, gate, obstacle):
    chat.page.evaluate(obstacle)
    chat.page.evaluate("hide(true)")

    gate.open()

    expect(chat.answers).to_have_attribute(**is_("complete"))
    expect(chat.page).to_have_title("● Tell me – g4f-lite")
    assert chat.page.evaluate(RETITLED) == "● Another title"
    chat.page.evaluate("hide(false)")
    expect(chat.page).not_to_have_title(re.compile("●"))


def test_a_failure_is_told_too(chat, upstream):
    upstream.will_answer_json(openai_error("No."), status=401)
    chat.page.evaluate("hide(true)")

    chat.ask("Tell me")

    expect(chat.answers).to_have_attribute(**is_("failed"))
    chat.page.wait_for_function("told.length")
    assert chat.page.evaluate("told[0][1]") == "The answer failed."


def test_who_stopped_an_answer_knows(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    chat.page.evaluate("hide(true)")

    chat.stop_button.click()

    expect(chat.answers).to_have_attribute(**is_("stopped"))
    assert chat.page.evaluate("told") == []


def test_the_screen_stays_on_while_an_answer_is_written(chat, gate):
    assert chat.page.evaluate("locks") == ["screen"]
    chat.page.evaluate("hide(true)")
    chat.page.evaluate("hide(false)")
    assert chat.page.evaluate("locks") == ["screen", "screen"]

    gate.open()

    expect(chat.answers).to_have_attribute(**is_("complete"))
    chat.page.wait_for_function("locks.at(-1) === 'released'")
