"""The front's limits; every rejected client receives the reason as JSON."""

import json
from functools import partial

import pytest
from flask import Flask, request

from server.compat.api_errors import adapt_error
from server.front import BodyRules, FrontLimits, Proxies
from server.front.connection_limits import ConnectionCounter
from server.problems import Problem
from tests.support.wire import Served, serving, until
from tests.support.wire import request as raw

SMALL = FrontLimits(head_bytes=2000, body_bytes=1000, linger_s=5)


def an_app() -> Flask:
    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "hello"

    @app.post("/size")
    def size() -> str:
        return str(len(request.get_data()))

    return app


@pytest.fixture
async def served():
    async with serving(an_app(), SMALL) as served:
        yield served


async def refused(served: Served, sent: bytes, *, to: str = "GET") -> tuple[int, str]:
    """Return status and error code of the response to these bytes, after which the connection must end."""
    async with served.connect() as wire:
        wire.send(sent)
        reply = await wire.reply(to=to)
        assert await wire.rest() == b""
    return reply.status, reply.code


# Heads


async def test_headers_over_the_limit_are_431(served):
    assert await refused(served, raw("GET", "/", f"X-Long: {'x' * 2000}")) == (431, "headers_too_large")


async def test_many_small_headers_over_the_limit_are_431(served):
    assert await refused(served, raw("GET", "/", *[f"X-{n}: 1" for n in range(400)])) == (431, "headers_too_large")


async def test_a_header_over_aiohttp_s_own_limit_is_431():
    async with serving(an_app(), FrontLimits(linger_s=5)) as served:
        assert await refused(served, raw("GET", "/", f"X-Long: {'x' * 9000}")) == (431, "headers_too_large")


async def test_a_long_request_line_is_431():
    async with serving(an_app(), FrontLimits(linger_s=5)) as served:
        assert await refused(served, raw("GET", "/" + "x" * 9000)) == (431, "headers_too_large")


async def test_a_head_that_does_not_end_is_431(served):
    async with served.connect() as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: here\r\n")
        for number in range(40):
            wire.send(b"X-%d: %s\r\n" % (number, b"x" * 100))
            await wire.writer.drain()

        assert (await wire.reply()).code == "headers_too_large"
        assert await wire.rest() == b""


async def test_a_head_that_does_not_end_is_431_on_a_used_connection_too(served):
    async with served.connect() as wire:
        await wire.get("/")
        wire.send(b"GET / HTTP/1.1\r\nHost: here\r\n" + b"".join(b"X-%d: xxxxxxxxxx\r\n" % n for n in range(150)))

        assert (await wire.reply()).code == "headers_too_large"


async def test_headers_within_the_limit_are_fine(served):
    assert (await served.get("/", f"X-Long: {'x' * 1800}")).status == 200


async def test_a_body_does_not_count_as_headers(served):
    async with served.connect() as wire:
        for _ in range(5):
            assert (await wire.post("/size", b"x" * 900)).body == b"900"


@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x01\x02\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",  # TLS on a plain port
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET /\r\n\r\n",  # HTTP/0.9
        b"GET / HTTP/9.9\r\nHost: here\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",  # no Host
        b"GET / HTTP/1.1\r\nHost: here\r\nHost: there\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nNo colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nA : b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nA: b\r\n folded\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: here\r\nA: b\x00c\r\n\r\n",
        b"FETCH / HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET http:// HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET http://host:port/ HTTP/1.1\r\nHost: here\r\n\r\n",
        b"GET here HTTP/1.1\r\nHost: here\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: x\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: -1\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: +1\r\n\r\nx",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: 1_0\r\n\r\nx",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: 1, 1\r\n\r\nx",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /size HTTP/1.1\r\nHost: here\r\nContent-Length: 99999999999999999999999999\r\n\r\n",
    ],
)
async def test_malformed_http_is_400(served, head):
    assert await refused(served, head) == (400, "invalid_request")


