import logging

import pytest

from g4f_lite.routing.model_info import ModelInfo
from tests.server.api.test_turns import ask, lines_of
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence
from tests.support.stores import an_outcome, answered
from tests.support.waiting import wait_for

CONVERSATIONS = "/backend-api/v2/conversations"
PROVIDER_MEMBERS = {
    "name", "kind", "state", "reason", "last_error", "last_success_at", "latency_ms", "models", "listed_at",
}  # fmt: skip
MESSAGE_MEMBERS = {
    "id", "parent_id", "role", "content", "reasoning", "status", "model", "provider", "notices", "attempts", "usage",
    "error", "created_at",
}  # fmt: skip


def test_models_can_be_listed(client):
    listed = client.get("/backend-api/v2/models").json

    assert listed["default"] == "m"
    assert listed["models"][0] == {
        "id": "m",
        "label": "m",
        "provider": "up",
        "upstream": "test-model",
        "available": True,
        "reason": None,
        "vision": False,
        "context": None,
        "price": None,
        "loaded": None,
        "params": {},
    }


class TestWithDefaults:
    @pytest.fixture
    def settings(self, settings):
        settings["models"]["warm"] = {"routes": ["up/test-model"], "params": {"temperature": 0.7, "stop": ["END"]}}
        return settings

    def test_a_model_says_what_it_falls_back_to(self, client):
        listed = {one["id"]: one["params"] for one in client.get("/backend-api/v2/models").json["models"]}

        assert listed == {"m": {}, "guide": {}, "warm": {"temperature": 0.7}}


@pytest.mark.parametrize("loaded", [True, False, None])
def test_a_model_says_whether_it_is_in_memory(app, client, loaded):
    up = app.extensions["chat"].catalog.providers["up"]
    wait_for(lambda: up.listed_at)
    up.listed = ModelInfo("test-model", loaded=loaded), ModelInfo("b", loaded=loaded)

    listed = {one["id"]: one["loaded"] for one in client.get("/backend-api/v2/models").json["models"]}

    assert (listed["m"], listed["up/b"], listed["guide"]) == (loaded, loaded, None)


class TestAProviderWithoutItsKey:
    @pytest.fixture
    def settings(self, settings, upstream):
        entry = {"kind": "OpenAICompatible", "base_url": upstream.base_url, "api_key": "${NOBODY_SET_THIS}"}
        settings["providers"]["keyed"] = entry
        settings["models"]["keyed"] = "keyed/test-model"
        return settings

    def test_it_is_unavailable_and_says_which_variable_is_missing(self, client):
        keyed = next(one for one in client.get("/backend-api/v2/providers").json["providers"] if one["name"] == "keyed")
        model = next(one for one in client.get("/backend-api/v2/models").json["models"] if one["id"] == "keyed")

        assert keyed["state"] == "unavailable"
        assert "NOBODY_SET_THIS" in keyed["reason"]
        assert model["available"] is False
        assert "NOBODY_SET_THIS" in model["reason"]

    def test_asking_it_is_an_error_in_the_chat(self, client):
        assert ask(client, model="keyed")[-1]["error"]["code"] == "missing_key"


class TestAProviderWithAKey:
    @pytest.fixture
    def settings(self, settings, upstream):
        settings["providers"]["up"]["api_key"] = "sk-very-secret"
        return settings

    def test_no_answer_shows_the_key(self, client, upstream):
        error = {"error": {"message": "bad key sk-very-secret"}}
        upstream.will_answer_json(error, status=401)
        ask(client)

        for path in ("/backend-api/v2/providers", "/backend-api/v2/models", "/chat/", CONVERSATIONS):
            assert "very-secret" not in client.get(path).get_data(as_text=True)


def test_providers_say_how_they_fare(client, upstream):
    ask(client)
    providers = {one["name"]: one for one in client.get("/backend-api/v2/providers").json["providers"]}
    assert providers["up"]["state"] == "ready"
    assert providers["up"]["last_success_at"].endswith("Z")
    assert providers["up"]["latency_ms"] > 0
    assert providers["up"]["models"] == ["test-model"]
    assert providers["up"]["listed_at"].endswith("Z")
    assert providers["up"]["last_error"] is None
    assert set(providers["up"]) == PROVIDER_MEMBERS

    upstream.will_answer_json({"error": "busy"}, status=503)
    ask(client)
    providers = {one["name"]: one for one in client.get("/backend-api/v2/providers").json["providers"]}
    assert providers["up"]["state"] == "failing"
    assert providers["up"]["last_error"]["code"] == "provider_overloaded"
    assert set(providers["up"]["last_error"]) == {"code", "message"}


class TestAProviderThatHangs:
    @pytest.fixture
    def settings(self, settings, upstream):
        del settings["providers"]["up"]["models"]
        upstream.will_answer([], before_headers=silence(), to="/models")
        return settings

    def test_nobody_waits_for_it(self, client, upstream):
        listing = upstream.wait_request()

        providers = {one["name"]: one for one in client.get("/backend-api/v2/providers").json["providers"]}
        models = client.get("/backend-api/v2/models").json["models"]

        assert not listing.closed.is_set()
        assert (providers["up"]["models"], providers["up"]["listed_at"]) == ([], None)
        assert [model["id"] for model in models] == ["m", "guide"]


def test_conversations_are_listed_newest_first(client):
    first, second = ask(client, "first")[0], ask(client, "second")[0]
    ask(client, "again", conversation_id=first["conversation_id"])

    listed = client.get(CONVERSATIONS).json

    assert [one["id"] for one in listed["conversations"]] == [first["conversation_id"], second["conversation_id"]]
    assert listed["conversations"][1]["title"] == "second"
    assert listed["next"] is None


