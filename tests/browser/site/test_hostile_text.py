"""Hostile text in every place where the page shows text: it runs nothing, asks no other host, and leads nowhere."""

import asyncio
import json
import random

import pytest
from playwright.sync_api import expect

from g4f_lite.decoding.surrogates import join_surrogates
from server.problems import Problem
from tests.browser.actions import Chat
from tests.support.hostile import LINES, PAYLOADS
from tests.support.loops import on
from tests.support.members import come_in
from tests.support.services.openai_wire import delta, honest, openai_stream
from tests.support.services.upstream import EVENT_STREAM, JSON, Answer, Gate, json_answer, wait_until
from tests.support.stores import a_turn, an_outcome, answered
from tests.support.waiting import wait_for

PER_CHAT = 20
"""A page shows the last forty messages."""
TEXTS = [join_surrogates(payload).replace("\0", "\ufffd") for payload in PAYLOADS]
"""What can be stored, and typed."""
MANY = "\n\n".join(TEXTS)
SHORT = [line for line in LINES if len(line) <= 60]

AUDIT = """() => {
  const links = ["href", "src", "action", "formaction", "xlink:href", "data", "poster", "background", "srcset", "ping"]
  const inert = "IFRAME FRAME OBJECT EMBED APPLET BASE STYLE AUDIO VIDEO MARQUEE PLAINTEXT XMP".split(" ")
  const faults = []
  for (const element of document.querySelectorAll("*")) {
    const tag = element.tagName.toUpperCase()
    if (inert.includes(tag) || (tag === "SCRIPT" && !element.src) || element.httpEquiv === "refresh") {
      faults.push(element.outerHTML.slice(0, 200))
    }
    for (const { name, value } of element.attributes) {
      const url = links.includes(name) ? new URL(value, location.href) : undefined
      const isFar = url && url.origin !== location.origin
      if (/^on|^srcdoc$/.test(name) || (isFar && (tag !== "A" || !/^(https?|mailto):$/.test(url.protocol)))) {
        faults.push(element.outerHTML.slice(0, 200))
      }
    }
  }
  return faults
}"""


