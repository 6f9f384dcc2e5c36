"""The chat in a browser that runs no scripts."""

import re

import pytest
from playwright.sync_api import expect

from tests.server.api.test_turns import ask
from tests.support.services.openai_wire import DONE, chunk, delta, openai_stream
from tests.support.services.upstream import Gate, silence, wait_until

DEAD = """Array.from(document.querySelectorAll("button"))
  .filter((button) => button.checkVisibility({ visibilityProperty: true }))
  .filter((button) => button.type !== "submit" || !button.form)
  .filter((button) => !button.hasAttribute("popovertarget") && !button.hasAttribute("commandfor"))
  .map((button) => button.outerHTML)"""
"""Buttons that a person sees, and that do nothing."""


@pytest.fixture
def context(browser, address, viewport):
    context = browser.new_context(base_url=address, viewport=viewport, java_script_enabled=False)
    context.set_default_timeout(10_000)
    yield context
    context.close()


@pytest.fixture
def field(page):
    return page.get_by_role("textbox", name="Message", exact=True)


@pytest.fixture
def send(page):
    return page.get_by_role("button", name="Send")


def test_a_conversation_is_held(page, field, send, upstream):
    gate = Gate()
    upstream.will_answer(
        [
            delta("# First\n\n```python\nprint(1)\n```\n\nAnd"),
            wait_until(gate),
            delta(" more."),
            chunk({}, "stop"),
            DONE,
        ]
    )
    page.goto("/chat/")

    field.fill("Tell me")
    send.click(no_wait_after=True)

    expect(page.get_by_role("heading", name="First")).to_be_visible()
    expect(page.get_by_text("Tell me").last).to_be_visible()
    expect(page.get_by_role("button", name="Stop generating")).to_be_visible()
    expect(field).to_be_hidden()
    gate.open()
    expect(page.get_by_text("And more.")).to_be_visible()
    expect(page.get_by_role("button", name="Stop generating")).to_be_hidden()

    field.fill("And then?")
    send.click()
    expect(page.get_by_text("You said: And then?")).to_be_visible()
    page.reload()
    expect(page.get_by_text("And more.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/chat/[0-9a-f-]{36}(#.*)?$"))


def test_an_answer_is_stopped(page, field, send, upstream):
    upstream.will_answer([delta("Half.\n\nAnd\nmo"), silence()])
    page.goto("/chat/")
    field.fill("Tell me")
    send.click(no_wait_after=True)
    expect(page.get_by_text("Half.")).to_be_visible()

    page.get_by_role("button", name="Stop generating").click()

    expect(page.get_by_text("You stopped this answer.")).to_be_visible()
    expect(field).to_be_visible()
    upstream.requests[-1].wait_closed()


def test_a_page_with_a_running_answer_leads_to_its_growing(page, client, field, upstream):
    gate = Gate()
    upstream.will_answer([delta("Half.\n\nAnd\nmo"), wait_until(gate), delta("re."), chunk({}, "stop"), DONE])
    begun = client.post("/chat/", data={"content": "Tell me"}, headers={"Sec-Fetch-Site": "same-origin"})
    page.goto(begun.location.split("/live")[0])
    expect(field).to_be_visible()

    page.get_by_role("link", name="Watch the answer being written").click(no_wait_after=True)

    expect(page.get_by_text("Half.")).to_be_visible()
    expect(field).to_be_hidden()
    gate.open()
    expect(page.get_by_text("more.")).to_be_visible()


def test_a_refusal_keeps_the_text(page, field, send):
    page.goto("/chat/")
    field.fill("   ")

    send.click()

    expect(page.get_by_role("alert").filter(has_text="Write a message first.")).to_be_visible()


def test_the_model_is_picked(page, field, send):
    page.goto("/chat/")
    page.get_by_label("Model", exact=True).select_option("guide")
    field.fill("What can you do?")

    send.click()

    expect(page.locator("chat-message[data-role=assistant] [data-model]")).to_have_text("guide")


def test_no_button_is_dead(page, client, upstream):
    upstream.will_answer(openai_stream("```python\nprint(1)\n```"))
    conversation = ask(client, "One")[0]["conversation_id"]
    upstream.will_answer([])
    failed = ask(client, "Two")[0]["conversation_id"]

    for address in ("/chat/", f"/chat/{conversation}", f"/chat/{failed}", "/chat/settings"):
        page.goto(address)
        assert page.evaluate(DEAD) == [], address


class TestWithScripts:
    @pytest.fixture
    def context(self, browser, address, viewport):
        context = browser.new_context(base_url=address, viewport=viewport)
        context.set_default_timeout(10_000)
        yield context
        context.close()

    def test_the_page_that_grows_is_a_page_like_any_other(self, page, client, field, upstream):
        gate = Gate()
        upstream.will_answer([delta("Half.\n\nAnd\nmo"), wait_until(gate), delta("re."), chunk({}, "stop"), DONE])
        begun = client.post("/chat/", data={"content": "Tell me"}, headers={"Sec-Fetch-Site": "same-origin"})

        page.goto(begun.location, wait_until="commit")
        expect(page.locator(".block", has_text="Half.")).to_be_visible()
        gate.open()

        answer = page.locator("chat-message[data-role=assistant]")
        expect(answer).to_have_attribute("data-status", "complete")
        expect(answer.locator("[data-body]")).to_have_text(re.compile(r"^\s*Half\.\s*And\s*more\.\s*$"))
        field.fill("And then?")
        field.press("Enter")
        expect(page.locator(".block", has_text="You said: And then?")).to_be_visible()


def test_a_form_says_where_it_comes_from(page, address, field, send):
    """Without TLS, and on another machine, a browser tells the server nothing else to know its own page by."""
    page.goto("/chat/")
    field.fill("Hello")

    with page.expect_request(lambda request: request.method == "POST") as sent:
        send.click(no_wait_after=True)

    assert sent.value.all_headers()["origin"] == address
