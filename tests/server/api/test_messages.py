"""Single messages: deleted, restored, given another version, forked."""

import json

import pytest

from server.api.bodies import LONGEST_TEXT
from tests.server.api.test_conversations import CONVERSATIONS, MESSAGE_MEMBERS
from tests.server.api.test_turns import ask, lines_of, told
from tests.support.services.openai_wire import delta
from tests.support.services.upstream import silence
from tests.support.stores import a_turn, add_person, answered

MESSAGES = "/backend-api/v2/messages"


@pytest.fixture
def heard(app):
    """Return the notifications that an open page received since the last call."""
    notifications = app.extensions["chat"].notifications
    listener = notifications.listen("local")

    def news():
        found = []
        while not listener.empty():
            found.append(json.loads(listener.get_nowait()))
        return [one for one in found if one["type"] != "providers"]

    yield news
    notifications.leave("local", listener)


@pytest.fixture
def begun(app):
    """A turn that ended earlier, so that it sends no notifications any more."""
    return answered(app.extensions["chat"].store)


def seen(client, start):
    return [message["id"] for message in client.get(f"{CONVERSATIONS}/{start['conversation_id']}").json["messages"]]


def test_a_message_is_deleted_with_its_replies_and_restored(client):
    first = ask(client)[0]
    second = ask(client, "again", conversation_id=first["conversation_id"])[0]
    path = f"{MESSAGES}/{second['user_message_id']}"

    gone = client.delete(path)

    assert (gone.status_code, gone.json) == (
        200,
        {"conversation_id": first["conversation_id"], "leaf_id": first["message_id"]},
    )
    assert seen(client, first) == [first["user_message_id"], first["message_id"]]
    assert client.delete(path).json["error"]["code"] == "unknown_message"
    events = client.get(f"{MESSAGES}/{second['message_id']}/events")
    assert (events.status_code, events.json["error"]["code"]) == (404, "unknown_message")

    back = client.patch(path, json={"deleted": False})

    assert (back.status_code, back.json["leaf_id"]) == (200, second["message_id"])
    assert len(seen(client, first)) == 4


def test_open_pages_are_notified_of_changed_messages(client, heard, begun):
    path = f"{MESSAGES}/{begun.answer.id}"
    thread = {"type": "thread", "conversation_id": begun.conversation_id}

    for change in (
        lambda: client.delete(path),
        lambda: client.patch(path, json={"deleted": False}),
        lambda: client.post(f"{path}/versions", json={"content": "Better."}),
        lambda: client.patch(f"{CONVERSATIONS}/{begun.conversation_id}", json={"leaf_id": begun.answer.id}),
    ):
        assert change().status_code < 300
        conversation, *others = heard()
        assert (conversation["type"], conversation["conversation"]["id"]) == ("conversation", begun.conversation_id)
        assert others == [thread]
    client.patch(f"{CONVERSATIONS}/{begun.conversation_id}", json={"title": "New"})
    assert [one["type"] for one in heard()] == ["conversation"]


def test_deleting_a_question_stops_its_running_answer(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    start = next(lines_of(response))
    request = upstream.wait_request()

    gone = client.delete(f"{MESSAGES}/{start['user_message_id']}")

    assert (gone.status_code, gone.json["leaf_id"]) == (200, None)
    request.wait_closed()
    response.close()
    assert client.get(CONVERSATIONS).json["conversations"][0]["running"] is False
    client.patch(f"{MESSAGES}/{start['user_message_id']}", json={"deleted": False})
    answer = client.get(f"{CONVERSATIONS}/{start['conversation_id']}").json["messages"][1]
    assert (answer["status"], answer["content"]) == ("stopped", "Hel")


@pytest.mark.parametrize("body", [{}, {"deleted": True}, {"deleted": None}])
def test_only_deletions_can_be_undone(client, body):
    start = ask(client)[0]

    response = client.patch(f"{MESSAGES}/{start['message_id']}", json=body)

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")
    assert response.json["error"]["message"].startswith("deleted")


def test_a_version_written_by_hand_is_an_answer_like_others(client, upstream):
    start = ask(client)[0]

    response = client.post(f"{MESSAGES}/{start['message_id']}/versions", json={"content": "# Better\n"})

    assert response.status_code == 201
    assert set(response.json) == MESSAGE_MEMBERS
    assert (response.json["content"], response.json["parent_id"]) == ("# Better\n", start["user_message_id"])
    conversation = client.get(f"{CONVERSATIONS}/{start['conversation_id']}").json
    assert conversation["leaf_id"] == response.json["id"]
    assert conversation["messages"][-1] == response.json
    ask(client, "again", conversation_id=start["conversation_id"])
    assert upstream.requests[-1].json["messages"][1] == {"role": "assistant", "content": "# Better\n"}


def test_a_version_written_by_hand_can_be_read_and_continued(client):
    start = ask(client)[0]
    written = client.post(f"{MESSAGES}/{start['message_id']}/versions", json={"content": "Once upon"}).json

    events = told(client.get(f"{MESSAGES}/{written['id']}/events"))

    assert [(one["seq"], one["type"]) for one in events] == [(1, "start"), (2, "content"), (3, "finish")]
    assert events[-1]["reason"] == "stop"
    goes_on = ask(client, action="continue", conversation_id=start["conversation_id"])
    assert (goes_on[0]["seq"], goes_on[0]["message_id"]) == (4, written["id"])


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "content: is missing"),
        ({"content": " \n"}, 400, "content: must not be blank"),
        ({"content": 7}, 400, "content"),
        ({"content": "x" * (LONGEST_TEXT + 1)}, 413, "A message can be at most 1 MiB"),
    ],
)
def test_a_version_has_the_limits_of_a_message(client, body, status, said):
    start = ask(client)[0]

    response = client.post(f"{MESSAGES}/{start['message_id']}/versions", json=body)

    assert response.status_code == status
    assert response.json["error"]["message"].startswith(said)
    assert len(seen(client, start)) == 2


