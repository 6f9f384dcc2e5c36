import gzip
import re
from dataclasses import fields

import pytest
from jinja2 import meta
from markupsafe import escape

from g4f_lite.routing.model_info import ModelInfo
from server.pages.account import AccountPage
from server.pages.admin import AdminPage
from server.pages.api_keys import ApiKeysPage
from server.pages.chat import ChatPage
from server.pages.login import LoginPage
from server.pages.message_info import MessageInfo
from server.pages.message_window import MessageWindow
from server.pages.one_time_link import OneTimeLinkPage
from server.pages.page import Notices, Page
from server.pages.search import SearchPage, SearchResults
from server.pages.settings import SettingsPage, SettingsPart
from server.pages.sidebar import ConversationList
from server.problems import ERROR_KINDS, Problem
from tests.server.api.test_turns import ask
from tests.support.services.openai_wire import openai_error, openai_stream
from tests.support.stores import a_turn, an_outcome, answered
from tests.support.waiting import wait_for

LIGHT_BYTES = 150_000
"""What the first page may weigh, compressed."""
RAW = re.compile(r"<script(?![^>]* src=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)


def page(client, address="/chat/", **options):
    response = client.get(address, **options)
    assert response.status_code == 200, response.text
    return response.text


def address_of(said):
    return f"/chat/{said[0]['conversation_id']}"


def test_the_root_leads_to_the_chat(client):
    response = client.get("/")

    assert (response.status_code, response.location) == (302, "/chat/")


def test_a_conversation_is_shown_without_scripts(client, upstream):
    upstream.will_answer(openai_stream("A **bold** answer"))
    said = ask(client, "Is this <safe>?")

    html = page(client, address_of(said))

    assert "Is this &lt;safe&gt;?" in html
    assert '<div class="block" data-block="0"><p>A <strong>bold</strong> answer</p>' in html
    assert f'data-parent="{said[0]["user_message_id"]}"' in html
    assert "<title>Is this &lt;safe&gt;? – g4f-lite</title>" in html


def test_a_failed_answer_says_why(client, upstream):
    upstream.will_answer_json(openai_error("Incorrect API key provided."), status=401)
    said = ask(client)

    html = page(client, address_of(said))

    assert 'data-status="failed"' in html
    assert said[-1]["error"]["id"] in html


def test_the_list_links_to_conversations_and_marks_the_open_one(client):
    one, two = address_of(ask(client, "One")), address_of(ask(client, "Two"))

    html = page(client, two)

    assert f'href="{one}"' in html
    assert re.search(f'href="{two}"[^>]*aria-current="page"', html)
    assert not re.search(f'href="{one}"[^>]*aria-current="page"', html)


def test_an_unknown_conversation_is_a_friendly_404(client):
    response = client.get("/chat/nobody")

    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert "Chat not found" in response.text


def test_the_list_of_conversations_can_be_had_alone(client):
    address = address_of(ask(client, "One"))

    html = page(client, f"/chat/parts/conversations?current={address.removeprefix('/chat/')}")

    assert re.search(f'href="{address}"[^>]*aria-current="page"', html)
    assert "<html" not in html


def test_the_model_of_the_last_answer_stays_picked(client):
    said = ask(client, model="guide")

    assert re.search(r'<option value="guide" selected', page(client, address_of(said)))
    assert re.search(r'<option value="m" selected', page(client))


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ('"><script>', "system")])
def test_the_theme_is_in_the_first_byte_of_the_page(client, cookie, theme):
    client.set_cookie("chat_theme", cookie)

    assert f'<html lang="en" dir="ltr" data-theme="{theme}"' in page(client)


def test_a_page_of_another_version_learns_of_the_new_one(app, client):
    version = app.extensions["assets"].version

    assert "A new version of this page is available" not in page(client, f"/chat/parts/notices?version={version}")
    assert "A new version of this page is available" not in page(client)
    assert "A new version of this page is available" in page(client, "/chat/parts/notices?version=old")


def test_the_page_names_the_time_zone_it_was_made_for(client):
    assert 'data-zone=""' in page(client)

    client.set_cookie("chat_zone", "Europe/Kyiv")

    assert 'data-zone="Europe/Kyiv"' in page(client)


def test_a_broken_configuration_is_shown(app, client):
    assert "is still in use" not in page(client)

    app.extensions["chat"].config_problem = "providers.x.kind: unknown"

    assert "providers.x.kind: unknown" in page(client)