class Watch:
    """What a page does that it should not. `check` looks at what it has become, too."""

    def __init__(self, page, address):
        self.page, self.faults = page, []
        page.on("dialog", lambda dialog: (self.faults.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("pageerror", lambda error: self.faults.append(f"error {error}"))
        page.on("popup", lambda popup: self.faults.append(f"popup {popup.url}"))
        page.on("console", self._hear)
        page.on("request", lambda request: self._see("request", request.url, address))
        page.on("framenavigated", lambda frame: self._see("navigation", frame.url, address))

    def visit(self, path):
        response = self.page.goto(path)
        self.page.wait_for_load_state()
        self.check()
        return response

    def check(self):
        assert self.faults + self.page.evaluate(AUDIT) == []

    def _hear(self, said):
        if "Content Security Policy" in said.text or "Refused to" in said.text:
            self.faults.append(f"console {said.text}")

    def _see(self, what, url, address):
        if not url.startswith((f"{address}/", "about:blank")):
            self.faults.append(f"{what} {url}")


@pytest.fixture
def watch(context, address):
    return Watch(context.new_page(), address)


@pytest.fixture
def plain_watch(browser, address):
    """The same without scripts on the page."""
    context = browser.new_context(base_url=address, java_script_enabled=False)
    yield Watch(context.new_page(), address)
    context.close()


@pytest.fixture
def chats(app):
    """Chats with every payload in every part of a message, title and failure; their ids."""
    store = app.extensions["chat"].store
    ids = []
    for number, payload in enumerate(TEXTS):
        turn = a_turn(content=f"alert {payload}", title=payload[:200], model="m")
        if number % PER_CHAT:
            turn = a_turn(content=f"alert {payload}", conversation_id=ids[-1], model="m")
        begun = answered(store, turn, outcome(payload, failed=number % 2 == 1))
        ids += [begun.conversation_id] if number % PER_CHAT == 0 else []
    return ids


def outcome(payload, *, failed):
    problem = {**Problem("provider_failed", payload, detail=payload).as_dict(), "id": payload}
    return an_outcome(
        payload,
        status="failed" if failed else "complete",
        reasoning=payload,
        provider=payload,
        answering={"provider": payload, "label": payload, "model": payload, "notices": [payload]},
        attempts=[{"provider": payload, "error": problem}],
        error=problem if failed else None,
    )


@pytest.fixture
def titled(app):
    """A chat for each line, which is its title."""
    store = app.extensions["chat"].store
    return [answered(store, a_turn(content=line, title=line), an_outcome(f"alert {line}")) for line in LINES]


def test_this_test_sees_what_a_careless_page_would_do(watch):
    watch.visit("/chat/")
    watch.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    watch.page.evaluate("fetch('http://evil.example/').catch(() => 0)")

    watch.page.wait_for_function("document.images.length")
    assert len(watch.page.evaluate(AUDIT)) == 1
    assert any("evil.example" in fault for fault in watch.faults)


@pytest.mark.parametrize("cut", [False, True], ids=["whole", "in pieces"])
def test_answers_and_questions_as_they_come(watch, upstream, cut):
    pieces = [f"{text}\n\n" for text in TEXTS]
    if cut:
        chance = random.Random(7)
        ends = sorted(chance.sample(range(len(MANY)), 1500))
        pieces = [MANY[start:end] for start, end in zip([0, *ends], [*ends, len(MANY)], strict=True)]
    upstream.will_answer(openai_stream(pieces, reasoning=" ".join(LINES)))
    watch.visit("/chat/")
    chat = Chat(watch.page)

    chat.ask(MANY)

    expect(chat.answers.last).to_have_attribute("data-status", "complete", timeout=30_000)
    watch.check()
    watch.visit(watch.page.url)


def test_answers_on_a_page_that_grows_without_scripts(plain_watch, upstream):
    gate = Gate()
    upstream.will_answer([*(delta(f"{text}\n\n") for text in TEXTS), wait_until(gate), *openai_stream("The end.")])
    page, chat = plain_watch.page, Chat(plain_watch.page)
    page.goto("/chat/")
    chat.field.fill(MANY)
    chat.send_button.click(no_wait_after=True)
    expect(page.locator("[data-block='40']")).to_be_attached()
    plain_watch.check()

    gate.open()
    expect(chat.answers.last).to_contain_text("The end.")
    page.wait_for_load_state()
    plain_watch.check()


def test_messages_reasoning_failures_and_notices(chats, watch, plain_watch):
    for chat_id in chats:
        for watching in (watch, plain_watch):
            assert watching.visit(f"/chat/{chat_id}").status == 200
            expect(watching.page.locator("chat-message")).not_to_have_count(0)


def test_titles_in_lists_and_searches(titled, watch, plain_watch):
    for watching in (watch, plain_watch):
        watching.visit("/chat/")
        watching.visit("/chat/search?q=alert")
        watching.visit("/chat/search?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E")
    watch.visit(f"/chat/{titled[0].conversation_id}")
    watch.page.keyboard.press("Control+k")
    watch.page.keyboard.type("alert")
    expect(watch.page.get_by_role("dialog", name="Search").get_by_role("option").first).to_be_visible()
    watch.check()


def test_files_to_take_away_have_harmless_names(titled, watch):
    watch.visit("/chat/")
    for begun in titled[::8]:
        with watch.page.expect_download() as download:
            watch.page.evaluate(
                "(address) => { location = address }", f"/backend-api/v2/conversations/{begun.conversation_id}/markdown"
            )
        name = download.value.suggested_filename
        assert name.endswith(".md") and not set(name) & set('/\\<>:"|?*\n\r\u202e'), name
    watch.check()


class TestNames:
    @pytest.fixture
    def settings(self, settings, upstream):
        listed = {"object": "list", "data": [{"id": line, "name": line} for line in [*LINES, "\ud800"]]}
        listing = Answer([json.dumps(listed).encode()], 200, JSON)
        upstream.otherwise = lambda request: listing if request.path == "/v1/models" else honest(request)
        settings["providers"]["listing"] = {"kind": "OpenAICompatible", "base_url": upstream.base_url}
        for number, line in enumerate(SHORT):
            settings["models"][f"{number} {line}"] = {"routes": ["up/test-model"], "label": line}
            settings["providers"][f"p{number} {line}".replace("/", "|")] = {"kind": "Guide"}
        settings["site_config"]["title"] = SHORT[0]
        return settings

    def test_models_providers_and_presets(self, app, loop, watch, plain_watch):
        client = app.test_client()
        for number, line in enumerate(SHORT[:40]):
            preset = {"name": f"{number} {line}", "params": {"system": line}}
            assert client.post("/backend-api/v2/presets", json=preset).status_code == 201
        here = app.extensions["chat"]
        wait_for(lambda: any(model.name.startswith("listing/") for model in here.catalog.models()))
        here.config_problem = MANY
        for watching in (watch, plain_watch):
            watching.visit("/chat/")
            watching.visit("/chat/settings")
        watch.visit("/chat/")
        Chat(watch.page).picker.click()
        watch.check()
        watch.page.keyboard.press("Escape")
        Chat(watch.page).field.press_sequentially("/")
        expect(watch.page.get_by_role("listbox", name="Suggestions")).to_be_visible()
        watch.check()

        on(loop, told(here, "<img src=x onerror=alert(1)> was changed"))
        expect(watch.page.get_by_text("was changed")).to_be_visible()
        watch.check()


async def told(here, problem):
    here.config_problem = problem
    await asyncio.sleep(0)


def test_what_services_say_when_they_fail(watch, upstream):
    watch.visit("/chat/")
    chat = Chat(watch.page)
    for number, line in enumerate(LINES[::20]):
        words = f"{line} &lt;img src=x onerror=alert(1)&gt;"
        upstream.will(json_answer({"error": {"message": words, "code": line}}, 400))
        chat.ask(f"Number {number}")
        expect(chat.answers).to_have_count(number + 1)
        expect(chat.answers.last).to_have_attribute("data-status", "failed")
    for _ in range(2):
        watch.check()
        watch.page.reload()


def test_what_services_send_in_the_middle_of_an_answer(watch, upstream):
    broken = [f"data: {MANY}\n\n".encode(), b"data: {\n\n"]
    upstream.will(Answer([*openai_stream("Before <script>")[:2], *broken], 200, EVENT_STREAM))
    watch.visit("/chat/")
    chat = Chat(watch.page)

    chat.ask("Hello")

    expect(chat.answers.last).to_have_attribute("data-status", "failed")
    watch.check()


class TestPeople:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "accounts"}
        return settings

    def test_names_of_people(self, app, context, address, watch, plain_watch):
        access = app.extensions["chat"].access
        client = come_in(app, "Anna <img src=x onerror=alert(1)>", "admin")
        for number, line in enumerate(SHORT):
            access.accounts.add(f"{number} {line}".strip(), "user")
        cookie = {"name": "chat_session", "value": client.get_cookie("chat_session").value, "url": address}
        context.add_cookies([cookie])
        plain_watch.page.context.add_cookies([cookie])
        agent = '<img src=x onerror=alert(1)> "><script>alert(1)</script>'
        access.start_session("local", agent, agent)
        for watching in (watch, plain_watch):
            for path in ("/chat/admin", "/chat/account", "/chat/", "/chat/settings"):
                assert watching.visit(path).status == 200

    def test_what_is_typed_at_the_door_comes_back_as_text(self, watch):
        watch.visit('/login?next="><script>alert(1)</script>')
        watch.page.get_by_label("Name").fill('"><img src=x onerror=alert(1)>')
        watch.page.get_by_label("Password", exact=True).fill("wrong horse battery")
        watch.page.keyboard.press("Enter")

        expect(watch.page.get_by_role("alert")).to_be_visible()
        watch.check()
