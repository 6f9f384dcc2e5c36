"""Stored requests of programs: they become conversations like those of the page.

`test_openai.py` and `test_anthropic.py` check that programs receive the same answers with and without storing.
"""

import json
import socket
import threading
from typing import Any

import openai
import pytest
import requests
from openai import OpenAI

from server.problems import Problem
from tests.server.api.test_turns import ask
from tests.server.compat.test_openai import A_PICTURE, CHAT, QUESTION
from tests.server.compat.test_tools import CALL, PARTS, TOOL
from tests.server.pages.test_api_keys import listed, make, with_key
from tests.support.services.openai_wire import DONE, chunk, delta, openai_error, openai_stream
from tests.support.services.upstream import Gate, cut, silence, wait_until
from tests.support.waiting import wait_for

CONVERSATIONS = "/backend-api/v2/conversations"
HELLO = [("user", "Hello"), ("assistant", "You said: Hello")]


def a_chat(**members: Any) -> dict[str, Any]:
    return {"model": "m", "messages": QUESTION, "store": True, **members}


def history(client):
    """Return all conversations with their messages, newest first."""
    listed = client.get(CONVERSATIONS).json["conversations"]
    return [client.get(f"{CONVERSATIONS}/{one['id']}").json for one in listed]


def texts(conversation):
    return [(message["role"], message["content"]) for message in conversation["messages"]]


@pytest.fixture
def program(server):
    with OpenAI(base_url=f"{server}/v1", api_key="anything", max_retries=0, timeout=10) as client:
        yield client


def test_it_is_a_conversation_like_any_other(client, upstream):
    upstream.will_answer(openai_stream("Hi there!", usage=(5, 2), reasoning="Let me see.", finish="length"))
    told = [{"role": "system", "content": "Be brief."}, *QUESTION]

    answer = client.post(CHAT, json=a_chat(messages=told, temperature=0, max_tokens=9)).json

    assert answer["choices"][0]["message"]["content"] == "Hi there!"
    [found] = history(client)
    assert (found["title"], found["model"]) == ("Hello", "m")
    assert found["params"] == {"temperature": 0, "max_tokens": 9, "system": "Be brief."}
    question, reply = found["messages"]
    assert (question["role"], question["content"], question["parent_id"]) == ("user", "Hello", None)
    assert (reply["content"], reply["reasoning"], reply["status"]) == ("Hi there!", "Let me see.", "complete")
    assert (reply["model"], reply["provider"], reply["error"]) == ("m", "up", None)
    assert (reply["usage"]["input_tokens"], reply["usage"]["output_tokens"]) == (5, 2)
    assert found["leaf_id"] == reply["id"]
    assert client.get("/backend-api/v2/search?q=there").json["results"]
    assert "Hi there!" in client.get(f"/chat/{found['id']}").text


@pytest.mark.parametrize("store", [False, None])
def test_nothing_is_stored_unless_requested(client, store):
    assert client.post(CHAT, json=a_chat(store=store)).status_code == 200
    assert history(client) == []


def test_store_is_true_or_false(client):
    error = client.post(CHAT, json=a_chat(store="yes")).json["error"]
    assert (error["param"], history(client)) == ("store", [])


def test_a_completion_is_stored_if_the_request_says_so(client):
    assert client.post("/v1/completions", json={"model": "m", "prompt": "Hello", "store": True}).status_code == 200
    assert texts(history(client)[0]) == HELLO


def test_open_pages_are_notified(app, client):
    queue = app.extensions["chat"].notifications.listen("local")

    client.post(CHAT, json=a_chat(stream=True)).get_data()

    heard: dict[str, list[Any]] = {"turn": [], "conversation": [], "providers": []}
    while len(heard["turn"]) < 2 or not heard["conversation"]:
        news = json.loads(queue.get(timeout=10))
        heard[news["type"]].append(news)
    assert [news["state"] for news in heard["turn"]] == ["running", "complete"]
    assert heard["conversation"][0]["conversation"]["title"] == "Hello"