def test_a_model_in_memory_is_marked(app, client):
    up = app.extensions["chat"].catalog.providers["up"]
    wait_for(lambda: up.listed_at)
    up.listed = ModelInfo("test-model", loaded=True), ModelInfo("other", loaded=False)

    html = page(client)

    assert re.search(r'<option value="m"[^>]*>m · loaded</option>', html)
    assert re.search(r'<option value="up/other"[^>]*>other</option>', html)


def test_of_ten_thousand_models_a_page_has_the_first_and_the_one_that_is_picked(app, client):
    up = app.extensions["chat"].catalog.providers["up"]
    wait_for(lambda: up.listed_at)
    up.listed = tuple(ModelInfo(f"model-{number}") for number in range(10_000))
    begun = answered(app.extensions["chat"].store, a_turn(model="up/model-9999"))

    html = page(client, f"/chat/{begun.conversation_id}")

    assert len(html) < 200_000
    assert [name for name in re.findall('<option value="([^"]*)"', html) if "model-" not in name][:2] == ["m", "guide"]
    assert '<option value="up/model-197"' in html and '<option value="up/model-198"' not in html
    assert '<option value="up/model-9999" selected' in html


ANSWERING = {"provider": "third", "label": "Third <b>", "model": "x", "notices": ["The oldest was <i>left out</i>."]}
ATTEMPTS = [
    {"provider": "first", "error": {"code": "provider_timeout", "message": "first is slow.", "detail": "<p>504</p>"}},
    {"provider": "hub/<second>", "error": {"code": "provider_overloaded", "message": "second is <busy>."}},
]


def test_an_answer_shows_failed_providers_and_notices(app, client):
    begun = answered(app.extensions["chat"].store, outcome=an_outcome(answering=ANSWERING, attempts=ATTEMPTS))

    html = page(client, f"/chat/{begun.conversation_id}")

    said = "first is slow.", "<p>504</p>", "hub/<second>", "second is <busy>.", "Third <b>", *ANSWERING["notices"]
    assert [text for text in said if escape(text) not in html] == []
    assert "<b>" not in html and "<second>" not in html
    assert "Failed attempts: <span data-count>2</span>" in html


def test_an_answer_without_a_detour_has_no_trail(client):
    html = page(client, address_of(ask(client)))

    shown = html[: html.index("<template")]
    assert len(re.findall("<details[^>]* data-failed-routes[^>]*>", shown)) == 1
    assert len(re.findall("data-failed-routes hidden", shown)) == 1
    assert "message-notice" not in shown


@pytest.mark.parametrize("code", ERROR_KINDS)
def test_every_failure_has_its_card(app, client, code):
    problem = Problem(code, f"What {code} means.", detail="Their <own> words.", retry_after=7)
    failed = an_outcome("Half", status="failed", error=problem.as_dict())
    begun = answered(app.extensions["chat"].store, outcome=failed)

    html = page(client, f"/chat/{begun.conversation_id}")

    for text in (problem.message, problem.detail, problem.code, problem.id):
        assert f">{escape(text)}</" in html
    assert re.search('<retry-wait [^>]*data-left-s="[67]"', html)


