import pytest

from bench.processes import free_port
from g4f_lite.errors import without_addresses
from g4f_lite.guidebook import help_for
from server.current.api_key import new_key
from server.store.people.api_keys import KeySettings
from tests.server.api.test_turns import CONVERSATION, a_turn, told
from tests.support.waiting import wait_for

MODELS = "/backend-api/v2/models"


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts", "roles": {"user": {"models": ["guide", "up/test-*"]}}}
    settings["models"]["expensive"] = "up/test-model"
    return settings


def names(client):
    return [model["id"] for model in client.get(MODELS).json["models"]]


def test_a_role_sees_only_its_models(anna, ben):
    assert {"m", "expensive"} <= set(names(anna))
    assert names(ben) == ["guide"]
    page = ben.get("/chat/").text
    assert "expensive" not in page and 'value="m"' not in page


def test_a_forbidden_model_gets_the_same_answer_as_an_unknown_one(ben, upstream):
    forbidden = ben.post(CONVERSATION, json=a_turn(model="expensive"))
    unknown = ben.post(CONVERSATION, json=a_turn(model="expensif"))

    assert forbidden.status_code == unknown.status_code == 404
    errors = [response.json["error"] for response in (forbidden, unknown)]
    assert {error["code"] for error in errors} == {"unknown_model"}
    assert errors[0]["message"].replace("expensive", "expensif") == errors[1]["message"]
    assert upstream.requests == []


def test_a_forbidden_model_is_refused_everywhere(ben, upstream):
    mine = ben.post(CONVERSATION, json=a_turn(model="guide"))
    conversation_id = told(mine)[0]["conversation_id"]
    one = f"/backend-api/v2/conversations/{conversation_id}"

    freegpt = {"model": "m", "meta": {"content": {"parts": [{"role": "user", "content": "Hello"}]}}}
    assert ben.post(CONVERSATION, json=freegpt).status_code == 404
    assert ben.patch(one, json={"model": "m"}).status_code == 404
    assert (
        ben.post(
            CONVERSATION, json={"conversation_id": conversation_id, "action": "regenerate", "model": "m"}
        ).status_code
        == 404
    )
    assert upstream.requests == []


def test_a_pattern_allows_the_names_it_matches(ben):
    assert ben.post(CONVERSATION, json=a_turn(model="up/test-model")).status_code == 200
    assert ben.post(CONVERSATION, json=a_turn(model="up/other")).status_code == 404


def test_without_a_choice_it_is_a_model_that_one_may_use(anna, ben):
    assert '"model":"guide"' in ben.post(CONVERSATION, json=a_turn()).text
    assert ben.get(MODELS).json["default"] == "guide"
    assert anna.get(MODELS).json["default"] == "m"


def test_a_provider_tells_only_of_models_that_one_may_use(ben, anna):
    def listed(client):
        providers = client.get("/backend-api/v2/providers").json["providers"]
        return [model for provider in providers for model in provider["models"]]

    assert "guide" not in listed(ben) and set(listed(ben)) <= {"test-model"}


class TestUnlisted:
    """A provider whose entry names no models, so that it may have more than it lists."""

    @pytest.fixture(params=["up/*", "up/**", "u?/*", "[u]p/*", "*/*", "?*"])
    def settings(self, settings, request, upstream):
        del settings["providers"]["up"]["models"]
        settings["auth"]["roles"]["user"]["models"] = [request.param, "up/by-name"]
        upstream.will_answer_json({"data": [{"id": "test-model"}]}, to="/models")
        return settings

    @pytest.fixture(autouse=True)
    def listed(self, app):
        wait_for(lambda: app.extensions["chat"].catalog.providers["up"].listed)

    def test_a_pattern_covers_what_is_listed(self, ben, upstream):
        statuses = {
            name: ben.post(CONVERSATION, json=a_turn(model=name)).status_code
            for name in ("up/test-model", "up/by-name", "up/most-expensive", "up/", "up/test-model ")
        }

        assert statuses == {"up/test-model": 200, "up/by-name": 200} | dict.fromkeys(
            ("up/most-expensive", "up/", "up/test-model "), 404
        )

    def test_a_key_covers_no_more(self, app, ben, upstream):
        access = app.extensions["chat"].access
        account = access.accounts.by_name("Ben")
        key = new_key(access, account.id, "a program", KeySettings(models=("up/*",)))
        headers = {"Authorization": f"Bearer {key}"}

        def status(name):
            body = {"model": name, "messages": [{"role": "user", "content": "Hello"}]}
            return app.test_client().post("/v1/chat/completions", json=body, headers=headers).status_code

        assert (status("up/test-model"), status("up/most-expensive")) == (200, 404)
        assert not [request for request in upstream.requests if b"most-expensive" in request.body]

    def test_a_star_alone_is_everything(self, anna):
        assert anna.post(CONVERSATION, json=a_turn(model="up/most-expensive")).status_code == 200


class TestFailingProviders:
    """Addresses inside the network are for administrators."""

    @pytest.fixture
    def settings(self, settings):
        address = f"http://127.0.0.1:{free_port()}"
        for name in ("inside", "secret"):
            settings["providers"][name] = {"kind": "OpenAICompatible", "base_url": f"{address}/v1", "models": ["x"]}
            settings["models"][name] = f"{name}/x"
        settings["auth"]["roles"]["user"]["models"] = ["inside"]
        return settings

    @pytest.fixture(autouse=True)
    def failed(self, anna):
        for model in ("inside", "secret"):
            assert "provider_unreachable" in anna.post(CONVERSATION, json=a_turn(model=model)).text

    def test_a_role_sees_the_providers_of_its_models_without_their_addresses(self, anna, ben):
        def providers(client):
            return {one["name"]: one for one in client.get("/backend-api/v2/providers").json["providers"]}

        assert providers(ben).keys() == {"inside"}
        assert providers(anna).keys() == {"guide", "up", "inside", "secret"}
        assert "127.0.0.1" in providers(anna)["inside"]["last_error"]["message"]
        said = providers(ben)["inside"]
        assert said["last_error"]["message"] == said["reason"]
        assert said["reason"] == "Cannot reach inside: the connection was refused. Check that it is running."

    @pytest.mark.parametrize("path", ["/backend-api/v2/providers", MODELS, "/chat/"])
    def test_no_page_names_an_address(self, ben, path):
        assert "127.0.0.1" not in ben.get(path).text

    def test_the_guide_names_none(self, app):
        said = help_for("Which providers are there?", app.extensions["chat"].catalog.installation())

        assert "Cannot reach inside: the connection was refused." in said
        assert "127.0.0.1" not in said


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("Cannot reach up at http://10.0.0.5:8000: no connection.", "Cannot reach up: no connection."),
        ("up did not accept a connection at https://llm.corp. Check it.", "up did not accept a connection. Check it."),
        ("The server at http://[fd00::1]:80 does not speak HTTP.", "The server does not speak HTTP."),
        ("Nothing to hide.", "Nothing to hide."),
    ],
)
def test_addresses_are_left_out(sentence, said):
    assert without_addresses(sentence) == said


class TestNone:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"]["roles"]["user"]["models"] = []
        return settings

    def test_a_role_may_have_no_model_at_all(self, ben):
        assert names(ben) == []
        assert ben.get("/chat/").status_code == 200
        assert ben.post(CONVERSATION, json=a_turn()).status_code == 404
