import re

from playwright.sync_api import expect

from tests.support.services.openai_wire import DONE, chunk, delta, openai_error, openai_stream
from tests.support.services.upstream import Gate, cut, silence, wait_until

END = [chunk({}, "stop"), DONE]
A_CONVERSATION = re.compile(r"/chat/[0-9a-f-]{36}$")


def is_(status):
    return {"name": "data-status", "value": status}


def test_an_answer_is_seen_while_it_comes(chat, upstream):
    gate = Gate()
    upstream.will_answer([delta("Half of"), wait_until(gate), delta(" it"), *END])

    chat.ask("Tell me")

    expect(chat.questions).to_have_text(re.compile("Tell me"))
    expect(chat.answer).to_have_text("Half of")
    expect(chat.stop_button).to_be_visible()
    gate.open()
    expect(chat.answer).to_have_text("Half of it")
    expect(chat.send_button).to_be_visible()
    expect(chat.answers).to_have_attribute(**is_("complete"))


def test_the_question_is_there_before_the_server_says_anything(chat, upstream):
    chat.page.route("**/backend-api/v2/conversation", lambda route: None)

    chat.ask("Tell me")

    expect(chat.questions).to_have_text(re.compile("Tell me"))
    expect(chat.answers).to_have_attribute("aria-busy", "true")
    expect(chat.field).to_have_value("")


def test_after_three_silent_seconds_it_says_whom_it_waits_for(chat, upstream):
    upstream.will_answer([silence()])
    chat.page.clock.install(time=0)
    chat.page.clock.pause_at(60_000)

    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-id", re.compile("."))
    chat.page.clock.run_for(2900)
    expect(chat.page.get_by_text("Waiting for")).to_be_hidden()
    chat.page.clock.run_for(200)

    expect(chat.page.get_by_text("Waiting for m…")).to_be_visible()
    chat.stop_button.click()


def test_a_new_chat_gets_its_own_address_and_a_place_in_the_list(chat, upstream):
    chat.ask("How do heat pumps work?")

    expect(chat.page).to_have_url(A_CONVERSATION)
    expect(chat.conversation("How do heat pumps work?")).to_have_attribute("aria-current", "page")
    expect(chat.page).to_have_title("How do heat pumps work? – g4f-lite")