async def test_malformed_http_on_a_used_connection_is_400(served):
    async with served.connect() as wire:
        await wire.get("/")
        wire.send(b"nonsense\r\n\r\n")

        assert (await wire.reply()).code == "invalid_request"
        assert await wire.rest() == b""


async def test_connect_is_405(served):
    assert await refused(served, b"CONNECT here:80 HTTP/1.1\r\nHost: here\r\n\r\n") == (405, "method_not_allowed")


# Bodies


async def test_a_body_announced_as_too_large_is_413_before_it_is_sent(served):
    assert await refused(served, raw("POST", "/size", "Content-Length: 1001")) == (413, "too_large")


async def test_a_chunked_body_over_the_limit_is_413_while_it_comes(served):
    async with served.connect() as wire:
        wire.send(raw("POST", "/size", "Transfer-Encoding: chunked") + b"3e9\r\n" + b"x" * 1001)

        assert (await wire.reply()).code == "too_large"
        assert await wire.rest() == b""


@pytest.mark.parametrize("framing", ["Content-Length: 30000000", "Transfer-Encoding: chunked"])
async def test_a_client_that_sends_everything_before_it_reads_sees_the_413(served, framing):
    async with served.connect() as wire:
        wire.send(raw("POST", "/size", framing))
        if "chunked" in framing:
            wire.send(b"1c9c380\r\n")
        for _ in range(30):
            wire.send(b"x" * 1_000_000)
            await wire.writer.drain()

        assert (await wire.reply()).code == "too_large"


@pytest.mark.parametrize(
    ("path", "version", "members"),
    [
        ("/here/v1/chat/completions", "", {"message", "type", "param", "code"}),
        ("/here/v1/messages", "", {"type", "message"}),
        ("/here/v1/models", "anthropic-version: 2023-06-01", {"type", "message"}),
        ("/here/backend-api/v2/conversation", "", {"code", "message", "id"}),
    ],
)
async def test_a_program_gets_the_error_in_the_format_of_its_api(path, version, members):
    async with (
        serving(an_app(), SMALL, adapt_error=partial(adapt_error, url_prefix="/here")) as served,
        served.connect() as wire,
    ):
        wire.send(raw("POST", path, "Content-Length: 1001", *([version] if version else [])))
        reply = await wire.reply(to="POST")

    error = json.loads(reply.body)["error"]
    assert (reply.status, set(error)) == (413, members)
    assert error.get("type") in (None, "invalid_request_error", "request_too_large")


async def test_a_body_at_the_limit_is_fine(served):
    async with served.connect() as wire:
        assert (await wire.post("/size", b"x" * 1000)).body == b"1000"


async def test_all_bodies_together_have_a_limit_that_ended_requests_give_back():
    async with (
        serving(an_app(), FrontLimits(bodies_bytes=1000)) as served,
        served.connect() as first,
        served.connect() as second,
    ):
        for _ in range(3):
            assert (await first.post("/size", b"x" * 900)).status == 200
        first.send(raw("POST", "/size", "Content-Length: 901") + b"x" * 900)
        await until(lambda: served.front._bodies._held_bytes == 900)

        assert (await second.post("/size", b"x" * 900)).code == "busy"


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
async def test_a_compressed_body_is_415(served, coding):
    sent = raw("POST", "/size", f"Content-Encoding: {coding}", "Content-Length: 3") + b"abc"

    assert await refused(served, sent) == (415, "unsupported_media_type")


@pytest.mark.parametrize(
    "chunks", [b"zz\r\nabc\r\n0\r\n\r\n", b"3\r\nabcd\r\n0\r\n\r\n", b"-1\r\n\r\n", b"ffffffffffffffffff\r\nx"]
)
async def test_malformed_chunks_are_400(served, chunks):
    assert await refused(served, raw("POST", "/size", "Transfer-Encoding: chunked") + chunks) == (
        400,
        "invalid_request",
    )


