"""Limits of request bodies, before anything is parsed."""

import http.client
import json
from io import BytesIO
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.test import EnvironBuilder, run_wsgi_app

from server.current.api_key import new_key
from server.store.people.api_keys import KeySettings
from server.web.body_limits import API_BYTES, FORM_BYTES, LARGEST_BODIES, MOST_FIELDS
from tests.support.members import FROM_OUR_PAGE, add_member, sign_in

FORM = "application/x-www-form-urlencoded"
TURN = "/backend-api/v2/conversation"
PRESETS = "/backend-api/v2/presets"
CHAT = "/v1/chat/completions"
STRANGER_BYTES = 64 << 10
KEY_BYTES = 16 << 20


@pytest.fixture
def accounts(settings):
    settings["auth"] = {"mode": "accounts"}


@pytest.fixture
def session(accounts, app):
    """The Cookie header of somebody who has signed in."""
    access = app.extensions["chat"].access
    return {"Cookie": f"chat_session={access.start_session(add_member(app, 'Anna').id, '127.0.0.1', 'A browser')}"}


@pytest.fixture
def key(accounts, app):
    """The header with an API key."""
    access, person = app.extensions["chat"].access, add_member(app, "Ben")
    return {"Authorization": f"Bearer {new_key(access, person.id, 'A program', KeySettings())}"}


