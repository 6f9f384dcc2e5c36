"""What happens elsewhere shows up here, with and without a WebSocket."""

import json

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.browser.sidebar.test_sidebar import act, titles
from tests.support.stores import a_turn, answered

EVERY_MS = 10_000


@pytest.fixture
def store(app):
    return app.extensions["chat"].store


@pytest.fixture
def blocked(page, store):
    """A page that a proxy keeps from its WebSocket, with a clock in the test's hands; `free` lets it through."""
    state = {"is": True, "tries": 0}

    def answer(socket):
        state["tries"] += 1
        socket.close() if state["is"] else socket.connect_to_server()

    page.route_web_socket("**/live", answer)
    answered(store, a_turn(title="One", model="m"))
    page.clock.install()
    page.goto("/chat/")
    chat = Chat(page)
    expect(titles(chat)).to_have_text(["One"])
    chat.tries = lambda: state["tries"]
    chat.free = lambda: state.update({"is": False})
    return chat


def fail_twice(chat):
    """Let the time pass in which the page that is open learns that the way is blocked: its third try follows two."""
    tries = chat.tries()
    for _ in range(100):
        if chat.tries() > tries + 2:
            return
        chat.page.clock.run_for(500)
    raise AssertionError("it gave up connecting")


def test_a_list_that_cannot_be_told_asks(blocked, store):
    fail_twice(blocked)
    answered(store, a_turn(title="Two"))

    blocked.page.clock.run_for(EVERY_MS + 1000)

    expect(titles(blocked)).to_have_text(["Two", "One"])


def test_an_open_conversation_that_cannot_be_told_asks(blocked, app, port, browser):
    blocked.conversation("One").click()
    expect(blocked.page).to_have_title("One – g4f-lite")
    fail_twice(blocked)
    with browser.new_context(base_url=f"http://127.0.0.1:{port}") as context:
        other = Chat(context.new_page())
        other.page.goto(blocked.page.url)
        other.ask("And then?")
        expect(other.answer).to_have_text("You said: And then?")

    blocked.page.clock.run_for(EVERY_MS + 1000)

    expect(blocked.answer).to_have_text("You said: And then?")


def test_an_open_conversation_that_is_gone_is_left_and_what_is_typed_comes_along(blocked, address):
    blocked.conversation("One").click()
    expect(blocked.page).to_have_title("One – g4f-lite")
    blocked.field.fill("half a thought")
    fail_twice(blocked)
    requests.delete(f"{address}/backend-api/v2/conversations/{blocked.page.url.rsplit('/', 1)[1]}").close()

    blocked.page.clock.run_for(EVERY_MS + 1000)

    expect(blocked.page).to_have_url(f"{address}/chat/")
    expect(blocked.field).to_have_value("half a thought")


def test_once_the_way_is_free_it_is_told_again(blocked, store, port, browser):
    fail_twice(blocked)
    blocked.free()
    tries = blocked.tries()
    with blocked.page.expect_request("**/parts/conversations?*"):  # what it missed meanwhile
        while blocked.tries() == tries:
            blocked.page.clock.run_for(500)
    with browser.new_context(base_url=f"http://127.0.0.1:{port}") as context:
        other = Chat(context.new_page())
        other.page.goto("/chat/")

        act(other, "One", "Pin")

        blocked.page.clock.run_for(500)
        expect(blocked.page.get_by_role("heading", name="Pinned")).to_be_visible()


def test_a_new_version_of_the_page_is_offered_and_what_is_typed_survives(page):
    def as_another_version(socket):
        server = socket.connect_to_server()
        server.on_message(lambda text: socket.send(text.replace(json.loads(text).get("version", "-"), "other")))

    page.route_web_socket("**/live", as_another_version)
    page.route("**/parts/notices?version=*", lambda route: route.continue_(url=route.request.url + "0"))
    page.goto("/chat/")
    chat = Chat(page)
    chat.field.fill("half a thought")
    banner = page.get_by_text("A new version of this page is available.")
    expect(banner).to_be_visible()

    with page.expect_navigation():
        page.get_by_role("link", name="Reload").click()

    expect(chat.field).to_have_value("half a thought")


def test_what_changes_while_a_page_is_on_its_way_is_not_missed(page, store, address):
    begun = answered(store, a_turn(title="Old", model="m"))

    def change_before(route):
        change = {"title": "New", "model": "guide", "params": {"temperature": 1.5}}
        requests.patch(f"{address}/backend-api/v2/conversations/{begun.conversation_id}", json=change).close()
        route.continue_()

    page.route("**/js/pages/chat.js", change_before)
    page.goto(f"/chat/{begun.conversation_id}")

    chat = Chat(page)
    expect(titles(chat)).to_have_text(["New"])
    expect(page).to_have_title("New – g4f-lite")
    expect(chat.picker).to_have_text("Model: guide")
    expect(page.get_by_role("button", name="Parameters (changed)")).to_be_visible()


def test_what_another_tab_picks_and_sets_counts_here_too(page, context, store):
    begun = answered(store, a_turn(title="One", model="m"))
    here, there = Chat(page), Chat(context.new_page())
    for chat in (here, there):
        with chat.page.expect_websocket() as live:
            chat.page.goto(f"/chat/{begun.conversation_id}")
        live.value.wait_for_event("framereceived")

    there.pick("guide")
    expect(here.picker).to_have_text("Model: guide")
    there.page.get_by_role("button", name="Parameters").click()
    there.page.get_by_role("spinbutton", name="Temperature").fill("1.5")

    expect(page.get_by_role("button", name="Parameters (changed)")).to_be_visible()
    with page.expect_request("**/backend-api/v2/conversation") as sent:
        here.ask("Hello")
    assert sent.value.post_data_json["model"] == "guide"
    assert "params" not in sent.value.post_data_json  # the server knows them


def test_what_is_being_set_here_is_left_alone(page, store, address):
    begun = answered(store, a_turn(title="One", model="m"))
    page.goto(f"/chat/{begun.conversation_id}")
    page.get_by_role("button", name="Parameters").click()
    system = page.get_by_role("textbox", name="System prompt")
    system.press_sequentially("Be")

    change = {"title": "New", "params": {"temperature": 1.5}}
    requests.patch(f"{address}/backend-api/v2/conversations/{begun.conversation_id}", json=change).close()

    expect(page).to_have_title("New – g4f-lite")
    expect(system).to_have_value("Be")


def test_the_same_version_is_no_news(chat):
    with chat.page.expect_websocket():
        chat.page.reload()
    other = Chat(chat.page.context.new_page())
    other.page.goto("/chat/")

    other.ask("Something new")

    expect(chat.conversation("Something new")).to_be_visible()
    expect(chat.page.get_by_text("A new version of this page is available.")).to_have_count(0)


def test_the_server_learns_the_readers_time_zone_once(browser, address):
    with browser.new_context(base_url=address, timezone_id="Asia/Tokyo") as context:
        page = context.new_page()
        with page.expect_response("**/chat/settings"):
            page.goto("/chat/")

        page.goto("/chat/")

        expect(page.locator("html")).to_have_attribute("data-zone", "Asia/Tokyo")
