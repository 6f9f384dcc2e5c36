"""API keys: they are made and revoked on the page, and only the OpenAI and Anthropic APIs accept them."""

import html
import json
import re
from datetime import UTC, datetime, timedelta

import openai
import pytest
import requests
from openai import OpenAI
from sqlalchemy import select

from server.auth.audit_log import FILE
from server.current.api_key import PREFIX, new_key
from server.limits.rate_limiter import MAX_HITS as MOST_WRONG
from server.store.people.api_keys import MOST, KeySettings
from server.store.schema import api_keys
from tests.support.members import FROM_OUR_PAGE
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence

PAGE = "/chat/keys"
MODELS = "/v1/models"
CHAT = "/v1/chat/completions"
QUESTION = [{"role": "user", "content": "Hello"}]
A_CHAT = {"model": "m", "messages": QUESTION}


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def access(app):
    return app.extensions["chat"].access


def make(browser, name="A program", **form):
    """Make a key on the page, and return it."""
    response = browser.post(PAGE, data={"name": name, **form}, headers=FROM_OUR_PAGE)
    return re.search(rf"{PREFIX}[\w-]+", response.text)[0]


def with_key(key):
    return {"Authorization": f"Bearer {key}"}


def listed(browser):
    """Return the text of the page, as people read it."""
    return html.unescape(re.sub(r"\s+", " ", re.sub("<[^>]+>", "", browser.get(PAGE).text)))


def is_refused(response, status=401, code="invalid_api_key"):
    assert (response.status_code, response.json["error"]["code"]) == (status, code)
    return response.json["error"]["message"]


def test_a_program_comes_in_by_a_key(app, anna):
    key, program = make(anna), app.test_client()

    assert program.get(MODELS, headers=with_key(key)).status_code == 200
    assert program.post(CHAT, json=A_CHAT, headers=with_key(key)).json["choices"][0]["message"]["content"]
    assert program.get(MODELS, headers={"x-api-key": key}).status_code == 200
    assert program.get(MODELS, headers={"Authorization": f"bearer  {key} "}).status_code == 200


def test_a_request_without_a_key_is_refused(app, anna):
    key, program = make(anna), app.test_client()

    for wrong in ("sk-wrong", key[:-1], f"{key}x", "", "ключ".encode().decode("latin-1")):
        is_refused(program.get(MODELS, headers=with_key(wrong)))
    assert "Authorization: Bearer" in is_refused(program.get(MODELS))
    assert program.post(CHAT, json=A_CHAT, headers={"Authorization": f"Basic {key}"}).status_code == 401


def test_openais_client_raises_the_matching_error(server, anna):
    with OpenAI(base_url=f"{server}/v1", api_key=make(anna), max_retries=0) as good:
        assert good.models.list().data
    bad = OpenAI(base_url=f"{server}/v1", api_key=f"{PREFIX}x", max_retries=0)
    with bad, pytest.raises(openai.AuthenticationError) as refused:
        bad.chat.completions.create(model="m", messages=QUESTION)
    assert refused.value.code == "invalid_api_key"


def test_the_page_and_its_api_take_no_keys(app, anna):
    key, program = make(anna), app.test_client()
    paths = {rule.rule for rule in app.url_map.iter_rules() if "GET" in rule.methods and "<" not in rule.rule}

    for path in paths - {MODELS, CHAT}:
        with_it, without = program.get(path, headers=with_key(key)), program.get(path)
        assert (with_it.status_code, with_it.location) == (without.status_code, without.location), path


def test_a_key_is_shown_once_and_never_again(app, access, anna):
    key = make(anna, "My editor")

    page = anna.get(PAGE).text
    assert key not in page
    assert "My editor" in page and f"…{key[-4:]}" in page
    with access.api_keys._database.read() as connection:
        row = connection.execute(select(api_keys)).one()
    assert key not in json.dumps([str(value) for value in row])
    assert key not in (app.extensions["chat"].access.audit._file).read_text()


def test_the_page_tells_when_a_key_was_used_last(app, anna):
    key = make(anna)
    assert "never used" in listed(anna)

    app.test_client().get(MODELS, headers=with_key(key))

    assert f"last used {datetime.now(UTC):%Y-%m-%d}" in listed(anna)


def test_a_revoked_key_is_good_no_more(app, access, anna):
    key, other = make(anna), make(anna)
    key_id = next(one.id for one in access.api_keys.of("local") if one.last_four == key[-4:])

    assert anna.post(f"{PAGE}/{key_id}/revoke", headers=FROM_OUR_PAGE).status_code == 303

    is_refused(app.test_client().get(MODELS, headers=with_key(key)))
    assert app.test_client().get(MODELS, headers=with_key(other)).status_code == 200
    log = [json.loads(line)["event"] for line in (access.audit._file.parent / FILE).read_text().splitlines()]
    assert log[-3:] == ["api_key_made", "api_key_made", "api_key_revoked"]


def test_nobody_revokes_the_keys_of_others(app, access, anna, ben):
    key = make(anna)

    assert ben.post(f"{PAGE}/{access.api_keys.of('local')[0].id}/revoke", headers=FROM_OUR_PAGE).status_code == 303

    assert app.test_client().get(MODELS, headers=with_key(key)).status_code == 200


def test_a_key_may_end_by_itself(app, access, anna, monkeypatch):
    key = make(anna, days="30")
    later = datetime.now(UTC) + timedelta(days=31)
    assert f"expires {datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}" in listed(anna)

    monkeypatch.setattr(access.api_keys, "_now", lambda: later)

    is_refused(app.test_client().get(MODELS, headers=with_key(key)))
    assert "expired" in listed(anna)


