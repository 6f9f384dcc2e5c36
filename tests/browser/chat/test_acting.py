"""What a message can be asked to do."""

import re

from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support.services.openai_wire import DONE, chunk, delta, openai_error, openai_stream
from tests.support.services.upstream import Gate, silence, wait_until

END = [chunk({}, "stop"), DONE]
COMPLETE = re.compile("^complete$")


def choose(chat, message, item):
    """Choose something from a message's menu."""
    message.hover()
    message.get_by_role("button", name="More").click()
    chat.page.get_by_role("menuitem", name=item, exact=True).click()


def copied(chat):
    return chat.page.evaluate("navigator.clipboard.readText()")


def test_answers_and_questions_are_copied_as_they_were_written(answered):
    answered.button("Copy").click()
    expect(answered.page.get_by_text("Copied.")).to_be_attached()
    assert copied(answered) == "First **answer**"

    answered.questions.hover()
    answered.questions.get_by_role("button", name="Copy").click()
    answered.page.wait_for_function("async () => (await navigator.clipboard.readText()) === 'Tell me'")


def test_a_copy_shows_a_tick_for_a_moment(answered):
    answered.page.clock.install(time=0)
    answered.page.clock.pause_at(60_000)
    button = answered.button("Copy")
    button.click()

    expect(button.locator("[href='#icon-check']")).to_be_visible()
    answered.page.clock.run_for(1600)
    expect(button.locator("[href='#icon-check']")).to_be_hidden()
    expect(button.locator("[href='#icon-copy']")).to_be_visible()


def test_the_last_messages_show_their_actions_and_others_on_hover_and_focus(answered, upstream):
    answered.ask("More")
    expect(answered.answers.last).to_have_attribute("data-status", COMPLETE)
    actions = answered.answers.first.locator(".message-actions")
    opacity = "element => getComputedStyle(element).opacity"
    answered.page.mouse.move(0, 0)

    expect(answered.answers.last.locator(".message-actions")).to_have_css("opacity", "1")
    expect(actions).to_have_css("opacity", "0")
    answered.answers.first.hover()
    expect(actions).to_have_css("opacity", "1")
    answered.page.mouse.move(0, 0)
    expect(actions).to_have_css("opacity", "0")
    answered.answers.first.get_by_role("button", name="Copy").focus()
    expect(actions).to_have_css("opacity", "1")
    assert actions.evaluate(opacity) == "1"


def test_the_menu_offers_what_fits_and_gives_the_focus_back(answered):
    items = answered.page.get_by_role("menuitem")

    answered.answers.get_by_role("button", name="More").focus()
    answered.page.keyboard.press("Enter")

    expect(items).to_have_text(["Use another model…", "Edit", "New chat from here", "About this answer", "Delete"])
    expect(items.first).to_be_focused()
    answered.page.keyboard.press("End")
    expect(items.last).to_be_focused()
    answered.page.keyboard.press("Escape")
    expect(answered.answers.get_by_role("button", name="More")).to_be_focused()
    answered.questions.get_by_role("button", name="More").click()
    expect(items).to_have_text(["New chat from here", "Delete"])


def test_a_message_is_deleted_at_once_and_brought_back(answered):
    choose(answered, answered.answers, "Delete")

    expect(answered.answers).to_have_count(0)
    expect(answered.questions).to_be_focused()
    expect(answered.page.get_by_text("Message deleted.")).to_be_visible()
    answered.page.get_by_role("button", name="Undo").click()
    expect(answered.answer).to_have_text("First answer")
    answered.page.reload()
    expect(answered.answer).to_have_text("First answer")


def test_deleting_the_first_question_leaves_an_empty_chat(answered):
    choose(answered, answered.questions, "Delete")

    expect(answered.messages).to_have_count(0)
    expect(answered.page.get_by_text("What would you like to know?")).to_be_visible()
    expect(answered.field).to_be_focused()
    answered.page.get_by_role("button", name="Undo").click()
    expect(answered.messages).to_have_count(2)
    expect(answered.page.get_by_text("What would you like to know?")).to_be_hidden()


def test_a_deletion_that_the_server_refuses_is_taken_back_and_said(answered):
    answered.page.route("**/backend-api/v2/messages/*", lambda route: route.abort())

    choose(answered, answered.answers, "Delete")

    expect(answered.page.locator("chat-toast")).to_contain_text("Cannot reach the server.")
    expect(answered.answer).to_have_text("First answer")


