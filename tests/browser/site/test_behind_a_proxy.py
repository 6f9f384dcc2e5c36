"""The page below a path, by https, through nginx and Caddy: it knows where it is, and hears of news."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.actions import Chat
from tests.support import proxies
from tests.support.behind_a_proxy import behind
from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, wait_until

PREFIX = "/chat-ui"
A_CONVERSATION = re.compile(rf"{PREFIX}/chat/[0-9a-f-]{{36}}$")


@pytest.fixture
def settings(settings):
    return {**settings, "url_prefix": PREFIX}


@pytest.fixture(params=["nginx", "caddy"])
def address(request, app, loop, tmp_path):
    """Where the browser finds the proxy."""
    place = {"folder": tmp_path, "prefix": PREFIX, "tls": True}
    with behind(getattr(proxies, request.param), app, loop, place) as url:
        yield url
        app.extensions["chat"].notifications.close()


@pytest.fixture
def context(browser, address):
    context = browser.new_context(base_url=address, ignore_https_errors=True)
    yield context
    context.close()


@pytest.fixture
def chat(page):
    page.goto(f"{PREFIX}/")
    return Chat(page)


def test_an_answer_comes_in_one_tab_and_its_chat_in_another(chat, context, upstream):
    gate = Gate()
    upstream.will_answer([delta("Half of"), wait_until(gate), delta(" it"), chunk({}, "stop"), DONE])
    other = Chat(context.new_page())
    with other.page.expect_websocket(lambda socket: socket.url.startswith("wss:")):
        other.page.goto(f"{PREFIX}/chat/")

    chat.ask("Tell me")

    expect(chat.answer).to_have_text("Half of")
    expect(chat.page).to_have_url(A_CONVERSATION)
    gate.open()
    expect(chat.answer).to_have_text("Half of it")
    expect(other.conversation("Tell me")).to_be_visible()
    chat.page.reload()
    expect(chat.answer).to_have_text("Half of it")


def test_all_files_come_over_one_connection(chat):
    protocols = chat.page.evaluate("performance.getEntriesByType('resource').map((file) => file.nextHopProtocol)")

    assert len(protocols) > 50
    assert set(protocols) == {"h2"}