def test_a_continued_dialogue_is_one_conversation(program, client):
    messages: list[Any] = [{"role": "system", "content": "It is 10:00."}]
    for question in ("One", "Two", "Three"):
        messages[0] = {"role": "system", "content": f"It is past {question}."}
        messages.append({"role": "user", "content": question})
        completion = program.chat.completions.create(model="m", messages=messages, store=True)
        messages.append(completion.choices[0].message.model_dump())

    [found] = history(client)
    assert texts(found)[::2] == [("user", "One"), ("user", "Two"), ("user", "Three")]
    assert [message["parent_id"] for message in found["messages"][1:]] == [one["id"] for one in found["messages"]][:-1]
    assert found["params"] == {"system": "It is past Three."}


def test_it_can_be_continued_on_the_page(client, upstream):
    client.post(CHAT, json=a_chat(messages=[{"role": "system", "content": "Be brief."}, *QUESTION]))
    [found] = history(client)

    said = ask(client, "And now?", conversation_id=found["id"])

    assert said[-1]["type"] == "finish"
    asked = upstream.requests[-1].json["messages"]
    assert [message["content"] for message in asked] == ["Be brief.", "Hello", "You said: Hello", "And now?"]


def asking(server, **members):
    """Send a request, and return the connection before any of the answer is read."""
    port, body = int(server.rpartition(":")[2]), json.dumps(a_chat(**members)).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    wire = socket.create_connection(("127.0.0.1", port), 10)
    wire.sendall(f"{head}\r\n\r\n".encode() + body)
    return wire


def test_the_question_is_stored_before_it_is_answered(client, server, upstream):
    gate = Gate()
    upstream.will_answer([wait_until(gate), *openai_stream("Hi")])
    with asking(server):
        upstream.wait_request()
        [found] = history(client)
        assert texts(found) == [("user", "Hello"), ("assistant", "")]
        assert found["messages"][1]["status"] == "running"
        gate.open()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("first", ["", "Hel"])
def test_a_reader_that_leaves_stops_it_and_the_text_so_far_is_stored(client, server, upstream, stream, first):
    upstream.will_answer([*([delta(first)] if first else []), silence()])
    with asking(server, stream=stream):
        upstream.wait_request()
        wait_for(lambda: history(client)[0]["messages"][1]["content"] == first)

    upstream.wait_request().wait_closed()
    wait_for(lambda: history(client)[0]["messages"][1]["status"] == "stopped")
    assert texts(history(client)[0])[1] == ("assistant", first)


def test_a_reader_that_leaves_before_the_start_leaves_nothing_running(app, client, server, upstream, monkeypatch):
    upstream.will_answer([silence()])
    store, gate = app.extensions["chat"].store, threading.Event()
    begin = store.begin_turn_with_history
    monkeypatch.setattr(store, "begin_turn_with_history", lambda *of_it: gate.wait(10) and begin(*of_it))
    with asking(server):
        wait_for(lambda: app.extensions["chat"].streams.count)
    wait_for(lambda: not app.extensions["chat"].streams.count)
    gate.set()

    wait_for(lambda: history(client) and history(client)[0]["messages"][1]["status"] == "stopped")
    wait_for(lambda: not app.extensions["chat"].engine.running)
    wait_for(lambda: not app.extensions["chat"].quota._running)


def test_a_stream_that_breaks_off_is_stored_as_failed(program, client, upstream):
    upstream.will_answer([delta("Hel"), cut()])

    with pytest.raises(openai.APIError, match=r"before it was complete|was lost"):
        list(program.chat.completions.create(model="m", messages=QUESTION, stream=True, store=True))

    reply = history(client)[0]["messages"][1]
    assert (reply["content"], reply["status"], reply["error"]["code"]) == ("Hel", "failed", "stream_cut")


def test_a_failure_before_the_first_piece_is_stored_and_a_retry_continues_there(program, client, upstream):
    upstream.will_answer_json(openai_error("no"), status=503)
    with pytest.raises(openai.InternalServerError):
        program.chat.completions.create(model="m", messages=QUESTION, store=True)

    program.chat.completions.create(model="m", messages=QUESTION, store=True)

    [found] = history(client)
    question, failed, reply = found["messages"]
    assert (failed["status"], failed["error"]["code"]) == ("failed", "provider_overloaded")
    assert (reply["status"], reply["parent_id"]) == ("complete", question["id"])


