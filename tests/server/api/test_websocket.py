import json

import pytest
import requests
import simple_websocket

from server.auth.open_streams import OpenStreams
from server.notifications import MAX_QUEUED, Notifications
from tests.support.loops import on
from tests.support.waiting import wait_for

UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}


@pytest.fixture
def listen(app, server):
    """Connect, and return a function that receives the next message, once the server has registered the client."""
    address = f"{server.replace('http', 'ws')}/backend-api/v2/live"
    opened = []

    def connect():
        socket = simple_websocket.Client(address, headers={"Origin": "http://127.0.0.1"})  # its Host has no port
        opened.append(socket)
        wait_for(lambda: app.extensions["chat"].notifications.has_listeners("local"))
        app.extensions["chat"].notifications.publish_to_all(
            {"type": "here"}
        )  # or this client keeps what came with its handshake
        hello, here = (json.loads(socket.receive(timeout=10)) for _ in range(2))
        assert (hello["type"], hello["version"]) == ("hello", app.extensions["assets"].version)
        assert here == {"type": "here"}
        return lambda: json.loads(socket.receive(timeout=10))

    yield connect
    for socket in opened:
        socket.close()
        socket.thread.join()
        socket.sock.close()


def ask(server, content="Hello"):
    with requests.post(f"{server}/backend-api/v2/conversation", json={"message": {"content": content}}) as response:
        return [json.loads(line) for line in response.iter_lines()]


def test_a_turn_of_another_page_is_notified_from_start_to_end(server, listen):
    next_message = listen()

    start = ask(server)[0]

    heard = [next_message() for _ in range(3)]

    assert {message["type"] for message in heard} == {"turn", "conversation"}
    turns = [message for message in heard if message["type"] == "turn"]
    assert [turn["state"] for turn in turns] == ["running", "complete"]
    assert turns[0]["message_id"] == start["message_id"]
    conversation = next(message["conversation"] for message in heard if message["type"] == "conversation")
    assert (conversation["id"], conversation["title"]) == (start["conversation_id"], "Hello")


def test_without_sign_in_no_session_ends_the_connection(loop):
    streams = OpenStreams(lambda hashes: set())

    with streams.track("") as stream:
        on(loop, streams.close_ended())

        assert stream.is_open


def test_renaming_and_deleting_a_conversation_are_notified(server, listen):
    path = f"{server}/backend-api/v2/conversations/{ask(server)[0]['conversation_id']}"
    next_message = listen()

    requests.patch(path, json={"title": "New", "params": {"temperature": 1}}).close()
    told = next_message()["conversation"]
    assert (told["title"], told["model"], told["params"]) == ("New", "m", {"temperature": 1})

    requests.delete(path).close()
    assert next_message() == {"type": "deleted", "conversation_id": path.rsplit("/", 1)[1]}


@pytest.mark.parametrize("origin", [None, "http://evil.example", "null", "https://127.0.0.1"])
def test_another_sites_page_cannot_connect(server, origin):
    with requests.get(f"{server}/backend-api/v2/live", headers=UPGRADE | {"Origin": origin}) as response:
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "forbidden"


def test_people_receive_only_their_own_notifications():
    notifications = Notifications()
    anna, ben = notifications.listen("anna"), notifications.listen("ben")

    notifications.publish("anna", {"type": "turn"})

    assert json.loads(anna.get_nowait()) == {"type": "turn"}
    assert ben.empty()


def test_notifications_are_numbered_even_without_a_listener():
    notifications = Notifications()

    notifications.publish("anna", {"type": "turn"})
    notifications.publish_to_all({"type": "providers"})

    assert (notifications.last_seq("anna"), notifications.last_seq("ben")) == (2, 1)


def test_a_client_that_falls_too_far_behind_is_disconnected():
    notifications = Notifications()
    slow = notifications.listen("anna")

    for number in range(MAX_QUEUED + 1):
        notifications.publish("anna", {"number": number})

    assert slow.get_nowait() is None


def test_a_client_that_left_is_removed():
    notifications = Notifications()
    queue = notifications.listen("anna")

    notifications.leave("anna", queue)

    assert not notifications.has_listeners("anna")
