"""How much one person may have open."""

import json
from contextlib import ExitStack, suppress
from urllib.parse import urlsplit

import pytest
import requests
import simple_websocket

from server.current.open_stream_limits import STREAMING
from server.limits.open_counts import SOCKETS_PER_PERSON, STREAMS_PER_PERSON
from tests.support.members import add_member
from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, wait_until
from tests.support.waiting import wait_for

TURN = "/backend-api/v2/conversation"
UPGRADE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version": "13",
}
LIVE = "/backend-api/v2/live"


@pytest.fixture
def accounts(settings):
    settings["auth"] = {"mode": "accounts"}
    settings["limits"] = {"concurrent_turns": 0, "turns_per_minute": 0, "address_turns_per_minute": 0}


@pytest.fixture
def cookies(accounts, app):
    """The Cookie headers of two people who have signed in."""
    access = app.extensions["chat"].access
    tokens = [access.start_session(add_member(app, name).id, "127.0.0.1", "A") for name in ("Anna", "Ben")]
    return [f"chat_session={token}" for token in tokens]


@pytest.fixture
def opened(app, server):
    """A stack for what a test leaves open. At its end all of it is closed, and counted down."""
    with ExitStack() as stack:
        yield stack
    services = app.extensions["chat"]
    wait_for(lambda: not services.open_streams._open and not services.open_sockets._open)


@pytest.fixture
def answer_id(app, server, opened, upstream, cookies):
    """An answer of Anna's that goes on as long as the test."""
    gate = Gate()
    opened.callback(gate.open)
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), chunk({}, "stop"), DONE])
    headers = {"Cookie": cookies[0]}
    with requests.post(
        f"{server}{TURN}", json={"message": {"content": "Hello"}}, headers=headers, stream=True
    ) as asked:
        return json.loads(next(asked.iter_lines()))["message_id"]


def read(server, opened, cookie, answer_id):
    """Read along until the end of the test."""
    address = f"{server}/backend-api/v2/messages/{answer_id}/events"
    answer = opened.enter_context(requests.get(address, headers={"Cookie": cookie}, stream=True))
    if answer.ok:
        answer.lines = answer.iter_lines()  # requests would end the connection with it
        next(answer.lines)
    return answer


def listen(server, opened, cookie):
    """Open a WebSocket, and return it."""
    headers = {"Origin": "http://127.0.0.1", "Cookie": cookie}
    socket = simple_websocket.Client(f"{server.replace('http', 'ws')}{LIVE}", headers=headers)
    opened.callback(close, socket)
    return socket


def close(socket):
    with suppress(simple_websocket.ConnectionClosed):
        socket.close()
    socket.thread.join()
    socket.sock.close()


def handshake(server, cookie):
    """Ask for a WebSocket, and return status and code of the refusal."""
    lines = {**UPGRADE, "Origin": f"http://{urlsplit(server).netloc}", "Cookie": cookie}
    answer = requests.get(f"{server}{LIVE}", headers=lines)
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.usefixtures("accounts")
def test_a_person_has_32_streams_and_others_have_theirs(app, server, opened, upstream, cookies, answer_id):
    anna, ben = cookies
    streams = app.extensions["chat"].open_streams
    wait_for(lambda: not streams._open)  # the one that asked has left

    answers = [read(server, opened, anna, answer_id) for _ in range(STREAMS_PER_PERSON)]
    refused = read(server, opened, anna, answer_id)
    asked = requests.post(f"{server}{TURN}", json={"message": {"content": "Hello"}}, headers={"Cookie": ben})

    assert {answer.status_code for answer in answers} == {200}
    assert (refused.status_code, refused.json()["error"]["code"], refused.headers["Retry-After"]) == (
        429, "rate_limited", "5",
    )  # fmt: skip
    assert asked.status_code == 200
    assert '"finish"' in asked.text

    answers[0].close()
    wait_for(lambda: not streams.is_full(next(iter(streams._open))))
    assert read(server, opened, anna, answer_id).status_code == 200


@pytest.mark.usefixtures("accounts")
def test_a_question_that_could_not_be_answered_in_a_stream_is_not_stored(app, server, cookies, opened):
    streams, headers = app.extensions["chat"].open_streams, {"Cookie": cookies[0]}
    fill(app, streams)

    refused = requests.post(f"{server}{TURN}", json={"message": {"content": "Hello"}}, headers=headers)

    assert refused.status_code == 429
    assert requests.get(f"{server}/backend-api/v2/conversations", headers=headers).json()["conversations"] == []
    empty(streams)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("endpoint", sorted(STREAMING))
def test_every_stream_has_the_limit(app, anna, endpoint):
    (rule,) = {rule.rule: rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint}.values()
    method = "POST" if "POST" in rule.methods else "GET"
    path = rule.rule.replace("<message_id>", "x").replace("<conversation_id>", "x")
    fill(app, app.extensions["chat"].open_streams)

    assert anna.open(path, method=method, json={} if method == "POST" else None).status_code == 429


@pytest.mark.usefixtures("accounts")
def test_a_person_has_16_sockets_and_others_have_theirs(app, server, opened, cookies):
    anna, ben = cookies

    sockets = [listen(server, opened, anna) for _ in range(SOCKETS_PER_PERSON)]

    assert handshake(server, anna) == (429, "rate_limited")
    assert listen(server, opened, ben).connected

    sockets[0].close()
    wait_for(lambda: sum(app.extensions["chat"].open_sockets._open.values()) == SOCKETS_PER_PERSON)
    assert listen(server, opened, anna).connected


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_without_accounts_programs_on_this_machine_have_no_limit(app, client, address):
    fill(app, app.extensions["chat"].open_streams)

    assert client.get("/backend-api/v2/messages/x/events", environ_base={"REMOTE_ADDR": address}).status_code == 404


def test_without_accounts_an_address_stands_for_a_person(app, client):
    streams = app.extensions["chat"].open_streams
    for _ in range(STREAMS_PER_PERSON):
        streams.open("192.0.2.1")

    statuses = [
        client.get("/backend-api/v2/messages/x/events", environ_base={"REMOTE_ADDR": address}).status_code
        for address in ("192.0.2.1", "192.0.2.2")
    ]

    assert statuses == [429, 404]


def fill(app, counts):
    """Let everybody have as many open as allowed."""
    counts.is_full = lambda holder: True


def empty(counts):
    del counts.is_full
