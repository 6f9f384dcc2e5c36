"""Lists of models and of providers."""

import pytest

from g4f_lite.routing.model_info import ModelInfo
from tests.server.api.test_conversations import CONVERSATIONS
from tests.server.api.test_turns import ask
from tests.support.services.upstream import silence
from tests.support.waiting import wait_for

PROVIDER_MEMBERS = {
    "name", "kind", "state", "reason", "last_error", "last_success_at", "latency_ms", "models", "listed_at",
}  # fmt: skip


def test_models_are_listed(client):
    listed = client.get("/backend-api/v2/models").json

    assert listed["default"] == "m"
    assert listed["models"][0] == {
        "id": "m",
        "label": "m",
        "provider": "up",
        "upstream": "test-model",
        "available": True,
        "reason": None,
        "confirmed": True,
        "vision": False,
        "context": None,
        "price": None,
        "loaded": None,
        "params": {},
    }


class TestDefaultParameters:
    @pytest.fixture
    def settings(self, settings):
        settings["models"]["warm"] = {"routes": ["up/test-model"], "params": {"temperature": 0.7, "stop": ["END"]}}
        return settings

    def test_a_model_lists_its_default_parameters(self, client):
        listed = {one["id"]: one["params"] for one in client.get("/backend-api/v2/models").json["models"]}

        assert listed == {"m": {}, "guide": {}, "warm": {"temperature": 0.7}}


@pytest.mark.parametrize("loaded", [True, False, None])
def test_a_model_tells_whether_it_is_loaded(app, client, loaded):
    up = app.extensions["chat"].catalog.providers["up"]
    wait_for(lambda: up.listed_at)
    up.listed = ModelInfo("test-model", loaded=loaded), ModelInfo("b", loaded=loaded)

    listed = {one["id"]: one["loaded"] for one in client.get("/backend-api/v2/models").json["models"]}

    assert (listed["m"], listed["up/b"], listed["guide"]) == (loaded, loaded, None)


class TestProviderWithoutKey:
    @pytest.fixture
    def settings(self, settings, upstream):
        entry = {"kind": "OpenAICompatible", "base_url": upstream.base_url, "api_key": "${NOBODY_SET_THIS}"}
        settings["providers"]["keyed"] = entry
        settings["models"]["keyed"] = "keyed/test-model"
        return settings

    def test_it_is_unavailable_and_names_the_missing_variable(self, client):
        keyed = next(one for one in client.get("/backend-api/v2/providers").json["providers"] if one["name"] == "keyed")
        model = next(one for one in client.get("/backend-api/v2/models").json["models"] if one["id"] == "keyed")

        assert keyed["state"] == "unavailable"
        assert "NOBODY_SET_THIS" in keyed["reason"]
        assert model["available"] is False
        assert "NOBODY_SET_THIS" in model["reason"]

    def test_a_question_to_it_fails_in_the_chat(self, client):
        assert ask(client, model="keyed")[-1]["error"]["code"] == "missing_key"


class TestProviderWithKey:
    @pytest.fixture
    def settings(self, settings, upstream):
        settings["providers"]["up"]["api_key"] = "sk-very-secret"
        return settings

    def test_no_response_contains_the_key(self, client, upstream):
        error = {"error": {"message": "bad key sk-very-secret"}}
        upstream.will_answer_json(error, status=401)
        ask(client)

        for path in ("/backend-api/v2/providers", "/backend-api/v2/models", "/chat/", CONVERSATIONS):
            assert "very-secret" not in client.get(path).get_data(as_text=True)


def test_providers_report_their_state(client, upstream):
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


class TestHangingProvider:
    @pytest.fixture
    def settings(self, settings, upstream):
        del settings["providers"]["up"]["models"]
        upstream.will_answer([], before_headers=silence(), to="/models")
        return settings

    def test_the_lists_do_not_wait_for_it(self, client, upstream):
        listing = upstream.wait_request()

        providers = {one["name"]: one for one in client.get("/backend-api/v2/providers").json["providers"]}
        models = client.get("/backend-api/v2/models").json["models"]

        assert not listing.closed.is_set()
        assert (providers["up"]["models"], providers["up"]["listed_at"]) == ([], None)
        assert [model["id"] for model in models] == ["m", "guide"]
