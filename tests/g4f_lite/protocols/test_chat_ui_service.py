"""The fake server has the real one's rules: each of them rejects a request that ignores it."""

import re

import pytest
import requests

from tests.support.services.chat_ui_service import ID, MODELS, SUCCESS, ChatUi
from tests.support.services.upstream import Upstream

UUID = "7f0c5a0e-4c44-4d0c-9d9b-3f6f8a8f6f10"
GOOD = {"inputs": "Hello", "parameters": {"temperature": 0.4}, "stream": True, "options": {"id": UUID}}


@pytest.fixture
def service():
    return ChatUi()


@pytest.fixture
def upstream(service):
    upstream = Upstream(otherwise=service)
    yield upstream
    upstream.close()


@pytest.fixture
def visitor():
    with requests.Session() as session:
        yield session


@pytest.fixture
def settle(visitor, upstream):
    def settling(referer=f"{upstream.url}/", accept="*/*", **form):
        headers = {"Referer": referer, "Accept": accept}
        form = {"ethicsModalAccepted": "true", "activeModel": MODELS[0], **form}
        return visitor.post(f"{upstream.url}/settings", form, headers=headers, allow_redirects=False)

    return settling


@pytest.fixture
def conversation(visitor, upstream, settle):
    """The address of a conversation of the visitor."""
    settle()
    created = visitor.post(f"{upstream.url}/conversation", json={"model": MODELS[0]}).json()
    return f"{upstream.url}/conversation/{created['conversationId']}"


def test_a_form_without_a_referer_is_refused_with_a_text(settle):
    for referer in (None, "", "https://elsewhere.example/"):
        answer = settle(referer)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/plain")


def test_a_client_that_asks_for_json_is_refused_in_json(settle):
    assert "error" in settle(None, accept="application/json").json()


def test_a_form_is_answered_by_a_description_of_a_redirect(settle):
    assert settle().json() == SUCCESS
    assert settle(accept="text/html,*/*").status_code == 303


def test_an_unknown_model_is_an_error_of_the_form_too(settle):
    answer = settle(activeModel="gpt-4")

    assert (answer.status_code, answer.json()["type"]) == (500, "error")


def test_nothing_but_settings_is_open_before_the_disclaimer_is_accepted(visitor, upstream, settle):
    for call in (visitor.post, visitor.delete):
        answer = call(f"{upstream.url}/conversation/{ID}", json={})
        assert (answer.status_code, "error" in answer.json()) == (405, True)
    assert visitor.delete(f"{upstream.url}/conversation/{ID}").text.startswith("You need")

    settle()

    assert visitor.post(f"{upstream.url}/conversation", json={"model": MODELS[0]}).status_code == 200


def test_a_refusal_before_the_routes_sets_no_cookie(visitor, upstream, settle):
    assert "set-cookie" not in visitor.post(f"{upstream.url}/conversation", json={}).headers
    assert "set-cookie" in settle().headers
    assert "set-cookie" in visitor.get(upstream.url).headers


def test_acceptance_is_of_a_session(visitor, upstream, settle):
    settle()
    visitor.cookies.clear()

    assert visitor.post(f"{upstream.url}/conversation", json={"model": MODELS[0]}).status_code == 405


def test_a_conversation_is_of_a_session(visitor, conversation, settle):
    visitor.cookies.clear()
    settle()

    answer = visitor.post(conversation, json=GOOD)
    assert (answer.status_code, answer.json()) == (404, {"message": "Conversation not found"})
    assert visitor.delete(conversation).status_code == 404


def test_a_conversation_has_24_hexadecimal_digits(conversation):
    assert re.fullmatch(".*/[0-9a-f]{24}", conversation)


@pytest.mark.parametrize("asked", [{"model": "gpt-4"}, {"model": "falcon-40b"}, {}, None])
def test_an_unknown_model_is_an_internal_error(visitor, upstream, settle, asked):
    settle()

    answer = visitor.post(f"{upstream.url}/conversation", json=asked)

    assert (answer.status_code, answer.json()) == (500, {"message": "Internal Error"})


def test_a_browsers_accept_gets_errors_as_pages(visitor, upstream, settle):
    settle()

    answer = visitor.post(f"{upstream.url}/conversation", json={}, headers={"Accept": "text/html"})

    assert (answer.status_code, answer.text[:9]) == (500, "<!DOCTYPE")


@pytest.mark.parametrize(
    "wrong",
    [
        {"inputs": ""},
        {"inputs": " \n"},
        {"inputs": None},
        {"options": None},
        {"options": {"id": "1234567890"}},
        {"options": {"response_id": "abc"}},
    ],
)
def test_a_question_that_is_not_valid_is_an_internal_error(visitor, conversation, wrong):
    assert visitor.post(conversation, json={**GOOD, **wrong}).status_code == 500


@pytest.mark.parametrize(
    "parameters",
    [
        {"temperature": 0},
        {"temperature": 0, "do_sample": False},
        {"repetition_penalty": 0},
        {"truncate": 0},
        {"max_new_tokens": 0},
        {"top_p": 1},
    ],
)
def test_a_parameter_out_of_bounds_is_refused_within_a_good_answer(visitor, conversation, parameters):
    answer = visitor.post(conversation, json={**GOOD, "parameters": parameters})

    assert answer.status_code == 200
    assert '"error_type":"validation"' in answer.text


def test_a_question_is_answered_in_events_and_kept(visitor, conversation, service):
    first = visitor.post(conversation, json=GOOD).content
    visitor.post(conversation, json=GOOD)

    assert first.startswith(b'data:{"token":{')
    assert first.endswith(b'"special":true},"generated_text":"You said: Hello","details":null}\n\n')
    (kept,) = service.conversations.values()
    assert [message["from"] for message in kept.messages] == ["user", "assistant"] * 2


def test_without_streaming_the_answer_is_a_list(visitor, conversation):
    assert visitor.post(conversation, json={**GOOD, "stream": False}).json() == [{"generated_text": "You said: Hello"}]


def test_a_conversation_is_deleted_once(visitor, conversation, service):
    answer = visitor.delete(conversation)

    assert (answer.status_code, answer.content) == (200, b"")
    assert service.deleted == [conversation.rpartition("/")[2]]
    assert visitor.delete(conversation).status_code == 404
    assert visitor.delete(conversation + "0").status_code == 500
