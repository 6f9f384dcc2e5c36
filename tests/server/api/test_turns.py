import json
import uuid

import pytest

from g4f_lite.messages import estimate_tokens
from server.turns import events
from tests.support.services.openai_wire import DONE, chunk, delta, openai_stream
from tests.support.services.upstream import Gate, cut, silence, wait_until

CONVERSATION = "/backend-api/v2/conversation"


def a_turn(content="Hello", **members):
    return {"message": {"content": content}, **members}


def told(response):
    return [json.loads(line) for line in response.get_data(as_text=True).splitlines()]


def text_of(said):
    return "".join(event["content"] for event in said if event["type"] == "content")


def lines_of(response):
    """Yield the events of a streaming response one by one."""
    for block in response.response:
        yield from map(json.loads, block.decode().splitlines())


def ask(client, content="Hello", **members):
    response = client.post(CONVERSATION, json=a_turn(content, **members))
    assert response.status_code == 200, response.get_data(as_text=True)
    return told(response)


def test_the_events_of_a_turn_follow_the_grammar(client, upstream):
    upstream.will_answer(openai_stream("Hi there!", usage=(5, 2), reasoning="Let me see."))

    said = ask(client)

    types = [event["type"] for event in said]
    assert types == ["start", "provider", *["reasoning"] * 3, *["content"] * 2, "title", "usage", "finish"]
    assert [event["seq"] for event in said] == list(range(1, len(said) + 1))
    assert text_of(said) == "Hi there!"
    assert said[1] | {"seq": 0} == {
        "seq": 0, "type": "provider", "provider": "up", "label": "up", "model": "test-model",
    }  # fmt: skip
    assert said[-2]["input_tokens"] == 5
    assert said[-2]["estimated"] is False
    assert said[-1]["reason"] == "stop"


def test_the_time_of_reasoning_is_reported_if_there_was_any(client, upstream):
    upstream.will_answer(openai_stream("Yes.", reasoning="Let me see."))
    usage = next(event for event in ask(client) if event["type"] == "usage")
    assert usage["reasoning_s"] == 1

    usage = next(event for event in ask(client) if event["type"] == "usage")
    assert "reasoning_s" not in usage


def test_the_answer_is_stored_in_the_conversation(client, upstream):
    upstream.will_answer(openai_stream("Hi there!"))
    start = ask(client, "# Greet me\nplease")[0]

    conversation = client.get(f"/backend-api/v2/conversations/{start['conversation_id']}").json

    question, answer = conversation["messages"]
    assert conversation["title"] == "Greet me"
    assert (question["id"], question["content"]) == (start["user_message_id"], "# Greet me\nplease")
    assert (answer["id"], answer["content"], answer["status"]) == (start["message_id"], "Hi there!", "complete")
    assert answer["parent_id"] == question["id"]
    assert conversation["leaf_id"] == answer["id"]


def test_the_history_of_the_branch_is_sent(client, upstream):
    first = ask(client, "one")
    second = ask(client, "two", conversation_id=first[0]["conversation_id"])
    ask(client, "other", conversation_id=first[0]["conversation_id"], parent_id=second[0]["message_id"])
    ask(client, "edited", conversation_id=first[0]["conversation_id"], parent_id=first[0]["message_id"])

    contents = [message["content"] for message in upstream.requests[-1].json["messages"]]

    assert contents == ["one", text_of(first), "edited"]


def test_null_as_parent_edits_the_first_message(client, upstream):
    first = ask(client, "one")
    ask(client, "edited", conversation_id=first[0]["conversation_id"], parent_id=None)

    assert [message["content"] for message in upstream.requests[-1].json["messages"]] == ["edited"]


def test_the_same_message_id_is_the_same_turn(client, upstream):
    message = {"id": str(uuid.uuid4()), "content": "Hello"}

    first = told(client.post(CONVERSATION, json={"message": message}))
    again = told(client.post(CONVERSATION, json={"message": message}))

    assert again == first
    assert len(upstream.requests) == 1


def test_regenerate_adds_an_answer_next_to_the_old_one(client, upstream):
    first = ask(client)
    upstream.will_answer(openai_stream("Another one."))

    body = {"conversation_id": first[0]["conversation_id"], "parent_id": first[0]["user_message_id"]}
    again = told(client.post(CONVERSATION, json={"action": "regenerate", **body}))

    messages = client.get(f"/backend-api/v2/conversations/{body['conversation_id']}").json["messages"]
    assert [message["parent_id"] for message in messages] == [None, messages[0]["id"], messages[0]["id"]]
    assert again[0]["message_id"] == messages[2]["id"] != first[0]["message_id"]
    assert messages[2]["content"] == "Another one."


