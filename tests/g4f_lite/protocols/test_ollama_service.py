"""The fake Ollama server behaves like the real one, so tests against it are meaningful."""

import json
import threading

import pytest

from tests.support.services.ollama_service import Server
from tests.support.services.upstream import Request

HELLO = {"role": "user", "content": "Hello there"}
BODY = {"model": "llama3.2", "messages": [HELLO], "stream": False}
IMAGE = "data:image/png;base64,iVBORw0KGgo="


def answered(body, server=Server(), headers=None):  # noqa: B008 - it is not changed
    request = Request("POST", "/api/chat", headers or {}, json.dumps(body).encode(), threading.Event())
    return server(request)


def text_of(answer):
    return json.loads(b"".join(answer.steps))["message"]["content"]


def test_streaming_is_the_default():
    body = {"model": "llama3.2", "messages": [HELLO]}

    assert len(list(answered(body).steps)) == 4
    assert text_of(answered({**body, "stream": False})) == "You said: Hello there"


def test_openai_s_names_at_the_top_have_no_effect():
    assert text_of(answered(BODY | {"max_tokens": 1, "stop": ["said"]})) == "You said: Hello there"
    assert text_of(answered(BODY | {"options": {"num_predict": 1}})) == "You "


@pytest.mark.parametrize(
    ("members", "status", "complaint"),
    [
        ({"model": ""}, 400, "model is required"),
        ({"model": "qwen9"}, 404, "model 'qwen9' not found"),
        ({"model": "nomic-embed-text"}, 400, "does not support chat"),
        ({"think": True}, 400, "does not support thinking"),
        ({"think": "hard"}, 400, "invalid think value"),
        ({"keep_alive": "300"}, 400, "missing unit"),
        ({"messages": [{**HELLO, "content": [{"type": "text", "text": "a"}]}]}, 400, "cannot unmarshal"),
        ({"messages": [{**HELLO, "images": [IMAGE]}]}, 400, "illegal base64"),
    ],
    ids=str,
)
def test_what_breaks_a_rule_is_refused(members, status, complaint):
    answer = answered(BODY | members)

    assert answer.status == status
    assert complaint in json.loads(b"".join(answer.steps))["error"]


def test_without_messages_a_model_is_loaded_and_says_nothing():
    assert json.loads(b"".join(answered(BODY | {"messages": []}).steps))["done_reason"] == "load"


def test_a_key_is_asked_for_where_there_is_one():
    assert answered(BODY, Server(key="right")).status == 401
    assert answered(BODY, Server(key="right"), {"authorization": "Bearer right"}).status == 200
