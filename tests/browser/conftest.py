"""The whole thing: the real server on loopback, a scripted upstream behind it, and Chromium in front."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from server.front import Front
from tests.browser.actions import Chat
from tests.support.chromium import CHROMIUM, Contexts, ReservedPort, running_chromium
from tests.support.loops import on
from tests.support.services.openai_wire import openai_stream
from tests.support.services.upstream import Upstream

HERE = Path(__file__).parent
PATIENCE_MS = 10_000
"""How long a test waits for what must come; only a failing test waits so long."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A running Chromium. Not for the whole session: while Playwright runs, no test can have an event loop."""
    if not CHROMIUM:
        pytest.skip("needs Chromium: apt install chromium-headless-shell, or set CHAT_TEST_CHROMIUM to the program")
    expect.set_options(timeout=PATIENCE_MS)
    with running_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def reserved_port() -> Iterator[int]:
    """The port of every test's server: what Chromium has cached of one is good for the next."""
    port = ReservedPort()
    yield port.number
    port.close()


@pytest.fixture(scope="package")
def contexts(browser: Browser, reserved_port: int) -> Iterator[Contexts]:
    contexts = Contexts(browser, f"http://127.0.0.1:{reserved_port}")
    yield contexts
    contexts.close()


@pytest.fixture
def port(app: Flask, loop: asyncio.AbstractEventLoop, reserved_port: int) -> Iterator[int]:
    """The port the app is served on."""
    front = on(loop, _front(app))
    yield on(loop, front.start("127.0.0.1", reserved_port))
    app.extensions["chat"].notifications.close()  # the WebSockets end now, not at their next look
    on(loop, front.stop())


@pytest.fixture
def address(port: int) -> str:
    """Where the browser finds the app, without a slash at the end."""
    return f"http://127.0.0.1:{port}"


@pytest.fixture
def viewport() -> dict[str, int]:
    return {"width": 1200, "height": 800}


@pytest.fixture
def is_phone() -> bool:
    """Whether the page is seen and touched as on a phone, in a viewport of that size."""
    return False


@pytest.fixture
def context(contexts: Contexts, address: str, viewport: dict[str, int], is_phone: bool) -> Iterator[BrowserContext]:
    permissions = ["clipboard-read", "clipboard-write"]
    with contexts.lend(
        address, viewport=viewport, has_touch=is_phone, is_mobile=is_phone, permissions=permissions
    ) as context:
        context.set_default_timeout(PATIENCE_MS)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """An empty tab. An exception in a script, or something the policy refused, fails the test."""
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert complaints == []


@pytest.fixture
def chat(page: Page) -> Chat:
    """The page of a new chat."""
    page.goto("/chat/")
    return Chat(page)


@pytest.fixture
def answered(chat: Chat, upstream: Upstream) -> Chat:
    """A chat with one question and its answer."""
    upstream.will_answer(openai_stream("First **answer**"))
    chat.ask("Tell me")
    expect(chat.answers).to_have_attribute("data-status", "complete")
    return chat


async def _front(app: Flask) -> Front:
    return Front(app)