def test_continue_extends_the_text_and_the_event_numbers(client, upstream):
    upstream.will_answer([delta("Half of"), cut()])
    first = ask(client)
    assert first[-1]["error"]["code"] == "stream_cut"
    upstream.will_answer(openai_stream(" an answer."))

    body = {"conversation_id": first[0]["conversation_id"], "parent_id": first[0]["message_id"], "action": "continue"}
    again = told(client.post(CONVERSATION, json=body))

    assert again[0]["seq"] == first[-1]["seq"] + 1
    assert text_of(again) == " an answer."
    answer = client.get(f"/backend-api/v2/conversations/{body['conversation_id']}").json["messages"][1]
    assert answer["content"] == "Half of an answer."
    assert answer["status"] == "complete"
    assert [message["role"] for message in upstream.requests[-1].json["messages"]] == ["user", "assistant", "user"]


def test_a_continued_answer_is_read_as_one(client, upstream):
    upstream.will_answer([delta("Half of"), cut()])
    first = ask(client)
    upstream.will_answer(openai_stream(" an answer."))
    body = {"conversation_id": first[0]["conversation_id"], "parent_id": first[0]["message_id"], "action": "continue"}
    client.post(CONVERSATION, json=body).get_data()

    said = told(client.get(f"/backend-api/v2/messages/{first[0]['message_id']}/events"))

    assert text_of(said) == "Half of an answer."
    assert said[0]["replay"] is True
    assert [event["type"] for event in said].count("finish") == 1


def test_a_failure_after_the_start_is_an_event_and_keeps_the_text(client, upstream):
    upstream.will_answer([delta("Hel"), delta("lo"), cut()])

    said = ask(client)

    assert text_of(said) == "Hello"
    assert said[-1]["type"] == "error"
    assert said[-1]["error"]["code"] == "stream_cut"
    conversation = client.get(f"/backend-api/v2/conversations/{said[0]['conversation_id']}").json
    assert conversation["messages"][1]["content"] == "Hello"
    assert conversation["messages"][1]["status"] == "failed"
    assert conversation["messages"][1]["error"]["id"] == said[-1]["error"]["id"]


def test_tokens_are_estimated_if_the_provider_reports_none(client, upstream):
    upstream.will_answer(openai_stream("Hi there!"))

    usage = next(event for event in ask(client, "Hello you") if event["type"] == "usage")

    assert usage["estimated"] is True
    assert usage["input_tokens"] == estimate_tokens("Hello you")
    assert usage["output_tokens"] == estimate_tokens("Hi there!")


