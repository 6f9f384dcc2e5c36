"""Every request: keep-alive, bodies, errors, and WSGI."""

import asyncio
import gc
import logging
import socket
import threading
from collections.abc import AsyncIterator

import pytest
from flask import Flask, Response, request

from server.front import Front, FrontLimits, ListenError
from server.problems import ERROR_KINDS
from tests.support.wire import Served, serving, until
from tests.support.wire import request as raw


def an_app() -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "hello"

    @app.post("/echo")
    def echo() -> Response:
        return Response(request.get_data(), mimetype="application/octet-stream")

    @app.get("/large")
    def large() -> bytes:
        return b"x" * 3_000_000

    @app.get("/lines")
    def lines() -> Response:
        return Response((f"{number}\n" for number in range(3)), mimetype="text/plain")

    @app.get("/nothing")
    def nothing() -> tuple[str, int]:
        return "", 204

    return app


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with serving(an_app(), headers={"X-Content-Type-Options": "nosniff"}) as served:
        yield served


async def test_a_page_is_answered(served):
    reply = await served.get("/")

    assert (reply.status, reply.body) == (200, b"hello")


async def test_no_response_names_a_version(served):
    replies = [await served.get("/"), await served.get("/", "Content-Encoding: gzip")]

    assert [reply.headers["server"] for reply in replies] == ["g4f-lite", "g4f-lite"]


async def test_a_connection_serves_many_requests(served):
    async with served.connect() as wire:
        replies = [await wire.get("/"), await wire.post("/echo", b"again"), await wire.get("/nothing")]

    assert [reply.status for reply in replies] == [200, 200, 204]


async def test_pipelined_requests_are_answered_in_order(served):
    async with served.connect() as wire:
        wire.send(b"".join(raw("POST", "/echo", "Content-Length: 2") + b"%02d" % number for number in range(50)))
        bodies = [(await wire.reply()).body for _ in range(50)]

    assert bodies == [b"%02d" % number for number in range(50)]


async def test_connection_close_ends_the_connection(served):
    async with served.connect() as wire:
        wire.send(raw("GET", "/", "Connection: close"))
        reply = await wire.reply()

        assert await wire.rest() == b""
    assert reply.headers["connection"] == "close"


async def test_http_1_0_gets_a_plain_answer_and_the_end(served):
    async with served.connect() as wire:
        wire.send(b"GET /lines HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        status, headers = await wire.head()

        assert (status, await wire.rest()) == (200, b"0\n1\n2\n")
    assert "transfer-encoding" not in headers


async def test_head_has_the_headers_and_no_body(served):
    async with served.connect() as wire:
        wire.send(raw("HEAD", "/large") + raw("HEAD", "/lines") + raw("GET", "/"))
        large, lines = await wire.reply(to="HEAD"), await wire.reply(to="HEAD")

        assert (await wire.reply()).body == b"hello"
    assert large.headers["content-length"] == "3000000"
    assert lines.status == 200


async def test_a_large_answer_arrives_whole(served):
    assert (await served.get("/large")).body == b"x" * 3_000_000


async def test_an_ordinary_generator_arrives_whole(served):
    assert (await served.get("/lines")).body == b"0\n1\n2\n"


@pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_000])
async def test_a_body_arrives_as_it_was_sent(served, size):
    async with served.connect() as wire:
        assert (await wire.post("/echo", b"y" * size)).body == b"y" * size


async def test_a_chunked_body_arrives_as_it_was_sent(served):
    async with served.connect() as wire:
        wire.send(raw("POST", "/echo", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n5;x=y\r\ndefgh\r\n0\r\n\r\n")

        assert (await wire.reply()).body == b"abcdefgh"


async def test_a_body_may_come_byte_by_byte(served):
    async with served.connect() as wire:
        for byte in raw("POST", "/echo", "Content-Length: 3") + b"abc":
            wire.send(bytes([byte]))
            await wire.writer.drain()

        assert (await wire.reply()).body == b"abc"


async def test_an_exception_of_the_app_is_an_internal_error_whose_id_is_logged(caplog):
    def broken(environ, start_response):
        raise LookupError("a bug")

    async with serving(broken) as served:
        reply = await served.get("/")

    assert (reply.status, reply.code) == (500, "internal_error")
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert reply.json["error"]["id"] in record.getMessage()
    assert record.exc_info[0] is LookupError
    assert "bug" not in reply.body.decode()


async def test_the_front_s_own_responses_carry_the_given_headers(served):
    reply = await served.get("/", "Content-Encoding: gzip")

    assert reply.code == "unsupported_media_type"
    assert reply.headers["x-content-type-options"] == "nosniff"


async def test_a_rejected_request_is_logged(served, caplog):
    caplog.set_level(logging.INFO)
    reply = await served.get("/?secret", "Content-Encoding: gzip")

    assert caplog.messages == [f"GET /: unsupported_media_type, id {reply.json['error']['id']}"]


async def test_bytes_that_are_not_http_are_logged(served, caplog):
    caplog.set_level(logging.INFO)
    async with served.connect() as wire:
        wire.send(b"nonsense\r\n\r\n")
        reply = await wire.reply()

    [line] = caplog.messages
    assert line.endswith(f": invalid_request, id {reply.json['error']['id']}")


async def test_an_address_in_use_is_told_in_a_sentence(served):
    with pytest.raises(ListenError, match=f"already uses 127.0.0.1:{served.port}"):
        await Front(an_app()).start("127.0.0.1", served.port)


async def test_connections_accepted_during_shutdown_are_closed(recwarn):
    front = Front(an_app())
    port = await front.start("127.0.0.1", 0)
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # the loop has taken them from the system, and has not met them yet

    await front.stop()

    for client in clients:
        with client:
            client.settimeout(5)
            assert await asyncio.to_thread(client.recv, 1) == b""
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


async def test_every_code_of_the_front_has_a_status():
    assert {"busy", "headers_too_large", "request_timeout", "expectation_failed"} <= set(ERROR_KINDS)


async def test_a_busy_app_does_not_delay_connecting():
    hold, entered = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(environ, start_response):
        loop.call_soon_threadsafe(entered.set)
        asyncio.run_coroutine_threadsafe(hold.wait(), loop).result()
        start_response("200 OK", [("Content-Length", "0")])
        return []

    async with serving(slow) as served, served.connect() as first:
        first.send(raw("GET", "/"))
        await entered.wait()
        async with served.connect() as second:
            second.send(raw("GET", "/", "Content-Encoding: gzip"))

            assert (await second.reply()).status == 415
        hold.set()

        assert (await first.reply()).status == 200


async def test_a_health_check_waits_for_no_view():
    app, release = Flask(__name__), threading.Event()
    app.add_url_rule("/slow", "slow", view_func=lambda: str(release.wait(10)))
    app.add_url_rule("/here/healthz", "health", view_func=lambda: "ok")
    async with serving(app, FrontLimits(threads=1)) as served, served.connect() as slow:
        slow.send(raw("GET", "/slow"))
        await until(lambda: served.front._gateway._jobs)

        assert (await served.get("/here/healthz")).body == b"ok"
        release.set()
        assert (await slow.reply()).body == b"True"
