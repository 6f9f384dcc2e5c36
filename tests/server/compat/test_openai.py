"""OpenAI's API, with its own client and on the wire."""

import json
import socket

import openai
import pytest
from openai import OpenAI

from tests.support.services.openai_wire import chunk, delta, openai_error, openai_stream
from tests.support.services.upstream import Gate, cut, silence, wait_until
from tests.support.waiting import wait_for

BOTH_WAYS = pytest.mark.usefixtures("way")
CHAT = "/v1/chat/completions"
QUESTION = [{"role": "user", "content": "Hello"}]
PICTURE = "data:image/png;base64,iVBORw0KGgo="
A_PICTURE = {"type": "image_url", "image_url": {"url": PICTURE}}


@pytest.fixture
def program(server):
    """OpenAI's client, without retries."""
    with OpenAI(base_url=f"{server}/v1", api_key="anything", max_retries=0, timeout=10) as client:
        yield client


def a_chat(**members):
    return {"model": "m", "messages": QUESTION, **members}


def chunks_of(response):
    """Return the JSON of a stream's events, and the last line."""
    *lines, last = [line.removeprefix("data: ") for line in response.text.split("\n\n") if line]
    return [json.loads(line) for line in lines], last


def is_refused(response, status, code, param=None):
    error = response.json["error"]
    assert (response.status_code, error["code"], error["param"]) == (status, code, param), error
    assert set(error) == {"message", "type", "param", "code"}
    return error


# with the client


def test_the_client_lists_the_models(program):
    models = {model.id: model for model in program.models.list()}

    assert {"m", "guide"} <= models.keys()
    assert models["guide"].owned_by == "guide"
    assert program.models.retrieve("up/test-model").id == "up/test-model"


@BOTH_WAYS
def test_the_client_gets_a_complete_answer(program, upstream):
    upstream.will_answer(openai_stream("Hi there!", usage=(5, 2), reasoning="Let me see."))

    completion = program.chat.completions.create(model="m", messages=QUESTION)

    choice = completion.choices[0]
    assert (choice.message.role, choice.message.content) == ("assistant", "Hi there!")
    assert choice.message.reasoning_content == "Let me see."
    assert (choice.finish_reason, completion.model) == ("stop", "m")
    assert (completion.usage.prompt_tokens, completion.usage.completion_tokens) == (5, 2)


@BOTH_WAYS
def test_the_client_streams_an_answer(program, upstream):
    upstream.will_answer(openai_stream("Hi there!", reasoning="Well.", finish="length"))

    first, *others = program.chat.completions.create(model="m", messages=QUESTION, stream=True)

    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    assert "".join(chunk.choices[0].delta.content or "" for chunk in others) == "Hi there!"
    assert others[0].choices[0].delta.reasoning_content == "Well."
    assert [chunk.choices[0].finish_reason for chunk in others] == [None, None, None, "length"]
    assert all(chunk.usage is None for chunk in others)
    assert {(chunk.id, chunk.created) for chunk in others} == {(first.id, first.created)}


@BOTH_WAYS
def test_the_client_gets_the_tokens_if_it_asks(program, upstream):
    upstream.will_answer(openai_stream("Hi", usage=(5, 2)))

    *others, last = program.chat.completions.create(
        model="m", messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )

    assert all(chunk.usage is None and chunk.choices for chunk in others)
    assert (last.choices, last.usage.total_tokens) == ([], 7)


@BOTH_WAYS
def test_tokens_are_estimated_if_the_service_counts_none(program, upstream):
    upstream.will_answer(openai_stream("Hi there, you!"))

    usage = program.chat.completions.create(model="m", messages=QUESTION).usage

    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (2, 4, 6)


@BOTH_WAYS
def test_the_client_may_stop_in_the_middle(program, upstream):
    upstream.will_answer([delta("Hello"), silence()])

    with program.chat.completions.create(model="m", messages=QUESTION, stream=True) as stream:
        assert next(iter(stream)).choices[0].delta.role == "assistant"

    upstream.wait_request().wait_closed()