def test_a_running_answer_shows_as_far_as_it_has_come(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    start = next(event for event in lines_of(response) if event["type"] == "start")
    path = f"{CONVERSATIONS}/{start['conversation_id']}"
    next(event for event in lines_of(client.get(f"/backend-api/v2/messages/{start['message_id']}/events"))
         if event["type"] == "content")  # fmt: skip

    answer = client.get(path).json["messages"][1]

    assert (answer["status"], answer["content"]) == ("running", "Hel")
    assert (answer["provider"], answer["attempts"], answer["notices"]) == ("up", [], [])
    assert client.get(CONVERSATIONS).json["conversations"][0]["running"] is True
    response.close()


def test_the_notices_of_an_answer_are_in_its_conversation(app, client):
    store = app.extensions["chat"].store
    answering = {"provider": "up", "label": "Up", "model": "x", "notices": ["The oldest was left out."]}
    begun = answered(store, outcome=an_outcome(answering=answering))

    question, answer = client.get(f"{CONVERSATIONS}/{begun.conversation_id}").json["messages"]

    assert (question["notices"], answer["notices"]) == ([], ["The oldest was left out."])
    assert set(answer) == MESSAGE_MEMBERS


def test_a_conversation_is_renamed_marked_and_turned_to_another_leaf(client):
    start = ask(client)[0]
    path = f"{CONVERSATIONS}/{start['conversation_id']}"

    changed = client.patch(path, json={"title": "New", "pinned": True, "leaf_id": start["user_message_id"]})

    assert changed.json["title"] == "New"
    assert changed.json["pinned"] is True
    assert client.get(path).json["leaf_id"] == start["user_message_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"leaf_id": None},
        {"title": ""},
        {"title": "  "},
        {"title": 7},
        {"title": "x" * 201},
        {"pinned": "yes"},
        {"deleted": True},
    ],
)
def test_a_change_of_the_wrong_kind_is_refused(client, change):
    start = ask(client)[0]

    response = client.patch(f"{CONVERSATIONS}/{start['conversation_id']}", json=change)

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")


def test_a_deletion_can_be_taken_back(client):
    path = f"{CONVERSATIONS}/{ask(client)[0]['conversation_id']}"

    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.get(CONVERSATIONS).json["conversations"] == []
    assert client.patch(path, json={"deleted": False}).status_code == 200
    assert client.get(path).status_code == 200


def test_deleting_ends_the_running_turn(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    start = next(lines_of(response))
    upstream.wait_request()

    client.delete(f"{CONVERSATIONS}/{start['conversation_id']}")

    upstream.requests[-1].wait_closed()
    response.close()


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_unknown_conversation_is_not_found(client, method):
    arguments = {"json": {"title": "New"}} if method == "patch" else {}

    response = getattr(client, method)(f"{CONVERSATIONS}/nothing", **arguments)

    assert (response.status_code, response.json["error"]["code"]) == (404, "unknown_conversation")


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


def test_a_bug_is_told_with_its_id_and_logged(app, client, monkeypatch, caplog):
    def broken(*args, **kwargs):
        raise ZeroDivisionError("a secret of the code")

    monkeypatch.setattr(app.extensions["chat"].store, "conversations", broken)

    response = client.get(CONVERSATIONS)

    assert (response.status_code, response.json["error"]["code"]) == (500, "internal_error")
    assert "secret" not in response.get_data(as_text=True)
    assert response.json["error"]["id"] in caplog.text


def test_a_bug_behind_a_view_is_one_too(app, client, caplog):
    app.view_functions["api.conversations"] = lambda: "half of a pair \ud83d"

    response = client.get(CONVERSATIONS)

    assert (response.status_code, response.json["error"]["code"]) == (500, "internal_error")
    assert response.json["error"]["id"] in caplog.text


@pytest.mark.parametrize("method", ["put", "options"])
def test_a_method_that_is_not_taken_is_told_which_ones_are(client, method):
    response = getattr(client, method)(f"{CONVERSATIONS}/nothing")

    assert (response.status_code, response.json["error"]["code"]) == (405, "method_not_allowed")
    assert response.allow == {"GET", "HEAD", "PATCH", "DELETE"}


def test_what_was_refused_is_a_line_of_the_log_without_the_query(client, caplog):
    caplog.set_level(logging.INFO)

    problem = client.get(f"{CONVERSATIONS}?before=nonsense").json["error"]

    assert caplog.record_tuples == [
        ("server.problems", logging.INFO, f"GET {CONVERSATIONS}: invalid_request, id {problem['id']}")
    ]


def test_an_endless_address_is_not_logged_whole(client, caplog):
    caplog.set_level(logging.INFO)

    client.get("/" + "x" * 10_000)

    assert len(caplog.text) < 400


def test_alive_and_ready(client):
    assert client.get("/healthz").json == {"status": "ok"}
    assert client.get("/readyz").json == {"status": "ready"}


class TestUnderAPrefix:
    @pytest.fixture
    def settings(self, settings):
        settings["url_prefix"] = "/chat-ui"
        return settings

    @pytest.mark.parametrize("path", ["/healthz", "/chat/", "/backend-api/v2/models"])
    def test_every_route_is_below_it(self, client, path):
        assert client.get(f"/chat-ui{path}").status_code == 200
        assert client.get(path).status_code == 404
