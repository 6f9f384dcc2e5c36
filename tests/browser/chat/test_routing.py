"""Who failed before, who answers, what was noticed, and what a failure looks like."""

import pytest
from playwright.sync_api import expect

from g4f_lite.pieces import Notice
from server.pages.error_texts import error_text
from server.problems import ERROR_KINDS
from tests.support.services.openai_wire import DONE, chunk, delta, openai_error, openai_stream
from tests.support.services.upstream import Gate, wait_until

LONG = "The machine behind the machine is out of room, and the queue in front of it as well: " + "wait_" * 60
NOTICE = "The 12 oldest messages were left out, because the conversation is longer than this model's context."


@pytest.fixture
def settings(settings, upstream):
    """Three routes to one model, of which a test tells the first ones what to answer."""
    entry = {"kind": "OpenAICompatible", "base_url": upstream.base_url, "models": ["test-model"]}
    settings["providers"] |= {"first": entry, "second": entry}
    settings["models"]["m"] = ["first/test-model", "second/test-model", "up/test-model"]
    return settings


def fail_twice(upstream):
    upstream.will_answer_json(openai_error("No room <b>here</b>."), status=503)
    upstream.will_answer_json(openai_error(LONG), status=500)


def trail(chat):
    return chat.answers.last.locator("[data-failed-routes]")


def shown_way(chat):
    """Return what the page shows above an answer, however it came there."""
    return chat.answers.last.locator("[data-failed-routes], [data-answer-notices]").evaluate_all(
        "parts => parts.map(part => part.innerText.trim().replace(/\\s+/g, ' '))"
    )


def expect_both_attempts(chat):
    expect(trail(chat).locator("summary")).to_have_text("Answered by up · Failed attempts: 2")
    attempts = trail(chat).get_by_role("listitem")
    expect(attempts.first).to_be_hidden()
    trail(chat).locator("summary").click()
    expect(attempts).to_have_count(2)
    expect(attempts.nth(0)).to_contain_text("first")
    expect(attempts.nth(0)).to_contain_text("No room")
    expect(attempts.nth(1)).to_contain_text("second")
    expect(attempts.nth(1)).to_contain_text("out of room")


def test_who_failed_before_the_answer_is_told_live_and_after_a_reload(chat, upstream):
    fail_twice(upstream)
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("You said: Tell me")
    expect_both_attempts(chat)
    live = shown_way(chat)

    chat.page.reload()

    expect_both_attempts(chat)
    assert shown_way(chat) == live


def test_a_page_opened_in_mid_answer_shows_the_trail_once(chat, upstream):
    gate = Gate()
    fail_twice(upstream)
    upstream.will_answer([delta("Half"), wait_until(gate), delta(" of it"), chunk({}, "stop"), DONE])
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("Half")

    chat.page.reload()

    expect_both_attempts(chat)
    gate.open()
    expect(chat.answer).to_have_text("Half of it")
    expect(trail(chat).get_by_role("listitem")).to_have_count(2)


def test_when_nobody_answers_the_trail_stands_above_the_failure(chat, upstream):
    fail_twice(upstream)
    upstream.will_answer_json(openai_error("The third one, too."), status=500)

    chat.ask("Tell me")

    expect(chat.answers.last).to_have_attribute("data-status", "failed")
    expect(trail(chat).locator("summary")).to_have_text("Failed attempts: 2", use_inner_text=True)
    expect(chat.answers.last.locator("[data-detail]").last).to_have_text("The third one, too.")


def test_an_answer_that_goes_on_begins_with_no_trail(chat, upstream):
    fail_twice(upstream)
    upstream.will_answer(openai_stream("Half", finish="length"))
    chat.ask("Tell me")
    expect(trail(chat)).to_be_visible()

    chat.button("Continue").click()

    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    expect(trail(chat)).to_be_hidden()
    chat.page.reload()
    expect(trail(chat)).to_be_hidden()


@pytest.mark.parametrize("width", [320, 360])
def test_long_sentences_stay_on_the_page(chat, upstream, width):
    chat.page.set_viewport_size({"width": width, "height": 740})
    fail_twice(upstream)
    chat.ask("Tell me")
    expect(chat.answer).to_have_text("You said: Tell me")
    trail(chat).locator("summary").click()
    chat.answers.last.evaluate(
        "(message, notices) => message.apply({ type: 'provider', label: 'Third', notices })", [NOTICE, LONG]
    )

    assert chat.page.evaluate("document.documentElement.scrollWidth") <= width
    assert chat.answers.last.evaluate("message => message.scrollWidth <= message.clientWidth")