@BOTH_WAYS
def test_the_client_raises_the_matching_exception(program, upstream):
    with pytest.raises(openai.NotFoundError) as unknown:
        program.chat.completions.create(model="n", messages=QUESTION)
    assert (unknown.value.code, unknown.value.param) == ("model_not_found", "model")
    with pytest.raises(openai.NotFoundError):
        program.models.retrieve("n")

    upstream.will_answer_json(openai_error("slow down"), status=429, headers={"Retry-After": "7"})
    with pytest.raises(openai.RateLimitError) as slow:
        program.chat.completions.create(model="m", messages=QUESTION, stream=True)
    assert slow.value.code == "rate_limit_exceeded"
    assert slow.value.response.headers["Retry-After"] == "7"
    assert "slow down" in slow.value.message

    with pytest.raises(openai.BadRequestError) as wrong:
        program.chat.completions.create(model="m", messages=QUESTION, temperature=9)
    assert wrong.value.param == "temperature"

    too_long = openai_error("This model's maximum context length is 8 tokens.", code="context_length_exceeded")
    upstream.will_answer_json(too_long, status=400)
    with pytest.raises(openai.BadRequestError) as long:
        program.chat.completions.create(model="m", messages=QUESTION)
    assert long.value.code == "context_length_exceeded"


@BOTH_WAYS
def test_the_client_raises_when_a_stream_breaks_off(program, upstream):
    upstream.will_answer([delta("Hel"), cut()])

    stream = program.chat.completions.create(model="m", messages=QUESTION, stream=True)

    said = []
    with pytest.raises(openai.APIError, match=r"before it was complete|was lost"):
        said.extend(stream)
    assert said[-1].choices[0].delta.content == "Hel"
    assert all(chunk.choices[0].finish_reason is None for chunk in said)


# what reaches the provider


def test_every_field_that_is_sent_is_used(client, upstream, way):
    history = [
        {"role": "developer", "content": "Be short."},
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Two"},
        *QUESTION * 3,
        {"role": "user", "content": [{"type": "text", "text": "See"}, A_PICTURE]},
    ]  # fmt: skip
    upstream.will_answer(openai_stream("Hi"))
    wishes = {"temperature": 0.5, "top_p": 0.9, "stop": "END", "max_tokens": 9, "max_completion_tokens": 7, "user": "x"}

    assert client.post(CHAT, json=a_chat(messages=history, **wishes)).status_code == 200

    asked = upstream.requests[-1].json
    assert [message["role"] for message in asked["messages"]] == ["system", "user", "assistant", *["user"] * 4]
    assert asked["messages"][-1]["content"][-1]["image_url"]["url"] == PICTURE
    assert (asked["temperature"], asked["top_p"], asked["stop"], asked["max_tokens"]) == (0.5, 0.9, ["END"], 7)
    assert len(client.get("/backend-api/v2/conversations").json["conversations"]) == (way == "stored")


@BOTH_WAYS
def test_a_system_message_alone_is_the_question(client, upstream):
    client.post(CHAT, json=a_chat(messages=[{"role": "system", "content": "Say hello."}]))

    assert upstream.requests[-1].json["messages"] == [{"role": "user", "content": "Say hello."}]


# on the wire


