"""Messages are changed in their own place."""

import re

from playwright.sync_api import expect

from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence


def edit_question(chat):
    chat.questions.last.hover()
    chat.questions.last.get_by_role("button", name="Edit").click()
    return chat.page.get_by_role("textbox", name="Edit the message")


def edit_answer(chat):
    chat.answers.last.get_by_role("button", name="More").click()
    chat.page.get_by_role("menuitem", name="Edit").click()
    return chat.page.get_by_role("textbox", name="Edit the message")


def test_an_edited_question_is_asked_in_the_place_of_the_old_one(answered):
    field = edit_question(answered)
    expect(field).to_be_focused()
    expect(field).to_have_value("Tell me")

    field.fill("Tell me more")
    field.press("Control+Enter")

    expect(answered.answer).to_have_text("You said: Tell me more")
    expect(answered.questions).to_have_count(1)
    answered.page.reload()
    expect(answered.messages).to_have_count(2)
    expect(answered.answer).to_have_text("You said: Tell me more")


def test_a_later_question_keeps_what_was_before_it(answered):
    answered.ask("Second")
    expect(answered.answer).to_have_text("You said: Second")

    edit_question(answered).fill("Third")
    answered.page.get_by_role("button", name="Send").first.click()

    expect(answered.answer).to_have_text("You said: Third")
    expect(answered.questions).to_have_text([re.compile("Tell me"), re.compile("Third")])


def test_escape_leaves_the_question_and_keeps_what_was_typed(answered):
    edit_question(answered).fill("Tell me more")
    answered.page.keyboard.press("Escape")

    expect(answered.questions.locator("[data-text]")).to_have_text("Tell me")
    expect(answered.questions.locator("[data-text]")).to_be_visible()
    expect(answered.questions.get_by_role("button", name="Edit")).to_be_focused()
    expect(edit_question(answered)).to_have_value("Tell me more")


def test_what_was_not_changed_leaves_no_draft(answered):
    edit_question(answered)
    answered.page.get_by_role("button", name="Cancel").click()

    assert answered.page.evaluate("Object.keys(localStorage).filter((key) => key.includes('edit')).length") == 0


def test_a_blank_question_cannot_be_sent(answered, upstream):
    field = edit_question(answered)
    field.fill("  \n")

    expect(answered.questions.get_by_role("button", name="Send")).to_be_disabled()
    field.press("Control+Enter")
    expect(field).to_be_visible()
    assert len([request for request in upstream.requests if request.path.endswith("completions")]) == 1


def test_an_edit_that_the_server_refuses_is_still_there(answered):
    answered.page.route("**/backend-api/v2/conversation", lambda route: route.abort())
    edit_question(answered).fill("Precious words")
    answered.page.keyboard.press("Control+Enter")

    expect(answered.page.get_by_role("textbox", name="Edit the message")).to_have_value("Precious words")
    expect(answered.answer).to_have_text("First answer")
    expect(answered.field).to_have_value("")


def test_sending_an_edit_stops_the_answer_that_is_being_written(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    first = upstream.requests[-1]

    edit_question(chat).fill("Something else")
    chat.page.keyboard.press("Control+Enter")

    first.wait_closed()
    expect(chat.answer).to_have_text("You said: Something else")
    expect(chat.messages).to_have_count(2)


def test_an_answer_is_edited_as_markdown_and_becomes_another_version(answered):
    field = edit_answer(answered)
    expect(field).to_have_value("First **answer**")

    field.fill("My *own* answer")
    answered.page.get_by_role("button", name="Save").click()

    expect(answered.answer).to_have_text("My own answer")
    expect(answered.answer.locator("em")).to_have_text("own")
    answered.page.reload()
    expect(answered.answer).to_have_text("My own answer")


def test_an_answer_that_cannot_be_saved_is_still_there(answered):
    answered.page.route("**/versions", lambda route: route.abort())
    edit_answer(answered).fill("My own")
    answered.page.keyboard.press("Control+Enter")

    expect(answered.page.locator("chat-toast")).to_contain_text("Cannot reach the server.")
    expect(answered.page.get_by_role("textbox", name="Edit the message")).to_have_value("My own")