def announce(server, path, size, headers=None, type_="application/json"):
    """Send the head of a request, and return status and code of what comes before any of its body was sent."""
    connection = http.client.HTTPConnection(urlsplit(server).netloc, timeout=10)
    try:
        connection.putrequest("POST", path)
        for name, value in {"Content-Type": type_, "Content-Length": str(size), **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        error = json.loads(answer.read())["error"]
        return answer.status, error["code"]
    finally:
        connection.close()


def slices(size, of=b" " * 8192):
    """Yield a body without a known size."""
    yield from (of for _ in range(0, size, len(of)))


# Sizes by kind of address


@pytest.mark.parametrize("path", ["/login", "/login/code", "/welcome", "/settings", "/nothing", "/"])
def test_a_form_above_64_kib_is_refused_before_it_is_sent(accounts, server, path):
    assert announce(server, path, FORM_BYTES + 1, type_=FORM) == (413, "too_large")


@pytest.mark.parametrize("path", [TURN, PRESETS])
def test_the_page_s_api_takes_2_mib(session, server, path):
    assert announce(server, path, API_BYTES + 1, session) == (413, "too_large")

    answer = requests.post(f"{server}{path}", b" " * API_BYTES, headers={**session, "Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_request")


def test_a_program_may_send_16_mib(key, server):
    assert announce(server, CHAT, KEY_BYTES + 1, key) == (413, "too_large")

    answer = requests.post(f"{server}{CHAT}", b" " * KEY_BYTES, headers={**key, "Content-Type": "application/json"})

    assert answer.status_code == 400


def test_the_sentence_says_how_much_may_come(accounts, server):
    answer = requests.post(f"{server}/login", b"x" * (FORM_BYTES + 1), headers={"Content-Type": FORM})

    assert answer.json()["error"]["message"] == "A request to this address can be at most 64 KiB. Send less at a time."


PATHS = {FORM_BYTES: "/settings", 2 << 20: PRESETS, 4 << 20: "/chat/", 16 << 20: CHAT}
"""One of each kind, by its limit."""


def how(path):
    return {"content_type": "application/json" if "/v" in path else FORM, "headers": FROM_OUR_PAGE}


@pytest.mark.parametrize("most", [FORM_BYTES, *LARGEST_BODIES.values()])
def test_another_server_in_front_gets_the_same_limits(client, most):
    path = PATHS[most]

    answers = [client.post(path, data=b" " * size, **how(path)) for size in (most, most + 1)]

    assert [answer.status_code == 413 for answer in answers] == [False, True]


@pytest.mark.parametrize("most", [FORM_BYTES, *LARGEST_BODIES.values()])
def test_another_server_in_front_reads_no_more_of_a_body_without_a_size(app, most):
    path, stream = PATHS[most], BytesIO(b" " * (most + 100_000))

    head = EnvironBuilder(path, method="POST", base_url="http://localhost", **how(path)).get_environ()
    run_wsgi_app(app, {**head, "CONTENT_LENGTH": "", "wsgi.input": stream, "wsgi.input_terminated": True})

    assert stream.tell() == most


# Strangers


@pytest.mark.parametrize("path", [TURN, CHAT, "/chat/", "/backend-api/v2/nothing", "/v1/nothing"])
def test_a_stranger_never_gets_more_than_64_kib_read(accounts, server, path):
    assert announce(server, path, STRANGER_BYTES + 1) == (
        401,
        "unauthenticated" if "/v1" not in path else "invalid_api_key",
    )

    answer = requests.post(f"{server}{path}", slices(1 << 20), headers={"Content-Type": "application/json"})

    assert answer.status_code == 401


@pytest.mark.parametrize("proof", [{"Cookie": "chat_session=wrong"}, {"Authorization": "Bearer sk-g4f-wrong"}])
@pytest.mark.parametrize("path", [TURN, CHAT])
def test_a_wrong_proof_is_none(accounts, server, path, proof):
    assert announce(server, path, STRANGER_BYTES + 1, proof)[0] == 401


def test_wrong_keys_with_large_bodies_are_counted_as_guesses(accounts, server):
    statuses = [announce(server, CHAT, STRANGER_BYTES + 1, {"x-api-key": f"sk-g4f-{n}"})[0] for n in range(11)]

    assert statuses == [401] * 10 + [429]


def test_who_has_signed_in_may_send_a_large_body_without_its_size(session, upstream, server):
    body = json.dumps({"message": {"content": "x" * 200_000}}).encode()

    answer = requests.post(
        f"{server}{TURN}", slices(len(body), body), headers={**session, "Content-Type": "application/json"}
    )

    assert answer.status_code == 200
    assert len(upstream.requests[-1].json["messages"][-1]["content"]) == 200_000


def test_where_nobody_signs_in_everybody_is_known(server):
    answer = requests.post(f"{server}{TURN}", json={"message": {"content": "x" * 200_000}})

    assert answer.status_code == 200


@pytest.mark.parametrize("path", [CHAT, "/v1/messages", "/v1/models", "/v1/nothing"])
@pytest.mark.parametrize("size", [0, STRANGER_BYTES + 1])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer sk-g4f-wrong"}, {"x-api-key": "sk-g4f-wrong"}])
def test_a_401_of_the_programs_api_says_how_to_authenticate(accounts, server, path, size, headers):
    body = {"data": b" " * size, "headers": {**headers, "Content-Type": "application/json"}}
    answer = requests.request("POST" if size else "GET", f"{server}{path}", **body)

    expected = (401, "Bearer") if size or path == "/v1/models" else (answer.status_code, None)
    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == expected


def test_a_401_of_the_page_does_not(accounts, server):
    answer = requests.get(f"{server}/backend-api/v2/conversations")

    assert (answer.status_code, answer.headers.get("WWW-Authenticate")) == (401, None)


# Fields


@pytest.mark.parametrize("path", ["/login", "/login/code", "/welcome"])
@pytest.mark.parametrize("filler", [b"a=&", b"&", b"&&a", b"a=1&b=2&"])
def test_the_fields_of_a_form_are_counted_before_it_is_parsed(accounts, client, path, filler, monkeypatch):
    def parse(*_args, **_more):
        raise AssertionError("the form was parsed")

    monkeypatch.setattr("werkzeug.formparser.FormDataParser.parse", parse)

    answer = client.post(path, data=filler * MOST_FIELDS, content_type=FORM, headers=FROM_OUR_PAGE)

    assert answer.status_code == 413


def test_parts_are_fields_too(accounts, client):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'

    answer = client.post(
        "/login", data=part * (MOST_FIELDS + 1) + b"--x--", content_type="multipart/form-data; boundary=x",
        headers=FROM_OUR_PAGE,
    )  # fmt: skip

    assert answer.status_code == 413


def test_a_form_with_many_fields_is_fine(accounts, app):
    add_member(app, "Anna")

    assert (
        sign_in(app.test_client(), "Anna", **{f"more{number}": "1" for number in range(MOST_FIELDS - 2)}).status_code
        == 303
    )