def test_a_failure_has_one_id_in_the_log_and_the_history(client, upstream, caplog):
    upstream.will_answer_json(openai_error("no"), status=503)
    assert client.post(CHAT, json=a_chat()).status_code == 503

    error = history(client)[0]["messages"][1]["error"]
    assert f"POST {CHAT}: provider_overloaded, id {error['id']}" in caplog.text


def test_without_storage_no_provider_is_asked(app, client, upstream, monkeypatch):
    def full(*of_it):
        raise Problem("storage_unavailable", "The disk is full.")

    monkeypatch.setattr(app.extensions["chat"].store, "begin_turn_with_history", full)
    for stream in (True, False):
        response = client.post(CHAT, json=a_chat(stream=stream))
        assert (response.status_code, response.json["error"]["message"]) == (503, "The disk is full.")
    assert [one for one in upstream.requests if one.method == "POST"] == []
    assert not app.extensions["chat"].quota._running


@pytest.mark.parametrize("stream", [True, False])
def test_an_answer_that_is_stopped_on_the_page_is_an_error(program, client, upstream, stream):
    upstream.will_answer([delta("Hel"), silence()])

    def stop():
        upstream.wait_request()
        wait_for(lambda: history(client)[0]["messages"][1]["content"] == "Hel")
        client.post(f"/backend-api/v2/messages/{history(client)[0]['messages'][1]['id']}/stop")

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(openai.APIError, match="stopped this answer on the page"):
        answer = program.chat.completions.create(model="m", messages=QUESTION, store=True, stream=stream)
        list(answer)
    thread.join()
    assert history(client)[0]["messages"][1]["status"] == "stopped"


def test_tool_calls_are_passed_on_and_stored_as_text(program, client, upstream):
    messages: list[Any] = [{"role": "user", "content": "One and one?"}]
    upstream.will_answer(PARTS)
    completion = program.chat.completions.create(model="m", messages=messages, tools=[TOOL], store=True)
    call = completion.choices[0].message
    assert [one.model_dump() for one in call.tool_calls] == [CALL]
    messages += [call.model_dump(exclude_none=True), {"role": "tool", "tool_call_id": "call_1", "content": "2"}]
    upstream.will_answer(openai_stream("Two."))

    program.chat.completions.create(model="m", messages=messages, tools=[TOOL], store=True)

    assert upstream.requests[-1].json["messages"][1]["tool_calls"] == [CALL]
    [found] = history(client)
    assert texts(found) == [
        ("user", "One and one?"),
        ("assistant", '```add\n{"a": 1}\n```'),
        ("user", "add →\n2"),
        ("assistant", "Two."),
    ]


UNPAIRED = '{"a": "\\ud83d"}'
"""Arguments with an unpaired surrogate, which JSON allows and no database can store."""


def test_an_unpaired_surrogate_in_a_tool_call_does_not_fail_the_answer(client, upstream):
    call = {**CALL, "function": {"name": "add", "arguments": UNPAIRED}}
    upstream.will_answer([delta("I add."), chunk({"tool_calls": [{"index": 0, **call}]}, "tool_calls"), DONE])

    message = client.post(CHAT, json=a_chat(tools=[TOOL])).json["choices"][0]["message"]
    result = {"role": "tool", "tool_call_id": call["id"], "content": "2"}
    assert client.post(CHAT, json=a_chat(messages=[*QUESTION, message, result], tools=[TOOL])).status_code == 200

    assert message["tool_calls"] == [call]
    [found] = history(client)
    assert texts(found)[1] == ("assistant", 'I add.\n\n```add\n{"a": "\ufffd"}\n```')
    assert len(found["messages"]) == 4


def test_a_picture_is_not_stored_and_goes_to_the_provider(client, upstream):
    told = [{"role": "user", "content": [{"type": "text", "text": "See"}, A_PICTURE]}]

    client.post(CHAT, json=a_chat(messages=told))

    assert upstream.requests[-1].json["messages"] == told
    assert texts(history(client)[0])[0] == ("user", "See\n\n[image/png]")


