"""Every request has an id: in its answer, and in what the log says of it."""

import json
import logging
import re

import pytest
from flask import Flask

from server.front import FrontLimits, Proxies
from server.ops import request_id
from server.web.tracing import trace
from tests.support.members import sign_in
from tests.support.services.upstream import cut
from tests.support.waiting import wait_for
from tests.support.wire import serving

GIVEN = "0f1e2d3c-4b5a-6978"
MADE = re.compile(r"[0-9a-f]{16}")
CONVERSATION = "/backend-api/v2/conversation"


@pytest.fixture
def ids(caplog):
    """What the log says, each line with the id it would be written with."""
    said = []

    class Noting(logging.Handler):
        def emit(self, record):
            said.append((request_id.request_id(), record.getMessage()))

    handler = Noting()
    logging.getLogger("server").addHandler(handler)
    caplog.set_level(logging.DEBUG, "server")
    yield said
    logging.getLogger("server").removeHandler(handler)


@pytest.mark.parametrize("path", ["/healthz", "/chat/", "/nothing", CONVERSATION])
def test_every_answer_has_an_id_of_its_own(client, path):
    first, second = (client.get(path).headers["X-Request-ID"] for _ in range(2))

    assert MADE.fullmatch(first) and MADE.fullmatch(second)
    assert first != second


def test_the_id_stands_beside_the_id_of_an_error(client, ids):
    response = client.get("/nothing")

    assert (response.headers["X-Request-ID"], f"GET /nothing: not_found, id {response.json['error']['id']}") in ids


def test_debugging_tells_each_answer_and_never_the_query(client, ids):
    response = client.get("/healthz?secret=1")

    assert (response.headers["X-Request-ID"], "GET /healthz: 200") in ids
    assert not any("secret" in line for _, line in ids)


def test_what_becomes_of_a_turn_has_the_id_of_the_request_that_began_it(client, upstream, ids):
    upstream.will_answer([cut()])

    response = client.post(CONVERSATION, json={"message": {"content": "Hello"}})

    assert json.loads(response.data.splitlines()[-1])["type"] == "error"
    wait_for(lambda: any(line.startswith("turn failed") for _, line in ids))
    assert {of for of, line in ids if line.startswith("turn failed")} == {response.headers["X-Request-ID"]}


@pytest.fixture
def traced():
    """A small app whose requests have ids."""
    app = Flask(__name__)
    trace(app)
    app.add_url_rule("/", "root", request_id.request_id)
    return app


async def test_a_trusted_proxy_may_give_the_id(traced):
    async with serving(traced, proxies=Proxies(1)) as served:
        reply = await served.get("/", f"X-Request-ID: {GIVEN}")

    assert (reply.headers["x-request-id"], reply.body.decode()) == (GIVEN, GIVEN)


async def test_nobody_else_may(traced):
    async with serving(traced) as served:
        reply = await served.get("/", f"X-Request-ID: {GIVEN}")

    assert MADE.fullmatch(reply.headers["x-request-id"])


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "with space", 'a"forged"field', "12345678, 87654321"])
async def test_what_is_no_id_is_replaced(traced, given):
    async with serving(traced, proxies=Proxies(1)) as served:
        reply = await served.get("/", f"X-Request-ID: {given}")

    assert MADE.fullmatch(reply.headers["x-request-id"])


async def test_requests_on_one_connection_have_their_own(traced):
    async with serving(traced) as served, served.connect() as wire:
        first, second = await wire.get("/"), await wire.get("/")

    assert first.headers["x-request-id"] == first.body.decode() != second.body.decode()


async def test_what_the_app_never_saw_has_one_too(traced, ids):
    async with serving(traced, FrontLimits(body_bytes=1)) as served, served.connect() as wire:
        reply = await wire.post("/", b"xx")

    assert (reply.headers["x-request-id"], f"POST /: too_large, id {reply.json['error']['id']}") in ids


async def test_what_is_not_even_http_has_one_too(traced, ids):
    async with serving(traced) as served, served.connect() as wire:
        first = await wire.get("/")
        wire.send(b"NONSENSE\r\n\r\n")
        reply = await wire.reply()

    assert reply.status == 400
    assert MADE.fullmatch(reply.headers["x-request-id"])
    assert reply.headers["x-request-id"] != first.headers["x-request-id"]
    assert any(of == reply.headers["x-request-id"] and "invalid_request" in line for of, line in ids)


class TestAudit:
    @pytest.fixture
    def settings(self, settings):
        return settings | {"auth": {"mode": "accounts"}}

    def test_the_audit_log_names_the_request(self, client, tmp_path):
        response = sign_in(client, "nobody")

        (line,) = (tmp_path / "data/audit.log").read_text().splitlines()
        assert json.loads(line)["request_id"] == response.headers["X-Request-ID"]
