"""Anthropic's API, with its own client and on the wire."""

import json

import anthropic
import pytest
from anthropic import Anthropic

from server.compat.anthropic.response import MessageWriter
from tests.server.compat.test_openai import BOTH_WAYS, PICTURE
from tests.support.services.openai_wire import delta, openai_error, openai_stream
from tests.support.services.upstream import cut, silence
from tests.support.waiting import wait_for

MESSAGES = "/v1/messages"
QUESTION = [{"role": "user", "content": "Hello"}]
OURS = {"anthropic-version": "2023-06-01"}


@pytest.fixture
def program(server):
    """Anthropic's client, without retries."""
    with Anthropic(base_url=server, api_key="anything", max_retries=0, timeout=10) as client:
        yield client


def a_message(**members):
    return {"model": "m", "max_tokens": 100, "messages": QUESTION, **members}


def events_of(response):
    """Return the events of a stream, and check that each has the name in its data."""
    events = [record.split("\n") for record in response.text.split("\n\n") if record]
    told = [json.loads(data.removeprefix("data: ")) for _, data in events]
    assert [name for name, _ in events] == [f"event: {data['type']}" for data in told]
    return told


def is_refused(response, status, kind):
    assert (response.status_code, response.json["type"], response.json["error"]["type"]) == (status, "error", kind)
    assert set(response.json["error"]) == {"type", "message"}
    return response.json["error"]["message"]


# with the client


@BOTH_WAYS
def test_the_client_gets_a_complete_message(program, upstream):
    upstream.will_answer(openai_stream("Hi there!", usage=(5, 2), reasoning="Let me see."))

    message = program.messages.create(**a_message())

    thinking, text = message.content
    assert (thinking.type, thinking.thinking) == ("thinking", "Let me see.")
    assert (text.type, text.text) == ("text", "Hi there!")
    assert (message.stop_reason, message.role, message.model) == ("end_turn", "assistant", "m")
    assert (message.usage.input_tokens, message.usage.output_tokens) == (5, 2)


@BOTH_WAYS
def test_the_client_streams_a_message(program, upstream):
    upstream.will_answer(openai_stream("Hi there!", usage=(5, 2), reasoning="Well.", finish="length"))

    with program.messages.stream(**a_message()) as stream:
        texts = list(stream.text_stream)
        message = stream.get_final_message()

    assert "".join(texts) == "Hi there!"
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].thinking == "Well."
    assert message.stop_reason == "max_tokens"
    assert (message.usage.input_tokens, message.usage.output_tokens) == (5, 2)


def test_the_client_lists_models_and_counts_tokens(program):
    models = {model.id: model for model in program.models.list()}

    assert {"m", "guide"} <= models.keys()
    assert program.models.retrieve("up/test-model").display_name == "test-model"
    assert program.messages.count_tokens(model="m", messages=QUESTION, system="Be short.").input_tokens == 5


@BOTH_WAYS
def test_the_client_raises_the_matching_exception(program, upstream):
    with pytest.raises(anthropic.NotFoundError, match="There is no model called n"):
        program.messages.create(**a_message(model="n"))
    with pytest.raises(anthropic.NotFoundError):
        program.models.retrieve("n")
    with pytest.raises(anthropic.BadRequestError, match="temperature"):
        program.messages.create(**a_message(), extra_body={"temperature": 2})

    upstream.will_answer_json(openai_error("slow down"), status=429, headers={"Retry-After": "7"})
    with pytest.raises(anthropic.RateLimitError, match="slow down") as slow:
        program.messages.create(**a_message())
    assert slow.value.response.headers["Retry-After"] == "7"


@BOTH_WAYS
def test_the_client_raises_when_a_stream_breaks_off(program, upstream):
    upstream.will_answer([delta("Hel"), cut()])

    said = []
    with (
        pytest.raises(anthropic.APIError, match=r"before it was complete|was lost"),
        program.messages.stream(**a_message()) as stream,
    ):
        said.extend(stream.text_stream)
    assert said == ["Hel"]


@BOTH_WAYS
def test_a_client_that_leaves_ends_the_upstream_request(app, program, upstream):
    upstream.will_answer([delta("Hello"), silence()])
    with program.messages.create(**a_message(), stream=True) as stream:
        assert next(iter(stream)).type == "message_start"

    upstream.wait_request().wait_closed()
    wait_for(lambda: not app.extensions["chat"].quota._running)


class TestAccounts:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "accounts"}
        return settings

    def test_a_wrong_key_raises_the_clients_authentication_error(self, program):
        with pytest.raises(anthropic.AuthenticationError):
            program.messages.create(**a_message())
        with pytest.raises(anthropic.AuthenticationError):
            program.models.list()


class TestLimits:
    @pytest.fixture
    def settings(self, settings):
        settings["limits"] = {"turns_per_minute": 1}
        return settings

    def test_limits_apply_here_too(self, program):
        program.messages.create(**a_message())

        with pytest.raises(anthropic.RateLimitError) as slow:
            program.messages.create(**a_message())
        assert 0 < int(slow.value.response.headers["Retry-After"]) <= 60


# what reaches the provider


