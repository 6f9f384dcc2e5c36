"""Streams that the loop sends: the blocks arrive, failures are reported, and nothing is left open."""

import asyncio
import gc
import json
import logging
import os
import random
import threading
from collections.abc import AsyncIterator

import pytest
from flask import Flask, Response

from g4f_lite.errors import RateLimitedError
from server.front import FrontLimits
from server.problems import Problem
from server.web.streaming import Stream
from tests.support.sources import Source
from tests.support.wire import Served, request, serving, until


class Streaming(Flask):
    """An app whose streams come from `sources`, last one first."""

    def __init__(self) -> None:
        super().__init__(__name__)
        self.sources: list[AsyncIterator[bytes]] = []
        self.entered, self.may_return = threading.Event(), threading.Event()
        self.may_return.set()
        loop = asyncio.get_running_loop()

        @self.get("/<waits>")
        def stream(waits: str) -> Stream:
            source = self.sources.pop()
            self.entered.set()
            self.may_return.wait()
            return Stream(source, loop=loop, waits=waits == "waits", mimetype="application/x-ndjson")

        @self.get("/page")
        def page() -> str:
            return "a page"

        @self.after_request
        def secure(response: Response) -> Response:
            response.headers["X-Frame-Options"] = "DENY"
            return response


@pytest.fixture
async def app():
    return Streaming()


@pytest.fixture
async def served(app):
    async with serving(app) as served:
        yield served


@pytest.mark.parametrize("path", ["/at-once", "/waits"])
async def test_the_blocks_arrive_each_as_a_chunk_and_the_source_is_closed(app, served, path):
    source = Source(b"a\n", b"b\n")
    app.sources.append(source)

    async with served.connect() as wire:
        wire.send(request("GET", path))
        status, headers = await wire.head()

        assert (status, headers["transfer-encoding"]) == (200, "chunked")
        assert [await wire.chunk() for _ in range(3)] == [b"a\n", b"b\n", b""]
        assert source.closed
        assert (await wire.get("/page")).status == 200
    assert headers["cache-control"] == "no-store, no-transform"
    assert headers["x-frame-options"] == "DENY"
    assert "content-length" not in headers


async def test_the_headers_leave_at_once(app, served):
    app.sources.append(Source(silent=True))

    async with served.connect() as wire:
        wire.send(request("GET", "/at-once"))

        assert (await wire.head())[0] == 200


async def test_a_problem_before_the_first_block_is_a_status_with_the_app_s_headers(app, served):
    source = Source(error=Problem("busy", "Wait.", retry_after=1.2))
    app.sources.append(source)

    reply = await served.get("/waits")

    assert (reply.status, reply.code, reply.headers["retry-after"]) == (503, "busy", "2")
    assert reply.headers["x-frame-options"] == "DENY"
    assert source.closed


async def test_a_provider_s_error_before_the_first_block_is_a_status(app, served, caplog):
    caplog.set_level(logging.INFO)
    app.sources.append(Source(error=RateLimitedError("Slow down.", retry_after=7)))

    reply = await served.get("/waits")

    assert (reply.status, reply.code, reply.headers["retry-after"]) == (429, "provider_rate_limited", "7")
    assert caplog.messages == [f"GET /waits: provider_rate_limited, id {reply.json['error']['id']}"]


async def test_a_bug_before_the_first_block_is_an_internal_error(app, served, caplog):
    app.sources.append(Source(error=LookupError("a bug")))

    reply = await served.get("/waits")

    assert (reply.status, reply.code) == (500, "internal_error")
    assert reply.json["error"]["id"] in caplog.text


async def test_an_empty_source_that_is_waited_for_is_an_empty_200(app, served):
    app.sources.append(Source())

    reply = await served.get("/waits")

    assert (reply.status, reply.body) == (200, b"")


@pytest.mark.parametrize("path", ["/at-once", "/waits"])
@pytest.mark.parametrize("error", [Problem("stream_cut", "It broke off."), LookupError(), TimeoutError(), OSError()])
async def test_an_error_in_the_middle_ends_the_connection_without_the_final_chunk(app, served, caplog, path, error):
    source = Source(b"some", error=error)
    app.sources.append(source)

    async with served.connect() as wire:
        wire.send(request("GET", path))
        await wire.head()
        assert await wire.chunk() == b"some"
        with pytest.raises(asyncio.IncompleteReadError):
            await wire.chunk()

    assert source.closed
    [record] = caplog.records
    assert record.levelno == (logging.WARNING if isinstance(error, Problem) else logging.ERROR)


