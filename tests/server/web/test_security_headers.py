"""Every response has security headers that Mozilla's Observatory rates A+."""

import re
import socket

import pytest
from werkzeug.datastructures import Headers

from server.front import Front
from server.web.security_headers import SECURITY_HEADERS
from tests.server.api.test_turns import CONVERSATION, a_turn, ask
from tests.server.current.test_owners import CASES, PRESET, ask_route
from tests.support.loops import on
from tests.support.members import PASSWORD, add_member
from tests.support.services.openai_wire import openai_stream

HTTPS = "https://localhost"
NONE = ("default-src", "object-src", "base-uri", "frame-ancestors")
SOURCES = {"'self'", "'none'", "data:"}
HALF_A_YEAR_S = 15_768_000


@pytest.fixture
def settings(settings):
    settings["auth"] = {"mode": "accounts"}
    return settings


@pytest.fixture
def known(anna):
    start = ask(anna)[0]
    preset = anna.post(PRESET, json={"name": "A", "params": {}}).json["id"]
    others = dict.fromkeys(("mine", "running", "running_conversation", "account", "session", "key"), "x")
    ids = {"question": start["user_message_id"], "answer": start["message_id"], "preset": preset}
    return {**others, **ids, "conversation": start["conversation_id"]}


@pytest.fixture
def front(app, loop):
    """The port of the app behind its front, which has answers of its own, as `run.py` starts it."""

    async def start():
        front = Front(app, headers=SECURITY_HEADERS)
        return front, await front.start("127.0.0.1", 0)

    front, port = on(loop, start())
    yield port
    on(loop, front.stop())


def check(headers, *, https=False, is_file=False):
    """Fail for what Observatory, or our own rules, would mark down."""
    policy = dict(directive.split(" ", 1) for directive in headers["Content-Security-Policy"].split("; "))
    for name in NONE:
        assert policy[name] == "'none'", name
    assert policy["form-action"] == policy["script-src"] == policy["style-src"] == "'self'"
    assert {source for sources in policy.values() for source in sources.split()} <= SOURCES
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert not any(name.lower().startswith("access-control-") for name, _ in headers)
    assert is_file or "no-store" in headers["Cache-Control"]
    if https:
        assert int(re.fullmatch(r"max-age=(\d+).*", headers["Strict-Transport-Security"])[1]) >= HALF_A_YEAR_S
    else:
        assert "Strict-Transport-Security" not in headers


def check_cookies(response, *, https):
    """Fail for a cookie that scripts, other sites or an eavesdropper could have."""
    for cookie in response.headers.getlist("Set-Cookie"):
        name, *flags = cookie.split("; ")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags), cookie
        assert not any(flag.startswith("Domain") for flag in flags), cookie
        assert ("Secure" in flags) == https, cookie
        assert name.startswith("__Host-") == (https and "chat_session" in name), cookie


@pytest.mark.parametrize(("route", "case"), CASES, ids=[f"{route} {number}" for number, (route, _) in enumerate(CASES)])
def test_every_route_sends_them_with_and_without_a_session(app, anna, known, route, case):
    for client in (app.test_client(), anna):
        response = ask_route(client, route, case, known)
        check(response.headers)
        check_cookies(response, https=False)
        assert response.status_code < 500


def test_files_have_security_headers(app, client):
    assets = app.extensions["assets"]
    for path in ("js/pages/chat.js", "css/page.css", "icons/icon.svg", "nothing.js"):
        response = client.get(f"/static/{assets.version}/{path}")
        assert response.status_code == (404 if path == "nothing.js" else 200)
        check(response.headers, is_file=response.status_code == 200)
        assert "private" not in response.headers["Cache-Control"]


def test_every_route_sends_them_for_every_method(app, client):
    for rule in app.url_map.iter_rules():
        path = re.sub("<[^>]+>", "x", rule.rule)
        for method in ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"):
            check(client.open(path, method=method).headers)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"path": "/nothing"}, 404),
        ({"path": "/chat/", "headers": {"Host": "evil.example"}}, 400),
        ({"path": CONVERSATION, "method": "POST", "headers": {"Origin": "https://evil.example"}}, 403),
        ({"path": CONVERSATION, "method": "POST", "data": "x", "content_type": "text/plain"}, 415),
        ({"path": CONVERSATION}, 405),
        ({"path": "/backend-api/v2/models"}, 401),
        ({"path": "/chat/"}, 303),
    ],
)
def test_refusals_and_redirects_have_security_headers(client, asked, status):
    response = client.open(**asked)

    assert response.status_code == status
    check(response.headers)


def test_an_internal_error_has_security_headers(app, anna, monkeypatch):
    monkeypatch.setattr(app.extensions["chat"].store, "conversations", None)

    response = anna.get("/backend-api/v2/conversations")

    assert response.status_code == 500
    check(response.headers)


def test_streams_have_security_headers(anna, upstream):
    upstream.will_answer(openai_stream("Hi"))
    relayed = {"model": "m", "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}}}
    for body in (a_turn(), relayed):
        response = anna.post(CONVERSATION, json=body)
        check(response.headers)
        response.get_data()
    refused = anna.post(CONVERSATION, json=relayed | {"model": "none"})
    assert refused.status_code == 404
    check(refused.headers)


@pytest.mark.parametrize("path", ["/login", "/chat/", "/healthz", "/nothing"])
def test_https_sends_strict_transport_security(client, path):
    check(client.get(path, base_url=HTTPS).headers, https=True)


@pytest.mark.parametrize("base_url", ["http://localhost", HTTPS])
def test_cookies_have_their_flags(app, client, base_url):
    add_member(app, "Ben")
    https = base_url == HTTPS
    form = {"username": "Ben", "password": PASSWORD}
    entered = client.post("/login", data=form, base_url=base_url)
    chosen = client.post(
        "/chat/settings", data={"theme": "dark"}, base_url=base_url, headers={"Sec-Fetch-Site": "same-origin"}
    )
    left = client.post("/logout", base_url=base_url)

    for response in (entered, chosen, left):
        assert response.headers.getlist("Set-Cookie")
        check_cookies(response, https=https)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"POST /backend-api/v2/conversation HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n",
    ],
)
def test_responses_of_the_front_have_security_headers(front, sent):
    with socket.create_connection(("127.0.0.1", front), 10) as wire:
        wire.sendall(sent)
        lines = wire.makefile("rb").read().partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = [line.split(": ", 1) for line in lines[1:]]

    check(Headers(pairs))
    assert len({name.lower() for name, _ in pairs}) == len(pairs)
    assert dict(pairs)["Server"] == "g4f-lite"
