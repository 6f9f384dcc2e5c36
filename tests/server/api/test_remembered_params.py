"""A conversation remembers its model and the parameters that were set."""

import pytest

from g4f_lite.messages import estimate_tokens
from tests.server.api.test_turns import ask
from tests.support.services.openai_wire import openai_stream
from tests.support.stores import ME, a_turn, answered

CONVERSATIONS = "/backend-api/v2/conversations"
BRIEF = {"temperature": 0.5, "max_tokens": 9, "system": "Be brief."}


@pytest.fixture
def settings(settings):
    settings["models"] |= {"told": {"routes": ["up/test-model"], "system": "Be kind."}, "other": "up/other-model"}
    settings["providers"]["up"]["models"].append("other-model")
    return settings


def remembered(client, conversation_id):
    found = client.get(f"{CONVERSATIONS}/{conversation_id}").json
    return found["model"], found["params"]


def sent(upstream):
    """Return the last request to the service: the model, the parameters that were set, and the system messages."""
    body = upstream.requests[-1].json
    system = [message["content"] for message in body["messages"] if message["role"] == "system"]
    return body["model"], {name: body[name] for name in ("temperature", "top_p", "max_tokens") if name in body}, system


def test_a_conversation_keeps_the_parameters_and_the_model_of_its_turn(client, upstream):
    conversation_id = ask(client, model="other", params={**BRIEF, "stop": ["."], "top_p": None})[0]["conversation_id"]

    assert remembered(client, conversation_id) == ("other", BRIEF)
    ask(client, "again", conversation_id=conversation_id)

    assert sent(upstream) == ("other-model", {"temperature": 0.5, "max_tokens": 9}, ["Be brief."])
    assert upstream.requests[0].json["stop"] == ["."]
    assert "stop" not in upstream.requests[-1].json


def test_the_parameters_of_a_turn_replace_all_earlier_ones(client, upstream):
    conversation_id = ask(client, params=BRIEF)[0]["conversation_id"]

    ask(client, "again", conversation_id=conversation_id, params={"top_p": 0.5, "system": " \n"})

    assert sent(upstream) == ("test-model", {"top_p": 0.5}, [])
    assert remembered(client, conversation_id) == ("m", {"top_p": 0.5})


@pytest.mark.parametrize("action", ["regenerate", "continue"])
def test_regenerating_uses_the_remembered_parameters(client, upstream, action):
    conversation_id = ask(client, params=BRIEF)[0]["conversation_id"]

    ask(client, conversation_id=conversation_id, action=action, model="other")

    assert sent(upstream) == ("other-model", {"temperature": 0.5, "max_tokens": 9}, ["Be brief."])
    assert remembered(client, conversation_id) == ("other", BRIEF)


def test_the_system_prompt_of_the_configuration_comes_first(client, upstream):
    ask(client, model="told", params={"system": "Be brief."})
    assert sent(upstream)[2] == ["Be kind.\n\nBe brief."]

    ask(client, model="told")
    assert sent(upstream)[2] == ["Be kind."]


def test_the_system_prompt_counts_as_input(client, upstream):
    upstream.will_answer(openai_stream("Hi there!"))

    usage = ask(client, model="told", params={"system": "Be brief."})[-2]

    assert usage["estimated"] is True
    assert usage["input_tokens"] == sum(map(estimate_tokens, ("Be kind.", "Be brief.", "Hello")))


def test_a_removed_model_is_replaced_by_the_default_one(app, client, upstream):
    begun = answered(app.extensions["chat"].store, a_turn(model="a model of last year"))

    ask(client, conversation_id=begun.conversation_id)

    assert sent(upstream)[0] == "test-model"
    assert remembered(client, begun.conversation_id)[0] == "m"


def test_the_remembered_parameters_can_be_changed(client, upstream):
    conversation_id = ask(client, params=BRIEF)[0]["conversation_id"]
    path = f"{CONVERSATIONS}/{conversation_id}"
    updated_at = client.get(CONVERSATIONS).json["conversations"][0]["updated_at"]

    changed = client.patch(path, json={"model": "other", "params": {"system": "Rhyme.", "temperature": None}}).json

    assert (changed["model"], changed["params"]) == ("other", {"system": "Rhyme."})
    assert changed["updated_at"] == updated_at
    ask(client, "again", conversation_id=conversation_id)
    assert sent(upstream) == ("other-model", {}, ["Rhyme."])
    for nothing in (None, {}):
        client.patch(path, json={"params": {"top_p": 0.5}})
        assert client.patch(path, json={"params": nothing}).json["params"] == {}
        assert remembered(client, conversation_id) == ("other", {})


@pytest.mark.parametrize(
    ("change", "status", "code", "said"),
    [
        ({"model": "nobody"}, 404, "unknown_model", "nobody"),
        ({"model": None}, 400, "invalid_request", "model"),
        ({"params": []}, 400, "invalid_request", "params"),
        ({"params": {"temperature": 3}}, 400, "invalid_request", "params.temperature"),
        ({"params": {"system": 7}}, 400, "invalid_request", "params.system"),
        ({"params": {"system": "ä" * (16 << 10) + "x"}}, 400, "invalid_request", "at most 32 KiB"),
    ],
)
def test_invalid_parameters_are_refused(client, change, status, code, said):
    conversation_id = ask(client, params=BRIEF)[0]["conversation_id"]

    response = client.patch(f"{CONVERSATIONS}/{conversation_id}", json=change)

    assert (response.status_code, response.json["error"]["code"]) == (status, code)
    assert said in response.json["error"]["message"]
    assert remembered(client, conversation_id) == ("m", BRIEF)


def test_a_message_sent_again_changes_nothing(client):
    first = ask(client, params=BRIEF)[0]

    again = {"message": {"id": first["user_message_id"], "content": "Hello"}, "model": "other", "params": {}}
    assert client.post("/backend-api/v2/conversation", json=again).status_code == 200

    assert remembered(client, first["conversation_id"]) == ("m", BRIEF)


def test_every_database_remembers_them(store):
    begun = answered(store, a_turn(params=BRIEF, model="other"))
    assert begun.params == BRIEF

    again = answered(store, a_turn(conversation_id=begun.conversation_id))

    found = store.summary(ME, begun.conversation_id)
    assert (again.params, found.params, found.model) == (BRIEF, BRIEF, "guide")
    assert answered(store, a_turn(conversation_id=begun.conversation_id, params={})).params == {}
    assert store.change(ME, begun.conversation_id, {"params": BRIEF}).params == BRIEF
    assert store.change(ME, begun.conversation_id, {"params": None}).params is None
