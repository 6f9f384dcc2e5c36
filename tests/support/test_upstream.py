"""The scripted upstream is honest: real clients talk to it, and it does what scripts say."""

import http.client
import socket
from urllib.parse import urlsplit

import pytest
from openai import OpenAI

from tests.support.services.openai_wire import DONE, MODELS, delta, openai_stream
from tests.support.services.upstream import Gate, cut, paced, reset, silence, wait_until

QUESTION = [{"role": "user", "content": "Grüße 👋"}]


@pytest.fixture
def openai(upstream):
    with OpenAI(base_url=upstream.base_url, api_key="any", max_retries=0) as client:
        yield client


def connect(upstream):
    return socket.create_connection((urlsplit(upstream.url).hostname, urlsplit(upstream.url).port), timeout=10)


def post(upstream, body=b"{}"):
    """Send a chat request and return the socket, nothing read yet."""
    client = connect(upstream)
    client.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
    return client


def test_the_openai_client_streams_an_answer(openai):
    chunks = openai.chat.completions.create(
        model=MODELS[0], messages=QUESTION, stream=True, stream_options={"include_usage": True}
    )

    *parts, last = chunks
    assert "".join(part.choices[0].delta.content or "" for part in parts) == "You said: Grüße 👋"
    assert parts[-1].choices[0].finish_reason == "stop"
    assert last.usage.total_tokens == last.usage.prompt_tokens + last.usage.completion_tokens


def test_the_openai_client_gets_a_whole_answer(openai):
    completion = openai.chat.completions.create(model=MODELS[0], messages=QUESTION)

    assert completion.choices[0].message.content == "You said: Grüße 👋"
    assert completion.usage.prompt_tokens == 2


def test_the_openai_client_lists_the_models(openai):
    assert [model.id for model in openai.models.list()] == list(MODELS)


def test_requests_are_kept(upstream, openai):
    openai.chat.completions.create(model=MODELS[0], messages=QUESTION)

    request = upstream.wait_request()
    assert request.json["messages"] == QUESTION
    assert request.headers["authorization"] == "Bearer any"


def test_a_gate_holds_an_answer_back(upstream, openai):
    gate = Gate()
    upstream.will_answer(paced(openai_stream(["a", "b"]), wait_until(gate)))
    gate.let_through(2)

    chunks = openai.chat.completions.create(model=MODELS[0], messages=QUESTION, stream=True)
    next(chunks)
    assert next(chunks).choices[0].delta.content == "a"

    gate.open()
    assert next(chunks).choices[0].delta.content == "b"


def test_a_cut_ends_the_body_without_its_last_chunk(upstream):
    upstream.will_answer([delta("Hel"), cut()])

    with post(upstream) as client:
        answer = client.makefile("rb").read()

    assert answer.endswith(delta("Hel") + b"\r\n")


def test_a_reset_is_a_reset(upstream):
    gate = Gate()
    upstream.will_answer([wait_until(gate), reset()])

    with post(upstream) as client:
        client.recv(4096)
        gate.open()
        with pytest.raises(ConnectionResetError):
            client.recv(1)


def test_a_client_that_leaves_is_noticed_at_once(upstream):
    upstream.will_answer([delta("a"), silence()])

    with post(upstream):
        request = upstream.wait_request()
        assert upstream.open_connections == 1

    request.wait_closed()
    upstream.wait_closed()


def test_a_connection_serves_again(upstream):
    client = http.client.HTTPConnection(urlsplit(upstream.url).netloc, timeout=10)
    for _ in range(2):
        client.request("GET", "/v1/models")
        assert client.getresponse().read().startswith(b'{"object": "list"')

    assert len(upstream.requests) == 2
    assert upstream.open_connections == 1
    client.close()


def test_scripts_serve_the_path_they_were_written_for(upstream, openai):
    upstream.will_answer([delta("scripted"), DONE])
    upstream.will_answer_json({"data": [{"id": "scripted"}]}, to="/models")

    assert [model.id for model in openai.models.list()] == ["scripted"]
    first = next(openai.chat.completions.create(model=MODELS[0], messages=QUESTION, stream=True))
    assert first.choices[0].delta.content == "scripted"


def test_raw_bytes_are_sent_as_they_are(upstream):
    upstream.will_answer_raw([b"SSH-2.0-", b"nonsense"])

    with post(upstream) as client:
        assert client.makefile("rb").read() == b"SSH-2.0-nonsense"


def test_what_is_not_http_is_answered_with_400(upstream):
    with connect(upstream) as client:
        client.sendall(b"\x16\x03\x01")
        assert client.makefile("rb").read().startswith(b"HTTP/1.1 400")