class TestSeveralRoutes:
    @pytest.fixture
    def settings(self, settings, upstream):
        off = {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1", "models": ["x"]}
        settings["providers"]["off"] = off  # it is not asked for its models, so nobody knows yet that it is off
        settings["models"]["m"] = ["off/x", "up/test-model"]
        return settings

    def test_the_next_route_answers_and_the_failed_one_is_reported_and_stored(self, client, upstream):
        said = ask(client)

        assert [event["type"] for event in said[:3]] == ["start", "attempt", "provider"]
        assert said[1]["provider"] == "off"
        assert said[1]["error"]["code"] == "provider_unreachable"
        answer = client.get(f"/backend-api/v2/conversations/{said[0]['conversation_id']}").json["messages"][1]
        assert answer["attempts"] == [{"provider": "off", "error": said[1]["error"]}]
        assert answer["provider"] == "up"


def test_server_sent_events_have_the_same_content(client, upstream):
    upstream.will_answer(openai_stream("Hi there!"))

    response = client.post(CONVERSATION, json=a_turn(), headers={"Accept": "text/event-stream"})

    assert response.mimetype == "text/event-stream"
    records = response.get_data(as_text=True).split("\n\n")
    said = [json.loads(record.removeprefix("data: ")) for record in records if record]
    assert text_of(said) == "Hi there!"


def test_html_replaces_content(client, upstream):
    upstream.will_answer(openai_stream("# Hi\n\nSome *text*.\n\n```python\nx = 1\n```\n"))

    said = ask(client, render="html")

    shown = {}
    for event in said:
        if event["type"] == "html" and "html" in event:
            shown[event["block"]] = event["html"]
        elif event["type"] == "html":
            shown[event["block"]] += event["text"]
    assert not any(event["type"] == "content" for event in said)
    assert [event["seq"] for event in said] == sorted(event["seq"] for event in said)
    page = client.get(f"/chat/{said[0]['conversation_id']}").get_data(as_text=True)
    for html in shown.values():
        assert html.strip() in page


def test_events_after_a_number_are_read_again_and_always_the_last(client, upstream):
    upstream.will_answer(openai_stream("one two three"))
    said = ask(client)
    path = f"/backend-api/v2/messages/{said[0]['message_id']}/events"

    for after in range(len(said) + 1):
        assert told(client.get(f"{path}?after={after}")) == (said[after:] or said[-1:])


def test_discarded_events_are_made_again(app, client, upstream):
    upstream.will_answer(openai_stream("one two three", usage=(1, 2)))
    said = ask(client)
    store = app.extensions["chat"].store
    with store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM events")

    again = told(client.get(f"/backend-api/v2/messages/{said[0]['message_id']}/events?after=2"))

    assert [event["type"] for event in again] == ["start", "content", "usage", "finish"]
    assert again[0]["replay"] is True
    assert again[1]["content"] == "one two three"
    assert [event["seq"] for event in again] == list(range(said[-1]["seq"] - 3, said[-1]["seq"] + 1))


def test_stop_ends_the_turn_and_the_upstream_request(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post(CONVERSATION, json=a_turn())
    events_told = lines_of(response)
    start = next(events_told)

    stopped = client.post(f"/backend-api/v2/messages/{start['message_id']}/stop")

    assert stopped.json["status"] == "stopped"
    upstream.requests[-1].wait_closed()
    assert list(events_told)[-1] | {"seq": 0} == {"seq": 0, "type": "finish", "reason": "stopped"}
    response.close()


def test_stopping_before_the_first_piece_ends_the_upstream_request_too(client, upstream):
    upstream.will_answer([], before_headers=silence())
    response = client.post(CONVERSATION, json=a_turn())
    start = next(lines_of(response))
    upstream.wait_request()

    client.post(f"/backend-api/v2/messages/{start['message_id']}/stop")

    upstream.requests[-1].wait_closed()
    response.close()


def test_stopping_an_ended_turn_changes_nothing(client, upstream):
    start = ask(client)[0]

    stopped = client.post(f"/backend-api/v2/messages/{start['message_id']}/stop")

    assert (stopped.status_code, stopped.json["status"]) == (200, "complete")


def test_the_turn_continues_when_its_reader_leaves(client, upstream):
    gate = Gate()
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), chunk({}, "stop"), DONE])
    response = client.post(CONVERSATION, json=a_turn())
    start = next(lines_of(response))
    response.close()

    gate.open()
    said = told(client.get(f"/backend-api/v2/messages/{start['message_id']}/events"))

    assert text_of(said) == "Hello"
    assert said[-1]["type"] == "finish"


def test_a_second_reader_joins_in_the_middle(client, upstream):
    gate = Gate()
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), chunk({}, "stop"), DONE])
    first = client.post(CONVERSATION, json=a_turn())
    start = next(lines_of(first))

    second = client.get(f"/backend-api/v2/messages/{start['message_id']}/events?after=1")
    gate.open()

    assert text_of(told(second)) == "Hello"
    first.close()


