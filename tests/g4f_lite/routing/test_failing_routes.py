"""Several routes to a model, over real sockets: a failing one costs no time, is shown, and is left out for a while."""

import socket
import time

import pytest

from tests.server.api.test_turns import ask, lines_of, text_of
from tests.support.services.openai_wire import delta, honest, openai_error, openai_stream
from tests.support.services.upstream import Gate, Upstream, silence, wait_until
from tests.support.waiting import wait_for

CONVERSATION = "/backend-api/v2/conversation"


@pytest.fixture
def limited():
    """A service that asks to slow down."""
    service = Upstream(otherwise=honest)
    yield service
    service.close()


@pytest.fixture
def settings(settings, upstream, limited):
    """A model whose first provider is down, whose second one limits, and whose third one answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        down = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    entry = {"kind": "OpenAICompatible", "models": ["test-model"], "api_key": "tiger-secret"}
    settings["providers"] |= {
        "down": {"kind": "OpenAICompatible", "base_url": down},  # whose list of models fails at the start
        "limited": {**entry, "base_url": limited.base_url},
        "off": {**entry, "base_url": limited.base_url, "enabled": False},
    }
    settings["models"]["m"] = [f"{name}/test-model" for name in ("off", "down", "limited", "up")]
    return settings


def limit(limited, **headers):
    limited.will_answer_json(openai_error("Slow down, tiger-secret."), status=429, headers=headers)


def test_the_third_route_answers_as_soon_as_the_second_has(client, upstream, limited):
    gate = Gate()
    limit(limited, **{"Retry-After": "30"})
    upstream.will_answer([*openai_stream(["Hi"])[:2], wait_until(gate), *openai_stream([" there"])[1:]])

    events = lines_of(client.post(CONVERSATION, json={"message": {"content": "Hello"}}))
    begun = [next(events) for _ in range(5)]

    assert [event["type"] for event in begun] == ["start", "attempt", "attempt", "provider", "content"]
    assert [(event["provider"], event["error"]["code"]) for event in begun[1:3]] == [
        ("down", "provider_unreachable"),
        ("limited", "provider_rate_limited"),
    ]
    assert begun[2]["error"]["retry_after"] == 30
    assert begun[2]["error"]["detail"] == "Slow down, [redacted]."
    assert begun[3]["provider"] == "up"
    gate.open()
    assert list(events)[-1]["type"] == "finish"


def test_both_attempts_are_kept_with_the_answer(client, upstream, limited):
    limit(limited)
    start = ask(client)[0]

    answer = client.get(f"/backend-api/v2/conversations/{start['conversation_id']}").json["messages"][-1]

    assert [attempt["provider"] for attempt in answer["attempts"]] == ["down", "limited"]
    assert answer["provider"] == "up"
    page = client.get(f"/chat/{start['conversation_id']}").get_data(as_text=True)
    for attempt in answer["attempts"]:
        assert attempt["error"]["message"].split(":")[0] in page
    assert "tiger-secret" not in page


def test_the_next_turn_goes_straight_to_the_third(client, upstream, limited):
    limit(limited)
    ask(client)

    said = ask(client, "And now?")

    assert "attempt" not in [event["type"] for event in said]
    assert text_of(said) == "You said: And now?"
    assert len(limited.requests) == 1


def test_a_raw_stream_holds_nothing_but_the_answer_of_the_third(client, upstream, limited):
    limit(limited)
    question = {"content": "Hello", "role": "user"}

    response = client.post(CONVERSATION, json={"model": "m", "meta": {"content": {"parts": [question]}}})

    assert response.get_data(as_text=True) == "You said: Hello"


def test_an_answer_that_began_is_never_started_again_elsewhere(client, settings, upstream, limited):
    limited.will_answer([delta("Hi")])

    said = ask(client)

    assert text_of(said) == "Hi"
    assert said[-1]["error"]["code"] == "stream_cut"
    assert not any(request.path.endswith("/chat/completions") for request in upstream.requests)


def test_how_the_providers_fare_is_reported_without_a_key(client, limited):
    limit(limited, **{"Retry-After": "30"})
    ask(client)

    response = client.get("/backend-api/v2/providers")

    told = {provider["name"]: provider for provider in response.json["providers"]}
    states = {name: told[name]["state"] for name in ("off", "down", "limited", "up")}
    assert states == {"off": "disabled", "down": "failing", "limited": "failing", "up": "ready"}
    assert told["down"]["last_error"]["code"] == "provider_unreachable"
    assert told["up"]["latency_ms"] > 0
    assert "tiger-secret" not in response.get_data(as_text=True)


def test_a_provider_that_never_lists_its_models_delays_no_one(settings, request):
    hung = Upstream()
    request.addfinalizer(hung.close)
    hung.will_answer([], before_headers=silence(), to="/models")
    settings["providers"]["hung"] = {"kind": "OpenAICompatible", "base_url": hung.base_url}
    settings["providers"]["quick"] = {"kind": "OpenAICompatible", "base_url": settings["providers"]["up"]["base_url"]}
    client = request.getfixturevalue("client")
    hung.wait_request()

    wait_for(lambda: "quick/test-model" in client.get("/chat/").get_data(as_text=True))
    began = time.monotonic()
    ids = [model["id"] for model in client.get("/backend-api/v2/models").json["models"]]

    assert "quick/test-model" in ids
    assert time.monotonic() - began < 5  # a listing may take ten seconds