def test_deleting_a_question_ends_its_answer(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")

    choose(chat, chat.questions, "Delete")

    expect(chat.messages).to_have_count(0)
    upstream.requests[-1].wait_closed()
    expect(chat.send_button).to_be_visible()


def test_a_fork_is_another_conversation_up_to_there(answered):
    answered.ask("And then?")
    expect(answered.answers.last).to_have_attribute("data-status", COMPLETE)
    before = answered.page.url

    choose(answered, answered.answers.first, "New chat from here")

    expect(answered.page).not_to_have_url(before)
    expect(answered.messages).to_have_count(2)
    expect(answered.answer).to_have_text("First answer")


def test_what_there_is_to_know_about_an_answer_that_has_just_come(answered):
    choose(answered, answered.answers, "About this answer")

    dialog = answered.page.get_by_role("dialog", name="About this answer")
    expect(dialog).to_contain_text("test-model")
    expect(dialog).to_contain_text("estimated")
    expect(dialog.locator("time")).to_have_text(re.compile(r"\d{4}, \d+:\d\d"))
    answered.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_another_model_answers_and_stays_picked(answered):
    choose(answered, answered.answers, "Use another model…")
    answered.models.get_by_role("option").filter(has=answered.page.get_by_text("guide", exact=True)).click()

    expect(answered.answer).to_contain_text("not a language model")
    expect(answered.picker).to_contain_text("guide")


def test_a_list_of_models_that_is_closed_asks_nobody(answered):
    choose(answered, answered.answers, "Use another model…")
    answered.page.keyboard.press("Escape")
    answered.pick("guide")

    expect(answered.picker).to_contain_text("guide")
    expect(answered.answer).to_have_text("First answer")


def test_an_answer_that_was_stopped_goes_on_from_the_menu(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")
    chat.stop_button.click()
    expect(chat.answers).to_have_attribute("data-status", "stopped")
    upstream.will_answer(openai_stream(" and the rest"))

    choose(chat, chat.answers, "Continue")

    expect(chat.answer).to_have_text("Half and the rest")


def test_answering_again_stops_what_is_being_written(answered, upstream):
    upstream.will_answer([delta("Half"), silence()])
    answered.ask("More")
    expect(answered.answer).to_have_text("Half")
    upstream.will_answer(openai_stream("Second"))

    answered.answers.first.hover()
    answered.answers.first.get_by_role("button", name="Regenerate").click()

    expect(answered.answer).to_have_text("Second")
    expect(answered.messages).to_have_count(2)


def test_a_failure_can_be_copied_with_its_id(chat, upstream):
    upstream.will_answer_json(openai_error("Incorrect API key provided."), status=401)
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", "failed")
    expect(chat.answers.get_by_text("Set API keys in config.json")).to_be_visible()

    chat.answers.get_by_text("Details", exact=True).click()
    chat.button("Copy details").click()

    expect(chat.page.get_by_text("Copied.")).to_be_attached()
    assert re.search(r"Incorrect API key.*\nkey_rejected\n[0-9a-f]{12}$", copied(chat))


def test_a_table_is_copied_as_markdown(chat, upstream):
    upstream.will_answer(openai_stream("| a | b |\n|---|--:|\n| 1 | x\\|y |\n"))
    chat.ask("Show me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)

    chat.answer.locator("table").hover()
    chat.button("Copy table").click()

    expect(chat.page.get_by_text("Copied.")).to_be_attached()
    assert copied(chat) == "| a | b |\n| --- | --: |\n| 1 | x\\|y |\n"


def test_what_is_selected_is_copied_without_the_words_of_the_page(chat, upstream):
    upstream.will_answer(openai_stream("First **answer**\n\n```python\ncode\n```\n", reasoning="Let me see."))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    chat.page.evaluate("document.activeElement.blur()")
    chat.page.evaluate("getSelection().selectAllChildren(document.querySelector('chat-thread'))")

    chat.page.keyboard.press("Control+C")

    html = chat.page.evaluate(
        "navigator.clipboard.read().then(([item]) => item.getType('text/html')).then((it) => it.text())"
    )
    assert copied(chat).split() == ["Tell", "me", "First", "answer", "code"]
    assert "<strong>answer</strong>" in html
    assert re.sub("<[^>]*>", " ", html).split() == ["Tell", "me", "First", "answer", "code"]


def test_without_https_copying_works_too_whatever_is_selected(page, upstream):
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.goto("/chat/")
    chat = Chat(page)
    upstream.will_answer(openai_stream("First **answer**"))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    page.evaluate("getSelection().selectAllChildren(document.querySelector('chat-thread'))")

    chat.button("Copy").click()
    expect(page.get_by_text("Copied.")).to_be_attached()

    chat.field.focus()
    page.keyboard.press("Control+V")
    expect(chat.field).to_have_value("First **answer**")


def test_reasoning_is_folded_with_its_duration_also_after_a_reload(chat, upstream):
    upstream.will_answer(openai_stream("So it is.", reasoning="Let me see."))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", COMPLETE)
    expect(chat.page.get_by_text("Let me see.")).to_be_hidden()

    chat.page.get_by_text("Thought for 1 second").click()
    expect(chat.page.get_by_text("Let me see.")).to_be_visible()
    chat.page.reload()
    expect(chat.page.get_by_text("Thought for 1 second")).to_be_visible()


def test_reasoning_that_was_opened_stays_open(chat, upstream):
    gate = Gate()
    upstream.will_answer([chunk({"reasoning_content": "Hm. "}), wait_until(gate), delta("Yes."), *END])
    chat.ask("Tell me")

    chat.page.get_by_text("Thinking…").click()
    gate.open()

    expect(chat.answer).to_have_text("Yes.")
    expect(chat.page.get_by_text("Hm.")).to_be_visible()