def test_a_running_answer_cannot_be_the_parent_of_a_question(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post(CONVERSATION, json=a_turn())
    start = next(lines_of(response))

    second = client.post(CONVERSATION, json=a_turn(conversation_id=start["conversation_id"]))

    assert second.status_code == 409
    assert second.json["error"]["code"] == "conflict"
    response.close()


def deep(levels):
    return json.loads("[" * levels + "]" * levels)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("not json", 400, "invalid_request"),
        ("[]", 400, "invalid_request"),
        ('{"message": {"content": NaN}}', 400, "invalid_request"),
        ('{"message": {"content": "\\ud83d"}}', 400, "invalid_request"),
        ('{"message": {"content": "a\\u0000b"}}', 400, "invalid_request"),
        ("[" * 100_000, 400, "invalid_request"),
        (b"\xff\xfe", 400, "invalid_request"),
        ({}, 400, "invalid_request"),
        ({"message": "Hello"}, 400, "invalid_request"),
        ({"message": {"content": 7}}, 400, "invalid_request"),
        (a_turn("  \n\t "), 400, "invalid_request"),
        (a_turn(params={"temperature": "hot"}), 400, "invalid_request"),
        (a_turn(params={"temperature": 1e999}), 400, "invalid_request"),
        (a_turn(render="pdf"), 400, "invalid_request"),
        (a_turn(action="dance"), 400, "invalid_request"),
        (a_turn(params={"x": deep(70)}), 400, "invalid_request"),
        ({"action": "regenerate"}, 400, "invalid_request"),
        (a_turn(model="nobody"), 404, "unknown_model"),
        (a_turn(conversation_id="nowhere"), 404, "unknown_conversation"),
        (a_turn("x" * 5_000_000), 413, "too_large"),
    ],
)
def test_bad_input_is_refused_in_json_without_asking_a_provider(client, upstream, body, status, code):
    data = body if isinstance(body, str | bytes) else json.dumps(body)

    response = client.post(CONVERSATION, data=data, content_type="application/json")

    assert response.status_code == status
    assert response.json["error"]["code"] == code
    assert response.json["error"]["id"]
    assert upstream.requests == []
    assert client.get("/backend-api/v2/conversations").json["conversations"] == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"message": "Hello"}, "message: must be an object, not text."),
        (a_turn(params={"temperature": "hot"}), "params.temperature: must be a number, not text."),
        (a_turn(action="dance"), "action: must be 'send', 'regenerate' or 'continue'."),
        (a_turn(conversation_id="a b"), "conversation_id: must be printable ASCII without spaces."),
        ({"message": {"content": "a", "attachments": [1]}},
         "message.attachments: must be empty: this version does not support attachments."),
        ({}, "message: field required."),
    ],
)  # fmt: skip
def test_a_refusal_names_the_field(client, body, sentence):
    assert client.post(CONVERSATION, json=body).json["error"]["message"] == sentence


@pytest.mark.parametrize("coding", ["utf-16", "utf-32", "latin-1"])
def test_a_body_in_another_encoding_is_refused(client, coding):
    data = json.dumps(a_turn("é"), ensure_ascii=False).encode(coding)

    response = client.post(CONVERSATION, data=data, content_type="application/json")

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/event-stream", "text/event-stream"),
        ("TEXT/Event-Stream, */*;q=0.1", "text/event-stream"),
        ("text/event-stream;q=0", "application/x-ndjson"),
        ("*/*", "application/x-ndjson"),
        (None, "application/x-ndjson"),
    ],
)
def test_the_accept_header_chooses_the_format(client, accept, kind):
    headers = {"Accept": accept} if accept else {}

    assert client.post(CONVERSATION, json=a_turn(), headers=headers).mimetype == kind


def test_a_reader_that_reconnects_between_two_blocks_gets_them_again(client, upstream):
    upstream.will_answer(openai_stream(["A\n\nB\n\nC"]))
    path = f"/backend-api/v2/messages/{ask(client)[0]['message_id']}/events?render=html"
    said = told(client.get(path))

    for count in range(1, len(said)):
        rest = told(client.get(f"{path}&after={said[count - 1]['seq']}"))
        shown = {event["block"] for event in [*said[:count], *rest] if event["type"] == "html"}
        assert shown == {0, 1, 2}


def test_a_reader_ahead_of_a_running_turn_starts_over(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post(CONVERSATION, json=a_turn())
    start = next(lines_of(response))

    again = client.get(f"/backend-api/v2/messages/{start['message_id']}/events?after=50")

    assert next(lines_of(again))["replay"] is True
    again.close()
    response.close()


def test_a_parent_in_another_conversation_is_unknown(client, upstream):
    first, second = ask(client)[0], ask(client)[0]

    response = client.post(
        CONVERSATION, json=a_turn(conversation_id=first["conversation_id"], parent_id=second["message_id"])
    )

    assert (response.status_code, response.json["error"]["code"]) == (404, "unknown_message")


@pytest.mark.parametrize("query", ["after=-1", "after=x", "render=pdf"])
def test_an_invalid_query_for_events_is_refused(client, upstream, query):
    start = ask(client)[0]

    response = client.get(f"/backend-api/v2/messages/{start['message_id']}/events?{query}")

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_message_has_no_events_and_cannot_be_stopped(client, method):
    path = {"get": "events", "post": "stop"}[method]

    response = getattr(client, method)(f"/backend-api/v2/messages/nothing/{path}")

    assert (response.status_code, response.json["error"]["code"]) == (404, "unknown_message")


def test_a_ping_is_sent_in_a_silence(monkeypatch, client, upstream):
    monkeypatch.setattr("server.turns.replay.PING_EVERY_S", 0.01)
    upstream.will_answer([delta("Hel"), silence()])

    response = client.post(CONVERSATION, json=a_turn())

    assert json.loads(events.PING) in lines_of(response)
    response.close()