async def test_an_error_in_the_middle_resets_a_client_that_knows_no_chunks(app, served):
    app.sources.append(Source(b"some", error=Problem("stream_cut", "It broke off.")))

    async with served.connect() as wire:
        wire.send(b"GET /at-once HTTP/1.0\r\n\r\n")

        with pytest.raises(ConnectionResetError):
            await wire.rest()


async def test_a_whole_stream_for_a_client_that_knows_no_chunks_ends_with_the_connection(app, served):
    app.sources.append(Source(b"some", b"thing"))

    async with served.connect() as wire:
        wire.send(b"GET /at-once HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")

        assert (await wire.rest()).endswith(b"\r\n\r\nsomething")


async def test_head_closes_the_source_and_has_no_body(app, served):
    source = Source(b"a")
    app.sources.append(source)

    async with served.connect() as wire:
        wire.send(request("HEAD", "/at-once") + request("GET", "/page"))

        assert (await wire.reply(to="HEAD")).status == 200
        assert (await wire.reply()).body == b"a page"
    assert (source.closed, source.taken) == (True, 0)


async def test_a_large_block_arrives_whole(app, served):
    app.sources.append(Source(bytes(range(256)) * 10_000))

    assert (await served.get("/at-once")).body == bytes(range(256)) * 10_000


# Leaving


@pytest.mark.parametrize("path", ["/at-once", "/waits"])
async def test_a_silent_source_is_closed_as_soon_as_its_client_leaves(app, served, path):
    source = Source(silent=True)
    app.sources.append(source)

    async with served.connect() as wire:
        wire.send(request("GET", path))
        await asyncio.to_thread(app.entered.wait)
        await until(lambda: source.waiting)
        wire.vanish()

        await until(lambda: source.closed)


@pytest.mark.parametrize("path", ["/at-once", "/waits"])
async def test_a_client_that_leaves_while_the_view_runs_has_its_source_closed(app, served, path):
    source = Source(b"a")
    app.sources.append(source)
    app.may_return.clear()

    async with served.connect() as wire:
        wire.send(request("GET", path))
        await asyncio.to_thread(app.entered.wait)
        wire.vanish()
        await until(lambda: not served.front._active)
        assert not source.closed
        app.may_return.set()

        await until(lambda: source.closed)
    assert source.taken == 0


async def test_a_request_whose_client_left_before_its_turn_never_reaches_the_app(app):
    app.sources += [Source(), Source()]
    app.may_return.clear()

    async with serving(app, FrontLimits(threads=1)) as served, served.connect() as first, served.connect() as second:
        first.send(request("GET", "/at-once"))
        await asyncio.to_thread(app.entered.wait)
        second.send(request("GET", "/at-once"))
        await until(lambda: len(served.front._gateway._jobs) == 2)
        second.vanish()
        await until(lambda: len(served.front._gateway._jobs) == 1)
        app.may_return.set()
        await first.reply()

    assert len(app.sources) == 1


async def test_a_view_that_fails_after_its_client_left_is_logged(caplog):
    loop, may_fail = asyncio.get_running_loop(), threading.Event()
    entered = asyncio.Event()

    def broken(environ, start_response):
        loop.call_soon_threadsafe(entered.set)
        may_fail.wait()
        raise LookupError("a bug")

    async with serving(broken) as served, served.connect() as wire:
        wire.send(request("GET", "/"))
        await entered.wait()
        wire.vanish()
        await until(lambda: not served.front._active)
        may_fail.set()
        await until(lambda: caplog.records)

    assert caplog.records[0].exc_info[0] is LookupError


# Slow readers


async def test_a_source_is_not_read_ahead_of_a_client_that_does_not_read(app, served):
    source = Source(*[b"x" * 10_000] * 2_000)
    app.sources.append(source)

    async with served.connect() as wire:
        wire.writer.transport.pause_reading()
        wire.send(request("GET", "/at-once"))
        await until(lambda: any(connection.writing_paused for connection in served.front._server.connections))
        [connection] = served.front._server.connections

        assert connection.transport.get_write_buffer_size() < 1_000_000
        assert source.taken < 2_000
        wire.writer.transport.resume_reading()
        assert len((await wire.reply()).body) == 20_000_000


async def test_a_client_that_reads_nothing_is_dropped_and_its_source_closed(app):
    source = Source(*[b"x" * 10_000] * 2_000)
    app.sources.append(source)

    async with serving(app, FrontLimits(stalled_s=0.05)) as served, served.connect() as wire:
        wire.writer.transport.pause_reading()
        wire.send(request("GET", "/at-once"))

        await until(lambda: source.closed)
    assert source.taken < 2_000