def test_every_field_that_is_sent_is_used(client, upstream, way):
    upstream.will_answer(openai_stream("Hi"))
    image = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}}
    history = [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": [{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "Two"}]},
        {"role": "user", "content": [{"type": "text", "text": "See", "cache_control": {"type": "ephemeral"}}, image]},
    ]  # fmt: skip
    wishes = {"temperature": 0.5, "top_p": 0.9, "stop_sequences": ["END"], "metadata": {"user_id": "x"}, "top_k": 5}

    said = [{"type": "text", "text": "Be"}, {"type": "text", "text": "short."}]
    assert client.post(MESSAGES, json=a_message(messages=history, system=said, **wishes)).status_code == 200

    asked = upstream.requests[-1].json
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", "user"]
    assert [message["content"] for message in asked["messages"][:3]] == ["Be\nshort.", "One", "Two"]
    assert asked["messages"][3]["content"][-1]["image_url"]["url"] == PICTURE
    assert (asked["temperature"], asked["top_p"], asked["stop"], asked["max_tokens"]) == (0.5, 0.9, ["END"], 100)
    assert len(client.get("/backend-api/v2/conversations").json["conversations"]) == (way == "stored")


# on the wire


@BOTH_WAYS
def test_the_events_of_a_stream(client, upstream):
    upstream.will_answer(openai_stream("Hi there!", usage=(5, 2), reasoning="Well."))

    response = client.post(MESSAGES, json=a_message(stream=True))
    told = events_of(response)

    assert response.mimetype == "text/event-stream"
    assert [event["type"] for event in told] == [
        "message_start", "ping", "content_block_start", "content_block_delta", "content_block_stop",
        "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
        "message_delta", "message_stop",
    ]  # fmt: skip
    assert told[0]["message"]["usage"] == {"input_tokens": 2, "output_tokens": 0}
    assert [event["index"] for event in told if "index" in event] == [0, 0, 0, 1, 1, 1, 1]
    assert told[3]["delta"] == {"type": "thinking_delta", "thinking": "Well."}
    assert told[6]["delta"] == {"type": "text_delta", "text": "Hi "}
    assert told[-2]["delta"] == {"stop_reason": "end_turn", "stop_sequence": None}
    assert told[-2]["usage"] == {"input_tokens": 5, "output_tokens": 2}


def test_reasoning_between_text_has_its_own_blocks():
    writer = MessageWriter("m", 1)
    told = writer.content("a") + writer.reasoning("b") + writer.content("c")

    starts = [line for line in told.decode().split("\n") if "content_block_start" in line and line.startswith("data")]
    assert [json.loads(line[6:])["content_block"]["type"] for line in starts] == ["text", "thinking", "text"]
    assert [json.loads(line[6:])["index"] for line in starts] == [0, 1, 2]


@BOTH_WAYS
def test_a_failure_in_the_middle_is_an_error_without_an_end(client, upstream):
    upstream.will_answer([delta("Hel"), cut()])

    *others, last = events_of(client.post(MESSAGES, json=a_message(stream=True)))

    assert (last["type"], last["error"]["type"]) == ("error", "api_error")
    assert not {"message_delta", "message_stop"} & {event["type"] for event in others}


@BOTH_WAYS
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("theirs", "ours", "kind"),
    [(400, 400, "invalid_request_error"), (401, 502, "api_error"), (413, 400, "invalid_request_error"),
     (429, 429, "rate_limit_error"), (503, 503, "overloaded_error")],
)  # fmt: skip
def test_a_failure_before_the_first_piece_has_its_http_status(client, upstream, stream, theirs, ours, kind):
    upstream.will_answer_json(openai_error("no"), status=theirs)

    is_refused(client.post(MESSAGES, json=a_message(stream=stream)), ours, kind)


# what is refused


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "system", "content": "x"}]}, "messages"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "tool_result"}]}]}, "messages.0"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 5}]}]}, "messages.0"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "file"}}]}]}, "messages.0"),
        ({"messages": [{"role": "user", "content": [{"type": "image"}]}]}, "messages.0"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"system": 5}, "system"),
        ({"system": [{"type": "image"}]}, "system"),
        ({"system": [{"type": "", "tool_use_id": "x"}]}, "system"),
        ({"system": [{"tool_use_id": "x"}]}, "system"),
        ({"system": [[None, None]]}, "system"),
        ({"messages": [{"role": "user", "content": [[None]]}]}, "messages.0.content"),
        ({"messages": [[None]]}, "messages.0"),
        ({"stop_sequences": "END"}, "stop_sequences"),
        ({"stream": 1}, "stream"),
        ({"model": None}, "model"),
    ],
)
def test_an_unsupported_field_is_refused_by_name(client, upstream, members, field):
    message = is_refused(client.post(MESSAGES, json=a_message(**members)), 400, "invalid_request_error")

    assert message.startswith(field)
    assert upstream.requests == []


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"\xff"', b"[" * 100_000, b'{"model": "\\ud800"}'])
@pytest.mark.parametrize("path", [MESSAGES, f"{MESSAGES}/count_tokens"])
def test_no_body_causes_a_bug(client, path, body):
    is_refused(client.post(path, data=body, content_type="application/json"), 400, "invalid_request_error")


def test_every_error_has_the_shape_of_the_api(client):
    is_refused(client.get("/v1/nothing", headers=OURS), 404, "not_found_error")
    is_refused(client.post(MESSAGES, data="x", content_type="text/plain"), 415, "invalid_request_error")
    is_refused(client.post(MESSAGES, json=a_message(model="none")), 404, "not_found_error")
    evil = {"Origin": "https://evil.example"}
    is_refused(client.post(MESSAGES, json=a_message(), headers=evil), 403, "permission_error")
    long = [{"role": "user", "content": "x" * (1 << 20) + "x"}]
    is_refused(client.post(MESSAGES, json=a_message(messages=long)), 413, "request_too_large")