def test_stop_ends_the_answer_and_the_upstream_and_continue_goes_on(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")

    chat.stop_button.click()

    expect(chat.answers).to_have_attribute(**is_("stopped"))
    expect(chat.answers.get_by_text("You stopped this answer.")).to_be_visible()
    upstream.requests[-1].wait_closed()
    upstream.will_answer(openai_stream(" and the rest"))
    chat.button("Continue").click()
    expect(chat.answer).to_have_text("Half and the rest")
    expect(chat.answers.get_by_text("You stopped this answer.")).to_be_hidden()


def test_escape_stops(chat, upstream):
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")

    chat.page.keyboard.press("Escape")

    expect(chat.answers).to_have_attribute(**is_("stopped"))


def test_a_stop_before_the_first_event_counts(chat, upstream):
    upstream.will_answer([silence()])
    held = []
    chat.page.route("**/backend-api/v2/conversation", lambda route: held.append(route))
    chat.ask("Tell me")
    expect(chat.stop_button).to_be_visible()

    chat.stop_button.click()
    held[0].continue_()

    expect(chat.answers).to_have_attribute(**is_("stopped"))


def test_a_failure_stands_in_the_place_of_the_answer_and_retry_asks_again(chat, upstream):
    upstream.will_answer_json(openai_error("Incorrect API key provided."), status=401)
    chat.ask("Tell me")

    expect(chat.answers).to_have_attribute(**is_("failed"))
    expect(chat.answers.locator("[data-detail]")).to_be_hidden()
    chat.answers.get_by_text("Details", exact=True).click()
    expect(chat.answers.locator("[data-detail]")).to_contain_text("Incorrect API key")
    chat.button("Retry").click()
    expect(chat.answer).to_have_text("You said: Tell me")
    expect(chat.answers).to_have_count(1)


def test_what_had_come_before_a_failure_stays(chat, upstream):
    upstream.will_answer([delta("Half"), cut()])

    chat.ask("Tell me")

    expect(chat.answers).to_have_attribute(**is_("failed"))
    expect(chat.answer).to_have_text("Half")
    expect(chat.button("Continue")).to_be_visible()


def test_a_message_the_server_refuses_goes_back_into_the_field(chat, upstream):
    chat.page.route(
        "**/backend-api/v2/conversation",
        lambda route: route.fulfill(status=503, json={"error": {"code": "busy", "message": "Too much to do."}}),
    )

    chat.ask("Precious words")

    expect(chat.field).to_have_value("Precious words")
    expect(chat.page.get_by_role("alert")).to_have_text("Too much to do.")
    expect(chat.messages).to_have_count(0)


def test_a_message_that_could_not_be_sent_is_sent_once_when_tried_again(chat, upstream):
    chat.page.route("**/backend-api/v2/conversation", lambda route: route.abort(), times=1)
    chat.ask("Precious words")
    expect(chat.page.get_by_role("alert")).to_contain_text("Cannot reach the server")

    chat.field.press("Enter")

    expect(chat.answer).to_have_text("You said: Precious words")
    expect(chat.questions).to_have_count(1)
    expect(chat.page.get_by_role("alert")).to_be_hidden()


def test_a_draft_survives_leaving_and_belongs_to_its_chat(chat, upstream):
    chat.ask("One")
    expect(chat.page).to_have_url(A_CONVERSATION)
    chat.field.fill("not yet sent")

    chat.page.get_by_role("link", name="New chat").first.click()
    expect(chat.field).to_have_value("")
    chat.page.go_back()

    expect(chat.field).to_have_value("not yet sent")


def test_a_sent_message_leaves_no_draft(chat, upstream):
    chat.ask("One")
    expect(chat.answer).to_have_text("You said: One")

    chat.page.reload()

    expect(chat.field).to_have_value("")


def test_switching_chats_is_following_links(chat, upstream):
    chat.ask("One")
    expect(chat.answer).to_have_text("You said: One")
    chat.page.get_by_role("link", name="New chat").first.click()
    chat.ask("Two")
    expect(chat.answer).to_have_text("You said: Two")

    chat.conversation("One").click()
    expect(chat.answer).to_have_text("You said: One")
    chat.page.go_back()
    expect(chat.answer).to_have_text("You said: Two")


def test_enter_in_a_composition_does_not_send_and_shift_enter_is_a_new_line(chat, upstream):
    chat.field.fill("にほん")
    chat.field.dispatch_event("keydown", {"key": "Enter", "isComposing": True})
    expect(chat.messages).to_have_count(0)

    chat.field.press("Shift+Enter")
    expect(chat.field).to_have_value("にほん\n")


def test_spaces_cannot_be_sent(chat):
    expect(chat.send_button).to_be_disabled()
    chat.field.fill("  \n ")
    expect(chat.send_button).to_be_disabled()
    chat.field.fill("x")
    expect(chat.send_button).to_be_enabled()


def test_the_field_grows_with_its_text_and_no_further_than_eight_lines(chat):
    def height():
        return chat.field.bounding_box()["height"]

    one = height()
    chat.field.fill("\n" * 3)
    four = height()
    chat.field.fill("\n" * 7)
    eight = height()
    chat.field.fill("\n" * 30)

    assert one < four < eight
    assert height() <= eight + 2


def test_an_example_fills_the_field_and_does_not_send(chat):
    example = chat.page.get_by_role("group", name="Examples").get_by_role("button").first
    words = example.inner_text()

    example.click()

    expect(chat.field).to_have_value(words)
    expect(chat.field).to_be_focused()
    expect(chat.messages).to_have_count(0)


def test_states_are_announced(chat, upstream):
    gate = Gate()
    upstream.will_answer([wait_until(gate), delta("x"), *END])
    status = chat.page.locator("chat-status")

    chat.ask("Tell me")

    expect(status).to_have_text("The answer is being written.")
    gate.open()
    expect(status).to_have_text("The answer is complete.")


def test_an_answer_that_was_stopped_and_one_that_failed_are_announced(chat, upstream):
    status = chat.page.locator("chat-status")
    upstream.will_answer([delta("Half"), silence()])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")

    chat.stop_button.click()
    expect(status).to_have_text("The answer was stopped.")
    upstream.will_answer_json(openai_error("Incorrect API key provided."), status=401)
    chat.ask("And now?")

    expect(status).to_have_text("The answer failed.")