async def test_malformed_chunks_are_400_also_when_they_come_late(served):
    async with served.connect() as wire:
        wire.send(raw("POST", "/size", "Transfer-Encoding: chunked", "Expect: 100-continue"))
        assert (await wire.reply()).status == 100
        wire.send(b"3\r\nabc\r\nzz\r\n")

        assert (await wire.reply()).code == "invalid_request"


async def test_a_client_that_leaves_in_the_middle_of_its_body_never_reaches_the_app(served, caplog):
    async with served.connect() as wire:
        wire.send(raw("POST", "/size", "Content-Length: 100") + b"x")
        await until(lambda: served.front._active)
        wire.vanish()
        await until(lambda: not served.front._active)

    assert not caplog.records


# Expect


async def test_100_continue_is_sent(served):
    async with served.connect() as wire:
        wire.send(raw("POST", "/size", "Content-Length: 3", "Expect: 100-continue"))
        assert (await wire.reply()).status == 100
        wire.send(b"abc")

        assert (await wire.reply()).body == b"3"


async def test_100_continue_is_not_sent_for_a_body_that_is_too_large(served):
    assert await refused(served, raw("POST", "/size", "Content-Length: 1001", "Expect: 100-continue")) == (
        413,
        "too_large",
    )


async def test_another_expectation_is_417(served):
    sent = raw("POST", "/size", "Content-Length: 3", "Expect: miracles")

    assert await refused(served, sent) == (417, "expectation_failed")


# Time


async def test_a_connection_that_asks_nothing_is_closed():
    async with serving(an_app(), FrontLimits(head_s=0.05)) as served, served.connect() as wire:
        assert await wire.rest() == b""


async def test_a_head_that_takes_too_long_is_cut_off():
    async with serving(an_app(), FrontLimits(head_s=0.05)) as served, served.connect() as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: he")

        assert await wire.rest() == b""


async def test_the_deadline_of_the_first_head_does_not_hold_for_the_next():
    async with serving(an_app()) as served, served.connect() as wire:
        await wire.get("/")
        [connection] = served.front._server.connections

        assert connection._deadline is None


async def test_a_connection_that_stays_idle_is_closed():
    async with serving(an_app(), FrontLimits(idle_s=0.2)) as served, served.connect() as wire:
        await wire.get("/")

        assert await wire.rest() == b""


async def test_a_body_that_stops_coming_is_408():
    async with serving(an_app(), FrontLimits(body_idle_s=0.05)) as served:
        sent = raw("POST", "/size", "Content-Length: 3") + b"a"

        assert await refused(served, sent) == (408, "request_timeout")


async def test_many_slow_senders_take_no_thread():
    async with serving(an_app(), FrontLimits(threads=1)) as served:
        wires = [served.connect() for _ in range(50)]
        slow = [await wire.__aenter__() for wire in wires]
        for wire in slow:
            wire.send(raw("POST", "/size", "Content-Length: 3") + b"a")
        await until(lambda: len(served.front._active) == 50)

        assert (await served.get("/")).status == 200
        for wire in slow:
            wire.send(b"bc")
            assert (await wire.reply()).body == b"3"
        for wire in wires:
            await wire.__aexit__(None, None, None)


# Connections


async def test_a_connection_too_many_is_503_and_a_place_that_is_free_is_given():
    async with serving(an_app(), FrontLimits(connections=2, linger_s=5)) as served:
        async with served.connect() as first, served.connect() as second:
            await first.get("/")
            await second.get("/")
            async with served.connect() as third:
                reply = await third.reply()

                assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "busy", "5")
                assert await third.rest() == b""
        await until(lambda: not served.front._server.connections)

        assert (await served.get("/")).status == 200


def test_one_address_gets_only_so_many_connections():
    counter = ConnectionCounter(FrontLimits(connections_per_client=2), Proxies())

    entered = [counter.admit("203.0.113.5") for _ in range(3)]

    assert entered == [True, True, False]
    assert counter.admit("203.0.113.6")
    counter.release("203.0.113.5")
    assert counter.admit("203.0.113.5")


