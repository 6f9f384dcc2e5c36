"""Conversations: listed, shown, changed and deleted."""

import pytest

from tests.server.api.test_turns import ask, lines_of
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence
from tests.support.stores import an_outcome, answered

CONVERSATIONS = "/backend-api/v2/conversations"
MESSAGE_MEMBERS = {
    "id", "parent_id", "role", "content", "reasoning", "status", "model", "provider", "notices", "attempts", "usage",
    "error", "created_at",
}  # fmt: skip


def test_conversations_are_listed_newest_first(client):
    first, second = ask(client, "first")[0], ask(client, "second")[0]
    ask(client, "again", conversation_id=first["conversation_id"])

    listed = client.get(CONVERSATIONS).json

    assert [one["id"] for one in listed["conversations"]] == [first["conversation_id"], second["conversation_id"]]
    assert listed["conversations"][1]["title"] == "second"
    assert listed["next"] is None


def test_a_running_answer_is_shown_with_the_text_so_far(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    start = next(event for event in lines_of(response) if event["type"] == "start")
    path = f"{CONVERSATIONS}/{start['conversation_id']}"
    next(event for event in lines_of(client.get(f"/backend-api/v2/messages/{start['message_id']}/events"))
         if event["type"] == "content")  # fmt: skip

    answer = client.get(path).json["messages"][1]

    assert (answer["status"], answer["content"]) == ("running", "Hel")
    assert (answer["provider"], answer["attempts"], answer["notices"]) == ("up", [], [])
    assert client.get(CONVERSATIONS).json["conversations"][0]["running"] is True
    response.close()


def test_the_notices_of_an_answer_are_in_its_conversation(app, client):
    store = app.extensions["chat"].store
    answering = {"provider": "up", "label": "Up", "model": "x", "notices": ["The oldest was left out."]}
    begun = answered(store, outcome=an_outcome(answering=answering))

    question, answer = client.get(f"{CONVERSATIONS}/{begun.conversation_id}").json["messages"]

    assert (question["notices"], answer["notices"]) == ([], ["The oldest was left out."])
    assert set(answer) == MESSAGE_MEMBERS


def test_title_flags_and_leaf_of_a_conversation_change(client):
    start = ask(client)[0]
    path = f"{CONVERSATIONS}/{start['conversation_id']}"

    changed = client.patch(path, json={"title": "New", "pinned": True, "leaf_id": start["user_message_id"]})

    assert changed.json["title"] == "New"
    assert changed.json["pinned"] is True
    assert client.get(path).json["leaf_id"] == start["user_message_id"]


@pytest.mark.parametrize(
    "change",
    [
        {"title": None},
        {"leaf_id": None},
        {"title": ""},
        {"title": "  "},
        {"title": 7},
        {"title": "x" * 201},
        {"pinned": "yes"},
        {"deleted": True},
    ],
)
def test_an_invalid_change_is_refused(client, change):
    start = ask(client)[0]

    response = client.patch(f"{CONVERSATIONS}/{start['conversation_id']}", json=change)

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")


def test_a_deletion_can_be_undone(client):
    path = f"{CONVERSATIONS}/{ask(client)[0]['conversation_id']}"

    assert client.delete(path).status_code == 204
    assert client.get(path).status_code == 404
    assert client.get(CONVERSATIONS).json["conversations"] == []
    assert client.patch(path, json={"deleted": False}).status_code == 200
    assert client.get(path).status_code == 200


def test_deleting_stops_the_running_turn(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    start = next(lines_of(response))
    upstream.wait_request()

    client.delete(f"{CONVERSATIONS}/{start['conversation_id']}")

    upstream.requests[-1].wait_closed()
    response.close()


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_an_unknown_conversation_is_not_found(client, method):
    arguments = {"json": {"title": "New"}} if method == "patch" else {}

    response = getattr(client, method)(f"{CONVERSATIONS}/nothing", **arguments)

    assert (response.status_code, response.json["error"]["code"]) == (404, "unknown_conversation")