class TestWithAModelThatIsOff:
    @pytest.fixture
    def settings(self, settings):
        closed = {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1", "api_key": "${NOT_SET}"}
        settings["providers"]["closed"] = closed
        settings["models"]["off"] = "closed/x"
        return settings

    def test_it_says_why(self, client):
        html = page(client)

        assert re.search(r'<option value="off" disabled>off · closed is off: set NOT_SET in', html)
        assert "No model is available yet" not in html


class TestWithoutAnyModel:
    @pytest.fixture
    def settings(self, settings):
        closed = {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1", "api_key": "${NOT_SET}"}
        return {**settings, "providers": {"closed": closed}, "models": {"off": "closed/x"}, "default_model": "off"}

    def test_the_page_says_what_to_do(self, client):
        html = page(client)

        assert "No model is available yet" in html
        assert "closed is off: set NOT_SET in" in html


def test_nothing_on_the_page_needs_a_looser_policy(client, upstream):
    upstream.will_answer(openai_stream("x"))
    said = ask(client, '"><script>alert(1)</script>')

    assert not RAW.search(page(client, address_of(said)))
    assert RAW.search('<p onclick="x">')


def test_every_file_the_page_names_is_served_for_ever(client):
    names = re.findall(r'(?:href|src)="(/static/[^"]+)"', page(client))
    kinds = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".png": "image/png"}

    assert len(names) > 20
    for name in names:
        response = client.get(name)
        assert response.status_code == 200, name
        assert response.mimetype == kinds[name[name.rindex(".") :]]
        assert "immutable" in response.headers["Cache-Control"]


def test_the_first_page_with_all_that_it_names_is_light(app, client):
    html = page(client)
    assets = app.extensions["assets"]
    named = {name for name in assets.files if f"/{name}" in html}

    weight = len(gzip.compress(html.encode())) + sum(len(assets.files[name].gzipped) for name in named)

    assert len(named) > 80
    assert weight < LIGHT_BYTES


def test_every_icon_exists_and_is_drawn_on_the_same_grid(client):
    html = page(client)
    drawn = dict(re.findall(r'<symbol id="(icon-[a-z-]+)" viewBox="([^"]+)"', html))

    used = set(re.findall(r'href="#(icon-[a-z-]+)"', html))

    assert used and used <= drawn.keys()
    assert set(drawn.values()) == {"0 0 20 20"}


def test_a_file_that_is_known_is_not_sent_again(client):
    name = re.findall(r'"(/static/[^"]+css)"', page(client))[0]
    tag = client.get(name).headers["ETag"]

    assert client.get(name, headers={"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(
    "path", ["css/none.css", "css/base/base.css", "../pages.py", "%2e%2e/templates/base.html", "css/", ""]
)
def test_only_the_page_s_own_files_are_served(app, client, path):
    version = app.extensions["assets"].version

    assert client.get(f"/static/{version}/{path}").status_code == 404
    assert client.get("/static/old/css/page.css").status_code == 404


class TestBelowAPrefix:
    @pytest.fixture
    def settings(self, settings):
        return {**settings, "url_prefix": "/some/where"}

    def test_every_address_on_the_page_has_it(self, client):
        client.post("/some/where/backend-api/v2/conversation", json={"message": {"content": "Hi"}})
        html = page(client, "/some/where/chat/")

        addresses = re.findall(r'\s(?:href|src|action|data-(?:api|home|source|cookie-path))="([^"]*)"', html)

        assert len(addresses) > 20
        assert all(address.startswith(("/some/where/", "#")) for address in addresses)


@pytest.mark.parametrize(
    ("template", "context"),
    [
        ("chat.html", ChatPage),
        ("account.html", AccountPage),
        ("admin.html", AdminPage),
        ("login.html", LoginPage),
        ("one_time_link.html", OneTimeLinkPage),
        ("not_found.html", Page),
        ("site/_notices_part.html", Notices),
        ("message/_message_info.html", MessageInfo),
        ("search.html", SearchPage),
        ("search/_search_results.html", SearchResults),
        ("sidebar/_conversations.html", ConversationList),
        ("chat/_messages.html", MessageWindow),
        ("settings.html", SettingsPage),
        ("api_keys.html", ApiKeysPage),
        ("settings/_settings.html", SettingsPart),
    ],
)
def test_a_template_gets_exactly_the_variables_it_uses(app, template, context):
    given = {field.name for field in fields(context)}

    assert asked_for(app.jinja_env, template) - app.jinja_env.globals.keys() == given


def asked_for(environment, template):
    """Return the names that a template and those it is made of take from their context."""
    tree = environment.parse(environment.loader.get_source(environment, template)[0])
    names = meta.find_undeclared_variables(tree)
    for other in meta.find_referenced_templates(tree):
        names |= asked_for(environment, other) - LOOP_NAMES.get(other, set())
    return names


LOOP_NAMES = {
    "message/_message.html": {"message"},
    "message/_reasoning.html": {"message"},
    "message/_message_actions.html": {"message"},
    "message/_failed_routes.html": {"message"},
    "message/_failed_route.html": {"attempt"},
    "message/_notice.html": {"sentence"},
    "message/_answer_error.html": {"error"},
    "message/_answer_note.html": {"note"},
    "message/_editor.html": {"verb"},
    "message/_versions.html": {"message"},
}
"""What an including template's own `for` and `with` hand over."""


class TestWithTheGuideAlone:
    @pytest.fixture
    def settings(self, settings):
        del settings["providers"]["up"], settings["models"]["m"]
        return settings | {"default_model": "guide"}

    def test_the_examples_are_questions_that_the_guide_can_answer(self, client):
        page = client.get("/chat/").get_data(as_text=True)

        assert "What can you do?" in page
        assert "heat pump" not in page


def test_an_open_page_hears_of_a_broken_configuration(app, client):
    services = app.extensions["chat"]
    listener = services.notifications.listen("local")

    services.config_problem = "providers.x.kind: unknown"

    assert "providers" in listener.get_nowait()
    assert "providers.x.kind: unknown" in client.get("/chat/parts/notices").get_data(as_text=True)
    services.config_problem = None
    assert "providers" in listener.get_nowait()
    assert "providers.x.kind" not in client.get("/chat/parts/notices").get_data(as_text=True)
    services.notifications.leave("local", listener)
