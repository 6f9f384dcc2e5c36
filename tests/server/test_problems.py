"""Errors as clients and the log see them."""

import logging

import pytest

from tests.server.api.test_conversations import CONVERSATIONS


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "/nothing", 404, "not_found"),
        ("delete", "/healthz", 405, "method_not_allowed"),
        ("get", f"{CONVERSATIONS}?before=nonsense", 400, "invalid_request"),
    ],
)
def test_errors_have_one_shape(client, method, path, status, code):
    response = getattr(client, method)(path)

    assert response.status_code == status
    assert response.json["error"]["code"] == code
    assert set(response.json["error"]) == {"code", "message", "id"}


def test_a_bug_is_reported_with_its_id_and_logged(app, client, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("a secret of the code")

    monkeypatch.setattr(app.extensions["chat"].store, "conversations", broken)

    response = client.get(CONVERSATIONS)

    assert (response.status_code, response.json["error"]["code"]) == (500, "internal_error")
    assert "secret" not in response.get_data(as_text=True)
    assert response.json["error"]["id"] in caplog.text


def test_a_bug_while_a_response_is_made_is_reported_too(app, client, caplog):
    app.view_functions["conversations.list_page"] = lambda: "half of a pair \ud83d"

    response = client.get(CONVERSATIONS)

    assert (response.status_code, response.json["error"]["code"]) == (500, "internal_error")
    assert response.json["error"]["id"] in caplog.text


@pytest.mark.parametrize("method", ["put", "options"])
def test_a_wrong_method_is_answered_with_the_allowed_ones(client, method):
    response = getattr(client, method)(f"{CONVERSATIONS}/nothing")

    assert (response.status_code, response.json["error"]["code"]) == (405, "method_not_allowed")
    assert response.allow == {"GET", "HEAD", "PATCH", "DELETE"}


def test_a_refused_request_is_logged_without_its_query(client, caplog):
    caplog.set_level(logging.INFO)

    problem = client.get(f"{CONVERSATIONS}?before=nonsense").json["error"]

    assert caplog.record_tuples == [
        ("server.problems", logging.INFO, f"GET {CONVERSATIONS}: invalid_request, id {problem['id']}")
    ]


def test_a_long_address_is_cut_in_the_log(client, caplog):
    caplog.set_level(logging.INFO)

    client.get("/" + "x" * 10_000)

    assert len(caplog.text) < 400


class TestUnderAPrefix:
    @pytest.fixture
    def settings(self, settings):
        settings["url_prefix"] = "/chat-ui"
        return settings

    @pytest.mark.parametrize("path", ["/healthz", "/chat/", "/backend-api/v2/models"])
    def test_every_route_has_the_prefix(self, client, path):
        assert client.get(f"/chat-ui{path}").status_code == 200
        assert client.get(path).status_code == 404