def test_notices_are_told_as_text_live_and_after_a_reload(chat, upstream, app, monkeypatch):
    upstream.will_answer(openai_stream("Hi"))
    notice = "Left out: <b>nothing</b>."
    provider = app.extensions["chat"].catalog.providers["first"].instance
    stream = provider.stream

    async def with_notice(*arguments):
        yield Notice(notice)
        async for piece in stream(*arguments):
            yield piece

    monkeypatch.setattr(provider, "stream", with_notice)

    chat.ask("Tell me")

    expect(chat.answer).to_have_text("Hi")
    expect(chat.answers.last.get_by_text(notice)).to_be_visible()
    live = shown_way(chat)
    chat.page.reload()
    expect(chat.answers.last.get_by_text(notice)).to_be_visible()
    assert shown_way(chat) == live


def test_every_failure_has_its_card(chat):
    chat.page.evaluate("document.querySelector('chat-thread').addAnswer('q', 'm')")
    chat.page.evaluate("document.querySelector('.chat').dataset.empty = false")
    answer = chat.answers.last

    for code in ERROR_KINDS:
        error = {"code": code, "message": f"What {code} means.", "detail": "Their <own> words.", "id": "abc"}
        answer.evaluate("(message, error) => message.fail(error)", error)

        expect(answer.get_by_text(error["message"])).to_be_visible()
        expect(answer.locator("[data-note] [data-detail]")).to_have_text("Their <own> words.")
        expect(answer.locator("[data-code]")).to_have_text(code)
        expect(answer.locator("retry-wait")).to_be_hidden()


def test_in_another_language_the_card_says_the_cause_and_the_details_what_was_said(chat, upstream, app, address):
    chat.page.context.add_cookies([{"name": "chat_language", "value": "ru", "url": address}])
    chat.page.goto("/chat/")
    error = {"code": "provider_failed", "message": "up failed."}
    with app.test_request_context(headers={"Cookie": "chat_language=ru"}):
        sentence = error_text(error)
    for _ in range(3):
        upstream.will_answer_json(openai_error("Their words."), status=500)

    chat.page.locator("textarea#question").fill("Tell me")
    chat.page.keyboard.press("Enter")

    for _ in range(2):
        expect(chat.answers.last.locator("[data-note] [data-error-text]")).to_have_text(sentence)
        expect(chat.answers.last.locator("[data-note] [data-server-message]")).to_contain_text("up failed")
        expect(trail(chat).locator("[data-reason]").first).to_have_text(sentence)
        chat.page.reload()


def test_the_wait_a_service_asks_for_counts_down_and_keeps_nobody_from_trying(chat, upstream):
    chat.page.clock.install(time=0)
    answer = failed_answer(chat, upstream, {"Retry-After": "3"})
    wait = answer.locator("retry-wait")
    expect(wait).to_have_text("Try again in 3 seconds")

    chat.page.clock.run_for(1000)
    expect(wait).to_have_text("Try again in 2 seconds")
    chat.page.clock.run_for(2000)
    expect(wait).not_to_be_visible()

    chat.button("Retry").click()
    expect(chat.answer).to_have_text("You said: Tell me")


def failed_answer(chat, upstream, headers=None):
    """Return an answer that all three routes failed to give."""
    for _ in range(3):
        upstream.will_answer_json(openai_error("Slow down."), status=429, headers=headers)
    chat.ask("Tell me")
    expect(chat.answers.last).to_have_attribute("data-status", "failed")
    return chat.answers.last


def test_after_a_reload_the_rest_of_the_wait_counts_down(chat, upstream):
    answer = failed_answer(chat, upstream, {"Retry-After": "600"})

    chat.page.reload()

    expect(answer.locator("retry-wait")).to_have_text("Try again in 10 minutes")


def test_another_model_can_be_picked_from_the_card(chat, upstream):
    failed_answer(chat, upstream)

    chat.button("Retry with another model").click()
    chat.models.get_by_role("option").filter(has=chat.page.get_by_text("guide", exact=True)).click()

    expect(chat.answer).to_contain_text("not a language model")


def test_going_on_without_a_server_leaves_the_answer_as_it_was(chat, upstream):
    upstream.will_answer(openai_stream("Half", finish="length"))
    chat.ask("Tell me")
    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    chat.page.route("**/backend-api/v2/conversation", lambda route: route.abort())

    chat.button("Continue").click()

    expect(chat.page.get_by_role("alert")).to_contain_text("Cannot reach the server")
    expect(chat.answers.last.get_by_text("The answer reached the maximum length.")).to_be_visible()
    expect(chat.answers.last).to_have_attribute("data-status", "complete")
    expect(chat.answer).to_have_text("Half")