@BOTH_WAYS
def test_the_bytes_of_a_stream(server, upstream):
    upstream.will_answer(openai_stream(["Ж\n", '"\u2028']))
    port = int(server.rpartition(":")[2])
    body = json.dumps(a_chat(stream=True)).encode()
    head = f"POST {CHAT} HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"

    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        wire.sendall(f"{head}\r\n\r\n".encode() + body)
        answer = wire.makefile("rb").read()

    headers, _, said = answer.partition(b"\r\n\r\n")
    assert headers.startswith(b"HTTP/1.0 200")
    for header in (b"Content-Type: text/event-stream", b"X-Accel-Buffering: no", b"no-store, no-transform"):
        assert header in headers
    records = said.split(b"\n\n")
    assert records[-2:] == [b"data: [DONE]", b""]
    told = [json.loads(record.removeprefix(b"data: ")) for record in records[:-2]]
    first, *others, last = [one["choices"][0]["delta"] for one in told]
    assert (first, last) == ({"role": "assistant", "content": ""}, {})
    assert "".join(delta["content"] for delta in others) == 'Ж\n"\u2028'
    assert all("\n" not in record and "usage" not in record for record in said.decode().split("\n\n")[:-1])
    assert {one["object"] for one in told} == {"chat.completion.chunk"}


@BOTH_WAYS
@pytest.mark.parametrize("stream", [True, False])
def test_nothing_is_sent_before_the_first_piece(server, upstream, stream):
    gate = Gate()
    upstream.will_answer([wait_until(gate), *openai_stream("Hi")])
    port = int(server.rpartition(":")[2])
    body = json.dumps(a_chat(stream=stream)).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"

    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        wire.sendall(f"{head}\r\n\r\n".encode() + body)
        upstream.wait_request()
        wire.setblocking(False)
        with pytest.raises(BlockingIOError):
            wire.recv(1)
        wire.settimeout(10)
        gate.open()
        assert wire.recv(15) == b"HTTP/1.1 200 OK"


@BOTH_WAYS
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("first", [[], [delta("Hello")]])
def test_a_client_that_leaves_ends_the_upstream_request(app, server, upstream, stream, first):
    upstream.will_answer([*first, silence()])
    port = int(server.rpartition(":")[2])
    body = json.dumps(a_chat(stream=stream)).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"

    with socket.create_connection(("127.0.0.1", port), 10) as wire:
        wire.sendall(f"{head}\r\n\r\n".encode() + body)
        upstream.wait_request()

    upstream.wait_request().wait_closed()
    wait_for(lambda: not app.extensions["chat"].quota._running)


@BOTH_WAYS
@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("theirs", "ours"), [(400, 400), (401, 502), (402, 502), (404, 404), (413, 400), (429, 429), (500, 502), (503, 503)]
)
def test_a_failure_before_the_first_piece_has_its_http_status(client, upstream, stream, theirs, ours):
    upstream.will_answer_json(openai_error("no", code="model_not_found" if theirs == 404 else None), status=theirs)

    response = client.post(CHAT, json=a_chat(stream=stream))

    assert (response.status_code, response.mimetype) == (ours, "application/json")
    assert response.json["error"]["type"] == {429: "rate_limit_error"}.get(
        ours, "server_error" if ours >= 500 else "invalid_request_error"
    )


@BOTH_WAYS
@pytest.mark.parametrize("break_off", [[cut()], [chunk({}, "error")], [b"data: nonsense\n\n"]])
def test_a_failure_in_the_middle_is_an_error_without_an_end(client, upstream, break_off):
    upstream.will_answer([delta("Hel"), *break_off])
    response = client.post(CHAT, json=a_chat(stream=True, stream_options={"include_usage": True}))
    told, last = chunks_of(response)

    assert response.status_code == 200
    assert json.loads(last)["error"]["type"] == "server_error"
    assert [one["choices"][0]["finish_reason"] for one in told] == [None, None]

    upstream.will_answer([delta("Hel"), *break_off])
    assert client.post(CHAT, json=a_chat()).status_code == 502


# what is refused


