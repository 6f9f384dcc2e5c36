"""Outgoing requests: only the configuration sets their addresses, and every response is limited."""

import itertools
import json

import pytest

from tests.server.api.test_turns import CONVERSATION, a_turn, ask, text_of, told
from tests.support.services.openai_wire import delta, openai_stream
from tests.support.services.upstream import Upstream

KEY = "sk-only-for-up-0123456789"
MEBIBYTE = 1 << 20


@pytest.fixture
def other():
    """A service that nobody configured."""
    service = Upstream()
    yield service
    service.close()


@pytest.fixture
def settings(settings):
    settings["providers"]["up"]["api_key"] = KEY
    return settings


WANTED = ("base_url", "url", "host", "proxy", "provider", "kind", "api_key", "headers", "timeout", "routes", "options")


@pytest.mark.parametrize("place", ["body", "message", "params"])
def test_no_request_can_set_an_upstream_address(client, upstream, other, place):
    more = dict.fromkeys(WANTED, other.base_url) | {"headers": {"Authorization": "Bearer stolen"}}
    body = a_turn()
    {"body": body, "message": body["message"], "params": body.setdefault("params", {})}[place].update(more)

    response = client.post(CONVERSATION, json=body, headers={"X-Base-Url": other.url, "X-Proxy": other.url})

    assert told(response)[-1]["type"] == "finish"
    assert other.requests == []
    [request] = upstream.requests
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert other.url not in request.body.decode() + json.dumps(dict(request.headers))


@pytest.mark.parametrize("form", [{}, {"model": "m"}])
def test_no_form_can_set_an_upstream_address(client, upstream, other, form):
    fields = {**form, "content": "Hello", **dict.fromkeys(WANTED, other.base_url)}
    begun = client.post("/chat/", data=fields, headers={"Sec-Fetch-Site": "same-origin"})
    client.get(begun.location.partition("#")[0]).get_data()

    assert begun.status_code == 303
    assert len(upstream.requests) == 1
    assert other.requests == []


@pytest.mark.parametrize("route", ["{}/model", "up@{}", "//{}", "up/../{}", "http://{}/v1/chat/completions"])
def test_no_name_of_a_model_is_an_address(client, upstream, other, route):
    address = other.url.removeprefix("http://")

    response = client.post(CONVERSATION, json=a_turn(model=route.replace("{}", address)))

    assert response.status_code == 404
    assert (upstream.requests, other.requests) == ([], [])


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY", "https_proxy"])
def test_no_variable_of_the_environment_is_a_proxy(client, upstream, other, monkeypatch, name):
    monkeypatch.setenv(name, other.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)

    assert ask(client)[-1]["type"] == "finish"
    assert len(upstream.requests) == 1
    assert other.requests == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_leads_nowhere(client, upstream, other, status):
    upstream.will_answer(b"", status=status, headers={"Location": f"{other.base_url}/chat/completions"})

    error = ask(client)[-1]["error"]

    assert error["code"] == "provider_failed"
    assert other.requests == []


class TestCertificates:
    @pytest.fixture
    def secure(self):
        service = Upstream(tls=True)
        yield service
        service.close()

    @pytest.fixture
    def settings(self, settings, secure):
        settings["providers"]["up"]["base_url"] = secure.base_url
        return settings

    @pytest.mark.parametrize("variable", ["PYTHONHTTPSVERIFY", "SSL_NO_VERIFY", "CURL_CA_BUNDLE"])
    def test_an_untrusted_certificate_is_refused_in_any_environment(self, client, secure, monkeypatch, variable):
        monkeypatch.setenv(variable, "0" if variable == "PYTHONHTTPSVERIFY" else "")

        error = ask(client)[-1]["error"]

        assert error["code"] == "provider_unreachable"
        assert "certificate is not trusted" in error["message"]
        assert secure.requests == []


def test_an_answer_without_an_end_ends_and_is_kept(client, upstream):
    upstream.will_answer(itertools.repeat(delta("x" * (MEBIBYTE // 2))))

    said = ask(client)

    assert (said[-1]["error"]["code"], said[-1]["type"]) == ("malformed_reply", "error")
    assert 7 * MEBIBYTE < len(text_of(said)) <= 8 * MEBIBYTE
    stored = client.get(f"/backend-api/v2/messages/{said[0]['message_id']}").json
    assert len(stored["content"]) == len(text_of(said))
    upstream.wait_closed()


def test_a_record_without_an_end_ends(client, upstream):
    upstream.will_answer(itertools.chain([b"data: "], itertools.repeat(b"x" * 65_536)))

    assert ask(client)[-1]["error"]["code"] == "malformed_reply"
    upstream.wait_closed()


def test_an_error_without_an_end_ends(client, upstream):
    upstream.will_answer(itertools.repeat(b"x" * 65_536), status=500)

    assert ask(client)[-1]["error"]["code"] == "provider_failed"
    upstream.wait_closed()


class TestTime:
    @pytest.fixture
    def settings(self, settings):
        settings["providers"]["up"]["timeout"] = {"total": 0.5, "first": 0.3, "idle": 0.3}
        return settings

    def test_an_answer_that_never_stops_coming_ends(self, client, upstream):
        upstream.will_answer(itertools.repeat(delta("x ")))

        said = ask(client)

        assert said[-1]["error"]["code"] in ("provider_timeout", "malformed_reply")
        upstream.wait_closed()


def test_a_control_comes_through(client, upstream):
    upstream.will_answer(openai_stream("Fine."))

    assert text_of(ask(client)) == "Fine."
