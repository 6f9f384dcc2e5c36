"""A page that asks what freegpt-webui's asks, at the address of ours: see docs/api.md."""

import re

import pytest
import requests
from playwright.sync_api import expect

from server.web.preferences import LANGUAGES
from tests.support.freegpt_page import in_front
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import silence


@pytest.fixture(params=["", "/chat-ui"], ids=["at the root", "below a path"])
def prefix(request):
    return request.param


@pytest.fixture
def settings(settings, prefix):
    return settings | {"url_prefix": prefix, "models": {"gpt-4": "up/test-model"}, "default_model": "gpt-4"}


@pytest.fixture
def site(app, loop, tmp_path, prefix):
    with in_front(app, loop, tmp_path, prefix) as url:
        yield url
        app.extensions["chat"].notifications.close()


@pytest.fixture
def context(browser):
    context = browser.new_context(locale="en-GB")
    yield context
    context.close()


def test_it_works_as_it_is(page, site, upstream):
    page.goto(f"{site}/")
    languages, shown = page.locator("select"), page.locator("pre")

    expect(page).to_have_url(f"{site}/chat/")
    expect(page).to_have_title("Another page")
    expect(languages).to_have_value("en")
    assert page.locator("option").all_text_contents() == list(LANGUAGES)
    with page.expect_event("load"):
        languages.select_option("de")
    expect(languages).to_have_value("de")

    upstream.will_answer(openai_stream("Paris 🙂."))
    page.evaluate("ask('What is the capital?')")
    expect(shown).to_have_text("Paris 🙂.")
    page.evaluate("ask('And its river?')")
    said = [message["content"] for message in upstream.requests[-1].json["messages"]]
    assert said == ["What is the capital?", "Paris 🙂.", "And its river?"]

    expect(page).to_have_url(re.compile(rf"^{site}/chat/[0-9a-f-]+$"))
    page.reload()
    upstream.will_answer([delta("Half"), silence()])
    page.evaluate("void ask('And now?').catch(() => {})")
    expect(shown).to_have_text("Half")
    assert len(upstream.requests[-1].json["messages"]) == 5
    page.evaluate("leaving.abort()")
    upstream.requests[-1].wait_closed()


def test_all_other_pages_stay_where_they_are(site):
    settings = requests.get(f"{site}/chat/settings", timeout=10)
    unknown = requests.get(f"{site}/chat/nothing", timeout=10)

    assert (settings.status_code, unknown.status_code) == (200, 404)
    assert "g4f-lite" in settings.text