@pytest.mark.parametrize(
    ("members", "param"),
    [
        ({"n": 2}, "n"),
        ({"model": "guide", "tools": [{"type": "function", "function": {"name": "add"}}]}, "tools"),
        ({"model": "guide", "tool_choice": "required"}, "tool_choice"),
        ({"model": "guide", "response_format": {"type": "json_object"}}, "response_format"),
        ({"model": "guide", "messages": [{"role": "tool", "tool_call_id": "x", "content": "3"}]}, "messages"),
        ({"tools": 5}, "tools"),
        ({"tools": ["add"]}, "tools"),
        ({"messages": [{"role": "user", "content": "x", "tool_calls": [{}]}]}, "messages"),
        ({"messages": [{"role": "assistant", "content": "x", "tool_calls": "add"}]}, "messages"),
        ({"functions": [{"name": "add"}]}, "functions"),
        ({"logprobs": True}, "logprobs"),
        ({"messages": []}, "messages"),
        ({"messages": "Hello"}, "messages"),
        ({"messages": [{"role": "tool", "content": "3"}]}, "messages"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages"),
        ({"messages": [{"role": "user", "content": [{**A_PICTURE, "image_url": {"url": "file:///x"}}]}]}, "messages"),
        ({"messages": [{"role": "user", "content": " "}]}, "messages"),
        ({"stream": "yes"}, "stream"),
        ({"stream_options": 5}, "stream_options"),
        ({"temperature": "hot"}, "temperature"),
        ({"top_p": 2}, "top_p"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"stop": [5]}, "stop"),
        ({"model": None}, "model"),
        ({"model": ["m"]}, "model"),
    ],
)  # fmt: skip
def test_an_unsupported_field_is_refused_by_name(client, upstream, members, param):
    error = is_refused(client.post(CHAT, json=a_chat(**members)), 400, None, param)

    assert error["type"] == "invalid_request_error"
    assert upstream.requests == []


@pytest.mark.parametrize(
    "harmless",
    [
        {"n": 1, "tools": [], "tool_choice": "none", "response_format": {"type": "text"}, "logprobs": False},
        {"n": None, "tools": None, "stop": None, "stream": None, "stream_options": None, "max_tokens": None},
        {"seed": 4, "presence_penalty": 0.5, "logit_bias": {}, "user": "me", "metadata": {"a": "b"}, "store": False},
    ],
)
def test_values_that_change_nothing_are_accepted(client, harmless):
    assert client.post(CHAT, json=a_chat(**harmless)).json["choices"][0]["message"]["content"] == "You said: Hello"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'{"model": NaN}', b'"\xff"', b"[" * 100_000, b'{"model": "\\ud800"}']
)
def test_no_body_causes_a_bug(client, body):
    is_refused(client.post(CHAT, data=body, content_type="application/json"), 400, None)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"messages": []}, "messages: must be a list of at least 1 items."),
        ({"max_tokens": 10_000_000}, "max_tokens: must be at most 1000000."),
        ({"stop": ["a"] * 17}, "stop: must be a list of at most 16 items."),
        ({"messages": [{"content": "Hi"}]}, "messages.0: A message's role must be system, user or assistant."),
        (
            {"messages": [{"role": "x" * 200}]},
            f"messages.0: A message's role must be system, user or assistant, not '{'x' * 100}'.",
        ),
    ],
)
def test_an_error_message_is_a_sentence(client, members, sentence):
    assert client.post(CHAT, json=a_chat(**members)).json["error"]["message"] == sentence


def test_every_error_has_the_shape_of_the_api(client):
    is_refused(client.get("/v1/nothing"), 404, None)
    is_refused(client.get(CHAT), 405, None)
    is_refused(client.post(CHAT, data="x", content_type="text/plain"), 415, "unsupported_media_type")
    is_refused(client.post(CHAT, json=a_chat(), headers={"Origin": "https://evil.example"}), 403, "forbidden")
    is_refused(client.post(CHAT, json=a_chat(model="none")), 404, "model_not_found", "model")
    long = [{"role": "user", "content": "x" * (1 << 20) + "x"}]
    is_refused(client.post(CHAT, json=a_chat(messages=long)), 413, "too_large", "messages")
    assert "error" in client.get("/nothing").json and "id" in client.get("/nothing").json["error"]


