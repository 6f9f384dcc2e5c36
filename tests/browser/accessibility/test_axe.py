"""axe looks for what keeps people out, on every page and in every state, in both themes and both directions."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.actions import Chat
from tests.support.services.openai_wire import delta, openai_error, openai_stream
from tests.support.services.upstream import Upstream, silence

RICH = """## A heading

Some *emphasis*, `code`, a [link](https://example.org/) and a formula $a^2 + b^2$.

```python
def answer() -> int:
    return 42  # a comment
```

| left | right |
|:-----|------:|
| one  |     1 |

- [x] done
- [ ] open
"""
PHONE = {"width": 360, "height": 740}


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(params=["en", "ar"])
def tongue(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def context(context: BrowserContext, address: str, theme: str, tongue: str) -> Iterator[BrowserContext]:
    context.add_cookies(
        [
            {"name": f"chat_{name}", "value": value, "url": address}
            for name, value in (("theme", theme), ("language", tongue))
        ]
    )
    yield context


def status_is(chat: Chat, status: str) -> None:
    expect(chat.answers.last).to_have_attribute("data-status", status)


def ask(chat: Chat) -> None:
    chat.page.locator("#question").fill("What is *this*?")
    chat.page.locator("[data-send]").click()


def nothing(chat: Chat, upstream: Upstream) -> None:
    """The page of a new chat, as it is."""


def conversation(chat: Chat, upstream: Upstream) -> None:
    upstream.will_answer(openai_stream(RICH, reasoning="Let me see."))
    ask(chat)
    status_is(chat, "complete")
    chat.page.locator("[data-reasoning] summary").click()


def streaming(chat: Chat, upstream: Upstream) -> None:
    upstream.will_answer([delta("Half of"), silence()])
    ask(chat)
    expect(chat.answer).to_have_text("Half of")


def error(chat: Chat, upstream: Upstream) -> None:
    upstream.will_answer_json(openai_error("Incorrect API key provided."), status=401)
    ask(chat)
    status_is(chat, "failed")
    chat.answers.last.locator("[data-details] summary").click()


def stopped(chat: Chat, upstream: Upstream) -> None:
    streaming(chat, upstream)
    chat.page.keyboard.press("Escape")
    status_is(chat, "stopped")


def phone(chat: Chat, upstream: Upstream) -> None:
    conversation(chat, upstream)
    chat.page.set_viewport_size(PHONE)


def drawer(chat: Chat, upstream: Upstream) -> None:
    phone(chat, upstream)
    chat.page.locator(".topbar-menu").click()
    expect(chat.page.locator("chat-sidebar")).to_be_visible()


def opened(selector: str, shown: str) -> Callable[[Chat, Upstream], None]:
    """Return the state of a conversation in which something was opened by a click."""

    def open_it(chat: Chat, upstream: Upstream) -> None:
        conversation(chat, upstream)
        chat.page.locator(selector).last.click()
        expect(chat.page.locator(shown).last).to_be_visible()

    open_it.__name__ = shown
    return open_it


def sheet(chat: Chat, upstream: Upstream) -> None:
    chat.page.keyboard.press("Control+/")
    expect(chat.page.locator("shortcut-sheet dialog")).to_be_visible()


def hits(chat: Chat, upstream: Upstream) -> None:
    conversation(chat, upstream)
    chat.page.keyboard.press("Control+k")
    chat.page.keyboard.type("heading")
    expect(chat.page.locator("search-dialog mark").first).to_be_visible()


def selecting(chat: Chat, upstream: Upstream) -> None:
    conversation(chat, upstream)
    chat.page.locator(".conversation-more").first.click()
    chat.page.locator("conversation-menu [data-order=select]").click()
    expect(chat.page.locator("chat-list [type=checkbox]").first).to_be_visible()


def at(address: str) -> Callable[[Chat, Upstream], None]:
    """Return the state of a page that is not a chat."""

    def go(chat: Chat, upstream: Upstream) -> None:
        chat.page.goto(address)

    go.__name__ = address
    return go


STATES = [
    nothing,
    conversation,
    streaming,
    error,
    stopped,
    phone,
    drawer,
    opened(".picker-button", ".picker-panel"),
    opened(".composer-option", "#parameters"),
    opened("[data-open-settings]", "#settings-title"),
    opened(".message-actions [data-action=more]", "#message-menu"),
    opened("[data-role=user] [data-action=edit]", "message-editor"),
    sheet,
    hits,
    at("/chat/settings"),
    at("/chat/search?q=heading"),
    at("/chat/nobody"),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(page: Page, upstream: Upstream, state: Callable[[Chat, Upstream], None]) -> None:
    page.emulate_media(reduced_motion="reduce")  # a colour in transition has a contrast of its own
    page.goto("/chat/")
    state(Chat(page), upstream)

    found = Axe().run(page).response["violations"]

    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