def test_a_key_ends_with_its_owner(app, access, anna, ben):
    key = make(ben)
    access.accounts.disable(access.accounts.by_name("Ben").id)
    is_refused(app.test_client().get(MODELS, headers=with_key(key)))


def test_a_stream_ends_with_its_key(access, server, anna, upstream):
    key = make(anna)
    upstream.will_answer([delta("Hello"), silence()])
    body = A_CHAT | {"stream": True}
    with requests.post(f"{server}{CHAT}", json=body, headers=with_key(key), stream=True, timeout=10) as response:
        blocks = response.iter_content(None)
        assert any(b"Hello" in block for block in blocks)

        access.api_keys.revoke("local", access.api_keys.of("local")[0].id)

        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            list(blocks)
    upstream.wait_request().wait_closed()


@pytest.mark.parametrize("invisible", ["\u200b", "\xa0", "\ufeff"])
def test_invisible_characters_in_a_pasted_name_do_not_allow_all_models(app, anna, invisible):
    key, program = make(anna, models=f"{invisible}guide{invisible}"), app.test_client()

    models = program.get(MODELS, headers=with_key(key)).json["data"]

    assert [model["id"] for model in models] == ["guide"]


def test_a_key_may_be_for_some_models_only(app, anna, upstream):
    key, program = make(anna, models="guide,\n up/test-* ,\0"), app.test_client()

    assert [model["id"] for model in program.get(MODELS, headers=with_key(key)).json["data"]] == ["guide"]
    is_refused(program.post(CHAT, json=A_CHAT, headers=with_key(key)), 404, "model_not_found")
    assert program.post(CHAT, json=A_CHAT | {"model": "up/test-model"}, headers=with_key(key)).status_code == 200
    assert "guide, up/test-*" in listed(anna)
    assert len(upstream.requests) - [one.method for one in upstream.requests].count("GET") == 1


def test_who_guesses_waits_and_good_keys_go_on(app, anna):
    key, program = make(anna), app.test_client()
    for _ in range(MOST_WRONG):
        is_refused(program.get(MODELS, headers=with_key("wrong")))

    response = program.get(MODELS, headers=with_key("wrong"))
    is_refused(response, 429, "rate_limit_exceeded")
    assert int(response.headers["Retry-After"]) > 0
    assert program.get(MODELS, headers=with_key(key)).status_code == 200


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb"])
def test_a_key_needs_a_name(anna, name):
    response = anna.post(PAGE, data={"name": name}, headers=FROM_OUR_PAGE)

    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert PREFIX not in response.text


def test_there_is_an_end_to_keys(access, anna):
    for _ in range(MOST):
        new_key(access, "local", "One of many", KeySettings())

    assert anna.post(PAGE, data={"name": "Another"}, headers=FROM_OUR_PAGE).status_code == 409
    assert len(access.api_keys.of("local")) == MOST


def test_the_settings_lead_there(anna):
    assert f'href="{PAGE}"' in anna.get("/chat/settings").text


class TestOrigins:
    EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}  # noqa: RUF012

    def test_a_key_alone_may_come_from_anywhere(self, app, anna):
        key = make(anna)
        assert app.test_client().post(CHAT, json=A_CHAT, headers=with_key(key) | self.EVIL).status_code == 200

    def test_with_a_cookie_it_may_not(self, anna):
        key = make(anna)
        is_refused(anna.post(CHAT, json=A_CHAT, headers=with_key(key) | self.EVIL), 403, "forbidden")

    def test_what_a_browser_sends_by_itself_is_no_key(self, app, anna):
        headers = {"Authorization": "Basic YTpi"} | self.EVIL
        is_refused(app.test_client().post(CHAT, json=A_CHAT, headers=headers), 403, "forbidden")

    def test_a_key_opens_no_other_address(self, app, anna):
        key = make(anna)
        response = app.test_client().post(PAGE, data={"name": "x"}, headers=with_key(key) | self.EVIL)
        assert response.status_code == 403


class TestAlone:
    """Where nobody has to sign in."""

    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "none"}
        return settings

    @pytest.mark.parametrize("headers", [{}, with_key("none"), with_key("sk-1234"), {"x-api-key": "x"}])
    def test_any_key_and_no_key_are_accepted(self, client, headers):
        assert client.get(MODELS, headers=headers).status_code == 200
        assert client.post(CHAT, json=A_CHAT, headers=headers).status_code == 200

    def test_a_key_made_here_keeps_its_limits(self, app, client, access):
        key = make(client, models="guide")

        assert [model["id"] for model in client.get(MODELS, headers=with_key(key)).json["data"]] == ["guide"]
        access.api_keys.revoke("local", access.api_keys.of("local")[0].id)
        is_refused(client.get(MODELS, headers=with_key(key)))

    def test_the_page_says_so(self, client):
        assert "programs on this machine need no key" in listed(client)


class TestOnePassword:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "password", "password": "correct horse battery"}
        return settings

    def test_a_key_is_good_as_long_as_the_password(self, app, access, config):
        key, program = new_key(access, "local", "A program", KeySettings()), app.test_client()
        assert program.get(MODELS, headers=with_key(key)).status_code == 200

        access._password = "another battery"
        del access._key_of_keys

        is_refused(program.get(MODELS, headers=with_key(key)))