def test_an_answer_that_the_program_begins_is_stored_completely(client, upstream):
    upstream.will_answer(openai_stream("is blue."))
    told = [*QUESTION, {"role": "assistant", "content": "The sky "}]

    answer = client.post(CHAT, json=a_chat(messages=told)).json

    assert answer["choices"][0]["message"]["content"] == "is blue."
    assert texts(history(client)[0]) == [("user", "Hello"), ("assistant", "The sky is blue.")]


def test_answers_from_elsewhere_are_shown_as_a_programs(client):
    told = [{"role": "assistant", "content": "Ask me!"}, {"role": "user", "content": "One"},
            {"role": "assistant", "content": "Two"}, *QUESTION]  # fmt: skip
    client.post(CHAT, json=a_chat(messages=told))
    [found] = history(client)

    page = client.get(f"/chat/{found['id']}").text.partition("<template")[0]
    assert page.count("<span data-model>A program</span>") == 2
    assert page.count('data-action="regenerate"') == 2, "the first answer has no question that could be asked again"
    markdown = client.get(f"{CONVERSATIONS}/{found['id']}/markdown").text
    assert "## A program\n\nTwo\n" in markdown
    info = client.get(f"/chat/parts/message-info?id={found['messages'][2]['id']}").text
    assert "by a program" in info and "<dt>Model</dt>" not in info
    events = client.get(f"/backend-api/v2/messages/{found['messages'][2]['id']}/events").text
    assert '"content":"Two"' in events


def test_a_system_prompt_too_long_for_the_page_is_not_remembered(client, upstream):
    client.post(CHAT, json=a_chat(messages=[{"role": "system", "content": "x" * 40_000}, *QUESTION]))

    assert len(upstream.requests[-1].json["messages"][0]["content"]) == 40_000
    assert history(client)[0]["params"] == {}


class TestKeys:
    @pytest.fixture
    def settings(self, settings):
        settings["auth"] = {"mode": "accounts"}
        return settings

    @pytest.fixture
    def key(self, anna):
        return make(anna, store="on")

    def post(self, app, path, key, **members):
        return app.test_client().post(path, json={"model": "m", **members}, headers=with_key(key))

    @pytest.mark.parametrize("path", [CHAT, "/v1/messages"])
    def test_a_key_may_store_its_requests(self, app, anna, ben, key, path):
        assert self.post(app, path, key, messages=QUESTION, max_tokens=9).status_code == 200
        assert self.post(app, path, make(anna), messages=QUESTION, max_tokens=9).status_code == 200

        assert [texts(found) for found in history(anna)] == [HELLO]
        assert history(ben) == []

    def test_a_request_overrides_the_key(self, app, anna, key):
        assert self.post(app, CHAT, key, messages=QUESTION, store=False).status_code == 200
        assert history(anna) == []
        assert self.post(app, CHAT, make(anna), messages=QUESTION, store=True).status_code == 200
        assert len(history(anna)) == 1

    def test_completions_of_editors_are_not_stored(self, app, anna, key):
        assert self.post(app, "/v1/completions", key, prompt="Hello").status_code == 200
        assert history(anna) == []

    def test_the_page_shows_it(self, anna, key):
        assert "chats are saved" in listed(anna)

    def test_stored_requests_count_for_the_key(self, app, anna, upstream):
        key = make(anna, store="on", tokens_per_day="100")
        upstream.will_answer(openai_stream("Hi", usage=(60, 40)))
        assert self.post(app, CHAT, key, messages=QUESTION).status_code == 200

        refused = self.post(app, CHAT, key, messages=QUESTION)
        assert "This API key has used its token allowance" in refused.json["error"]["message"]

    def test_a_stream_ends_with_its_key(self, app, server, anna, key, upstream):
        upstream.will_answer([delta("Hello"), silence()])
        body = {"model": "m", "messages": QUESTION, "stream": True}
        with requests.post(f"{server}{CHAT}", json=body, headers=with_key(key), stream=True, timeout=10) as response:
            assert response.raw.read(1)
            access = app.extensions["chat"].access
            access.api_keys.revoke("local", access.api_keys.of("local")[0].id)
            upstream.wait_request().wait_closed()

        wait_for(lambda: history(anna)[0]["messages"][1]["status"] == "stopped")