class TestLimits:
    @pytest.fixture
    def settings(self, settings):
        settings["limits"] = {"turns_per_minute": 1, "concurrent_turns": 1}
        return settings

    def test_limits_apply_here_too(self, program):
        program.chat.completions.create(model="m", messages=QUESTION)

        with pytest.raises(openai.RateLimitError) as slow:
            program.chat.completions.create(model="m", messages=QUESTION)
        assert slow.value.code == "rate_limit_exceeded"
        assert 0 < int(slow.value.response.headers["Retry-After"]) <= 60


class TestOneAtATime:
    @pytest.fixture
    def settings(self, settings):
        settings["limits"] = {"concurrent_turns": 1}
        return settings

    @BOTH_WAYS
    def test_it_has_its_http_status(self, program, upstream):
        upstream.will_answer([delta("Hello"), silence()])
        with program.chat.completions.create(model="m", messages=QUESTION, stream=True) as stream:
            next(iter(stream))
            for streams in (True, False):
                with pytest.raises(openai.RateLimitError):
                    program.chat.completions.create(model="m", messages=QUESTION, stream=streams)


class TestUnderAPrefix:
    @pytest.fixture
    def settings(self, settings):
        settings["url_prefix"] = "/chat-ui"
        return settings

    def test_it_is_served_there(self, client):
        assert client.post(f"/chat-ui{CHAT}", json=a_chat()).status_code == 200
        is_refused(client.post(f"/chat-ui{CHAT}", json=a_chat(n=2)), 400, None, "n")


class TestCompletions:
    """The older API, with a prompt."""

    TEXT = "/v1/completions"

    @BOTH_WAYS
    def test_the_client_gets_a_complete_text(self, program, upstream):
        upstream.will_answer(openai_stream("Hi there!", usage=(5, 2), reasoning="Well.", finish="length"))

        completion = program.completions.create(model="m", prompt="Hello", max_tokens=7, stop=["END"])

        assert (completion.object, completion.choices[0].text) == ("text_completion", "Hi there!")
        assert completion.choices[0].finish_reason == "length"
        assert completion.usage.total_tokens == 7
        asked = upstream.requests[-1].json
        assert (asked["messages"], asked["max_tokens"], asked["stop"]) == (QUESTION, 7, ["END"])

    @BOTH_WAYS
    def test_the_client_streams_a_text(self, program, upstream):
        upstream.will_answer(openai_stream("Hi there!", reasoning="Well."))

        chunks = list(program.completions.create(model="m", prompt=["Hello"], stream=True))

        assert "".join(chunk.choices[0].text for chunk in chunks) == "Hi there!"
        assert [chunk.choices[0].finish_reason for chunk in chunks] == [None, None, "stop"]

    @BOTH_WAYS
    def test_a_failure_after_reasoning_alone_has_its_http_status(self, client, upstream):
        upstream.will_answer([chunk({"reasoning_content": "Well."}), cut()])

        response = client.post(self.TEXT, json={"model": "m", "prompt": "Hello", "stream": True})

        assert (response.status_code, response.json["error"]["code"]) == (502, "stream_cut")

    @pytest.mark.parametrize(
        ("members", "param"),
        [({"prompt": []}, "prompt"), ({"prompt": ["a", "b"]}, "prompt"), ({"prompt": [1, 2]}, "prompt"),
         ({"prompt": " "}, "prompt"), ({"echo": True}, "echo"), ({"suffix": "x"}, "suffix"), ({"n": 2}, "n"),
         ({"best_of": 3}, "best_of"), ({"logprobs": 1}, "logprobs")],
    )  # fmt: skip
    def test_an_unsupported_field_is_refused_by_name(self, client, members, param):
        is_refused(client.post(self.TEXT, json={"model": "m", "prompt": "Hello", **members}), 400, None, param)