async def test_a_client_that_reads_slowly_is_not_dropped(app):
    app.sources.append(Source(*[b"x" * 10_000] * 500))

    async with serving(app, FrontLimits(stalled_s=0.4)) as served, served.connect(receive_bytes=65_536) as wire:
        wire.send(request("GET", "/at-once"))
        await wire.head()
        received = 0
        while chunk := await wire.chunk():
            received += len(chunk)
            await asyncio.sleep(0.002)

    assert received == 5_000_000


# Threads, tasks, handles


async def test_open_streams_take_no_thread_and_pages_still_answer(app, served):
    await asyncio.gather(*(served.get("/page") for _ in range(30)))  # the pool is full now
    threads = threading.active_count()
    app.sources += [Source(b"a", silent=True) for _ in range(50)]
    connections = [served.connect() for _ in range(50)]
    wires = [await connection.__aenter__() for connection in connections]
    for wire in wires:
        wire.send(request("GET", "/at-once"))
        await wire.head()
        assert await wire.chunk() == b"a"

    assert threading.active_count() == threads
    assert (await served.get("/page")).status == 200
    for connection in connections:
        await connection.__aexit__(None, None, None)


async def test_three_hundred_clients_that_leave_anywhere_leave_nothing_behind(app, served):
    await served.get("/page")
    sources = [Source(*[b"token\n"] * 20, silent=True) for _ in range(300)]
    app.sources += sources
    dice = random.Random(7)
    await until(lambda: not served.front._server.connections)
    gc.collect()
    tasks, handles = len(asyncio.all_tasks()), len(os.listdir("/proc/self/fd"))

    await asyncio.gather(*(leave_somewhere(served, dice) for _ in sources))

    await until(lambda: not served.front._server.connections and not served.front._gateway._jobs)
    await until(lambda: len(asyncio.all_tasks()) == tasks)
    taken = [source for source in sources if source not in app.sources]
    assert all(source.closed for source in taken)
    assert len(taken) > 100
    assert len(os.listdir("/proc/self/fd")) <= handles


async def leave_somewhere(served: Served, dice: random.Random) -> None:
    """Ask for a stream and leave: during the request, before the response, in its middle, or at its silent end."""
    async with served.connect() as wire:
        sent = request("GET", dice.choice(["/at-once", "/waits"]))
        cut = dice.randrange(4)
        wire.send(sent[: len(sent) // 2] if cut == 0 else sent)
        if cut >= 2:
            await wire.head()
        if cut == 3:
            for _ in range(dice.randrange(20)):
                await wire.chunk()
        wire.vanish() if dice.random() < 0.5 else wire.writer.close()


# What hides a stream


async def test_middleware_that_wraps_the_body_hides_it_and_it_streams_from_a_thread(app):
    source = Source(b"a", b"b")
    app.sources.append(source)

    async with serving(lambda environ, start_response: Iterated(app(environ, start_response))) as served:
        assert (await served.get("/at-once")).body == b"ab"
        await until(lambda: source.closed)


async def test_a_silent_stream_that_is_hidden_is_closed_at_its_next_block(app):
    step = asyncio.Event()

    async def steps():
        yield b"a"
        await step.wait()
        yield b"b"

    source = Source(silent=False)
    source._steps = steps()
    app.sources.append(source)

    async with serving(lambda environ, start_response: Iterated(app(environ, start_response))) as served:
        async with served.connect() as wire:
            wire.send(request("GET", "/at-once"))
            await wire.head()
            assert await wire.chunk() == b"a"
        await until(lambda: not served.front._active)
        step.set()

        await until(lambda: source.closed)


class Iterated:
    """A body as WSGI middleware wraps it: the same blocks in another object."""

    def __init__(self, body) -> None:
        self.body = body

    def __iter__(self):
        return iter(self.body)

    def close(self) -> None:
        self.body.close()


async def test_a_stream_of_another_loop_is_asked_from_a_thread():
    app = Flask(__name__)
    other = asyncio.new_event_loop()
    thread = threading.Thread(target=other.run_forever)
    thread.start()
    app.add_url_rule("/", "index", lambda: Stream(Source(b"a", b"b"), loop=other, waits=True))

    async with serving(app) as served:
        assert (await served.get("/")).body == b"ab"

    other.call_soon_threadsafe(other.stop)
    await asyncio.to_thread(thread.join)
    other.close()


async def test_the_error_of_a_stream_is_json_without_surprises(app, served):
    app.sources.append(Source(error=Problem("busy", "Wäit.")))

    reply = await served.get("/waits")

    assert json.loads(reply.body)["error"]["message"] == "Wäit."
    assert int(reply.headers["content-length"]) == len(reply.body)