def test_a_proxy_or_loopback_address_counts_as_many_clients():
    local = ConnectionCounter(FrontLimits(connections_per_client=1), Proxies())
    proxied = ConnectionCounter(FrontLimits(connections_per_client=1), Proxies(1, ["203.0.113.5"]))

    assert all(local.admit(address) for address in ["127.0.0.1", "127.0.0.1", "::1", "::1", "", ""])
    assert all(proxied.admit("203.0.113.5") for _ in range(3))
    assert [proxied.admit("203.0.113.6") for _ in range(2)] == [True, False]


# Shares


@pytest.fixture
async def shared():
    """A front behind a proxy, with room for two clients with a share each."""
    limits = FrontLimits(bodies_bytes=2000, bodies_bytes_per_client=1000)
    async with serving(an_app(), limits, proxies=Proxies(1)) as served:
        yield served


def of(client: str) -> str:
    return f"X-Forwarded-For: {client}"


@pytest.mark.parametrize(
    ("first", "same", "other"),
    [("192.0.2.1", "192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2", "2001:db8:0:1::1")],
)
async def test_a_client_that_sends_slowly_fills_its_own_share_alone(shared, first, same, other):
    async with shared.connect() as slow, shared.connect() as more, shared.connect() as someone:
        slow.send(raw("POST", "/size", "Content-Length: 901", of(first)) + b"x" * 900)
        await until(lambda: shared.front._bodies._held_bytes == 900)

        assert (await more.post("/size", b"x" * 900, of(same))).code == "busy"
        assert (await someone.post("/size", b"x" * 900, of(other))).body == b"900"
        slow.send(b"x")
        assert (await slow.reply()).body == b"901"
    async with shared.connect() as again:
        assert (await again.post("/size", b"x" * 900, of(same))).body == b"900"
    assert not shared.front._bodies._held_by_client


# What the app says


def knows(environ) -> None:
    if "HTTP_X_KEY" not in environ:
        raise Problem("unauthenticated", "Who are you?")


RULES = BodyRules(lambda environ: 500 if environ["PATH_INFO"] == "/small" else 1000, knows)


@pytest.fixture
async def ruled():
    async with serving(an_app(), FrontLimits(stranger_bytes=100), body_rules=RULES) as served:
        yield served


@pytest.mark.parametrize(
    ("path", "size", "lines", "code"),
    [
        ("/size", 100, [], None),
        ("/size", 101, [], "unauthenticated"),
        ("/size", 101, ["X-Key: 1"], None),
        ("/size", 1000, ["X-Key: 1"], None),
        ("/size", 1001, ["X-Key: 1"], "too_large"),
        ("/small", 501, ["X-Key: 1"], "too_large"),
        ("/small", 501, [], "too_large"),
    ],
)
@pytest.mark.parametrize("is_announced", [True, False])
async def test_the_app_says_how_much_may_come_and_from_whom(ruled, path, size, lines, code, is_announced):
    framing = f"Content-Length: {size}" if is_announced else "Transfer-Encoding: chunked"
    async with ruled.connect() as wire:
        wire.send(raw("POST", path, framing, *lines))
        if not is_announced or not code:
            wire.send(b"x" * size if is_announced else b"%x\r\n" % size + b"x" * size + b"\r\n0\r\n\r\n")
        reply = await wire.reply()

    assert (reply.body == b"%d" % size) if not code else (reply.code == code)


async def test_the_sender_is_looked_up_once():
    seen = []
    rules = BodyRules(require_sender=seen.append)
    async with serving(an_app(), FrontLimits(stranger_bytes=10), body_rules=rules) as served, served.connect() as wire:
        wire.send(raw("POST", "/size", "Transfer-Encoding: chunked"))
        for _ in range(20):
            wire.send(b"4\r\nabcd\r\n")
            await wire.writer.drain()
        wire.send(b"0\r\n\r\n")

        assert (await wire.reply()).body == b"80"
    assert len(seen) == 1