def test_a_running_answer_takes_no_version_and_no_fork(client, upstream):
    upstream.will_answer([delta("Hel"), silence()])
    response = client.post("/backend-api/v2/conversation", json={"message": {"content": "Hello"}})
    start = next(lines_of(response))

    for path, body in (
        (f"{MESSAGES}/{start['message_id']}/versions", {"content": "x"}),
        (f"{CONVERSATIONS}/{start['conversation_id']}/fork", {"message_id": start["message_id"]}),
    ):
        refused = client.post(path, json=body)
        assert (refused.status_code, refused.json["error"]["code"]) == (409, "conflict")
    response.close()


def test_a_fork_is_a_new_conversation_in_the_list(app, client, heard):
    begun = answered(app.extensions["chat"].store, a_turn(params={"system": "Be brief."}))

    response = client.post(f"{CONVERSATIONS}/{begun.conversation_id}/fork", json={"message_id": begun.user_message_id})

    assert response.status_code == 201
    assert response.json in client.get(CONVERSATIONS).json["conversations"]
    (told,) = heard()
    assert told["type"] == "conversation"
    assert response.json.items() <= told["conversation"].items()
    copy = client.get(f"{CONVERSATIONS}/{response.json['id']}").json
    assert (copy["title"], copy["model"], copy["params"]) == (begun.title, "guide", {"system": "Be brief."})
    assert [message["content"] for message in copy["messages"]] == [begun.path[0].content]


@pytest.mark.parametrize("body", [{}, {"message_id": ""}, {"message_id": None}])
def test_a_fork_needs_a_message(client, body):
    start = ask(client)[0]

    response = client.post(f"{CONVERSATIONS}/{start['conversation_id']}/fork", json=body)

    assert (response.status_code, response.json["error"]["code"]) == (400, "invalid_request")
    assert response.json["error"]["message"].startswith("message_id")


def test_another_persons_messages_are_unknown(app, client):
    store = app.extensions["chat"].store
    theirs = answered(store, a_turn(), user_id=add_person(store, "other"))
    path = f"{MESSAGES}/{theirs.answer.id}"

    codes = [
        client.delete(path).json["error"]["code"],
        client.patch(path, json={"deleted": False}).json["error"]["code"],
        client.post(f"{path}/versions", json={"content": "x"}).json["error"]["code"],
        client.post(f"{CONVERSATIONS}/{theirs.conversation_id}/fork", json={"message_id": theirs.answer.id}).json[
            "error"
        ]["code"],
    ]

    assert codes == ["unknown_message"] * 3 + ["unknown_conversation"]


def test_one_message_is_shown_alone(client):
    said = ask(client, "Hello")

    question, answer = (
        client.get(f"/backend-api/v2/messages/{said[0][name]}").json for name in ("user_message_id", "message_id")
    )

    assert (question["role"], question["content"]) == ("user", "Hello")
    assert (answer["role"], answer["content"], answer["status"]) == ("assistant", "You said: Hello", "complete")
    assert client.get("/backend-api/v2/messages/nobody").json["error"]["code"] == "unknown_message"
