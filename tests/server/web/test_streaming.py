"""A stream under WSGI servers without support for it: Flask's test client and gunicorn."""

import asyncio
import gc
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient

from g4f_lite.errors import RateLimitedError
from server.problems import Problem
from server.web.streaming import Stream
from tests.support.sources import Source


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    """An event loop in a thread of its own, as the engine has one where there is no front."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield loop
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    assert not asyncio.all_tasks(loop)
    loop.close()


@pytest.fixture
def client(loop):
    """A client of an app that streams what a test appends to `client.sources`."""
    app = Flask(__name__)
    app.test_client_class = Client

    @app.get("/<waits>")
    def stream(waits: str) -> Stream:
        return Stream(client.sources.pop(), loop=loop, waits=waits == "waits", mimetype="application/x-ndjson")

    @app.after_request
    def secure(response: Response) -> Response:
        response.headers["X-Frame-Options"] = "DENY"
        return response

    client = app.test_client()
    return client


class Client(FlaskClient):
    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.sources: list[AsyncIterator[bytes]] = []

    def streaming(self, source: AsyncIterator[bytes], path: str = "/at-once", method: str = "GET"):
        self.sources.append(source)
        return self.open(path, method=method, buffered=False)


@pytest.mark.parametrize("path", ["/at-once", "/waits"])
def test_the_blocks_arrive_and_the_source_is_closed(client, path):
    source = Source(b"a\n", b"b\n")

    response = client.streaming(source, path)

    assert (response.status_code, list(response.response)) == (200, [b"a\n", b"b\n"])
    response.close()
    assert source.closed


def test_an_error_without_a_reader_is_not_reported_by_the_loop(client, loop, caplog):
    failing, failed = threading.Event(), threading.Event()

    async def source():
        yield b"a"
        try:
            yield b"b"
            await asyncio.to_thread(failing.wait)
            raise Problem("stream_cut", "It broke.")
        finally:
            loop.call_soon(failed.set)

    response = client.streaming(source())
    blocks = response.response
    assert [next(blocks), next(blocks)] == [b"a", b"b"]
    failing.set()
    assert failed.wait(10)
    del response, blocks
    gc.collect()

    assert caplog.messages == []


def test_a_stream_is_never_stored_or_held_back_and_has_no_length(client):
    response = client.streaming(Source(b"a"))

    assert response.headers["Cache-Control"] == "no-store, no-transform"
    assert response.headers["X-Accel-Buffering"] == "no"
    assert response.mimetype == "application/x-ndjson"
    assert "Content-Length" not in response.headers
    response.close()


@pytest.mark.parametrize("path", ["/at-once", "/waits"])
def test_an_empty_source_is_an_empty_200(client, path):
    response = client.streaming(Source(), path)

    assert (response.status_code, response.data) == (200, b"")
    response.close()


def test_an_empty_block_is_left_out(client):
    response = client.streaming(Source(b"", b"a", b""))

    assert list(response.response) == [b"a"]
    response.close()


def test_a_problem_before_the_first_block_is_a_status(client):
    source = Source(error=Problem("busy", "Wait.", retry_after=1.2))

    response = client.streaming(source, "/waits")

    assert (response.status_code, response.json["error"]["code"]) == (503, "busy")
    assert response.headers["Retry-After"] == "2"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.mimetype == "application/json"
    response.close()
    assert source.closed


def test_a_provider_s_error_before_the_first_block_is_a_status(client):
    response = client.streaming(Source(error=RateLimitedError("Slow down.", retry_after=7)), "/waits")

    assert (response.status_code, response.json["error"]["code"]) == (429, "provider_rate_limited")
    assert response.headers["Retry-After"] == "7"


@pytest.mark.parametrize("path", ["/at-once", "/waits"])
def test_an_error_in_the_middle_breaks_the_stream(client, path):
    response = client.streaming(Source(b"a", error=Problem("stream_cut", "It broke off.")), path)

    assert next(response.response) == b"a"
    with pytest.raises(Problem):
        next(response.response)
    response.close()


def test_closing_ends_a_silent_source(client):
    source = Source(b"a", silent=True)
    response = client.streaming(source)
    assert next(response.response) == b"a"

    response.close()

    assert source.closed


def test_closing_an_unread_stream_closes_the_source(client):
    source = Source(b"a")

    client.streaming(source).close()

    assert source.closed


def test_head_closes_the_source_and_has_no_body(client):
    source = Source(b"a")

    response = client.streaming(source, method="HEAD")

    assert (response.status_code, response.data) == (200, b"")
    assert (source.closed, source.taken) == (True, 0)


def test_the_source_is_at_most_one_block_ahead_of_its_reader(client):
    source = Source(*[b"x"] * 100)
    response = client.streaming(source)

    taken = [(next(response.response), source.taken)[1] for _ in range(5)]

    assert all(ahead <= read + 2 for read, ahead in enumerate(taken, 1))
    response.close()


def test_an_iterator_that_cannot_be_closed_needs_not_be(client):
    class Bare:
        def __aiter__(self):
            return self

        async def __anext__(self):
            raise StopAsyncIteration

    response = client.streaming(Bare())

    assert response.data == b""
    response.close()


def test_one_task_runs_the_source_so_that_a_timeout_may_span_two_blocks(client):
    async def timed():
        async with asyncio.timeout(60):
            yield b"a"
            yield b"b"

    assert client.streaming(timed()).data == b"ab"


# gunicorn

APP = """
import asyncio, threading
from flask import Flask
from server.problems import Problem
from server.web.streaming import Stream

loop = asyncio.new_event_loop()
closed = threading.Event()


def create_app():
    threading.Thread(target=loop.run_forever, daemon=True).start()
    app = Flask(__name__)

    async def lines():
        try:
            yield b"1\\n"
            await asyncio.sleep(0)
            yield b"2\\n"
        finally:
            closed.set()

    async def failing(first):
        if first:
            yield first
        raise Problem("busy", "Wait.", retry_after=3)

    app.add_url_rule("/lines", "lines", lambda: Stream(lines(), loop=loop))
    app.add_url_rule("/refused", "refused", lambda: Stream(failing(b""), loop=loop, waits=True))
    app.add_url_rule("/cut", "cut", lambda: Stream(failing(b"some"), loop=loop))
    app.add_url_rule("/closed", "closed", lambda: str(closed.wait(5)))
    return app
"""


@pytest.fixture(scope="module")
def gunicorn(tmp_path_factory) -> Iterator[int]:
    """The port of a gunicorn that serves the app above with threads."""
    folder = tmp_path_factory.mktemp("gunicorn")
    (folder / "streaming_app.py").write_text(APP)
    listener = socket.create_server(("127.0.0.1", 0))
    root = str(Path(__file__).parents[3])
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "streaming_app:create_app()"],
        env={
            **os.environ,
            "PYTHONPATH": root,
            "GUNICORN_CMD_ARGS": f"--bind fd://{listener.fileno()} --log-level error",
        },
        cwd=folder,
        pass_fds=[listener.fileno()],
    )
    yield listener.getsockname()[1]
    process.send_signal(signal.SIGTERM)
    process.wait(10)
    listener.close()


@contextmanager
def asking(port: int, path: str) -> Iterator[http.client.HTTPResponse]:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request("GET", path)
        with connection.getresponse() as response:
            yield response


def test_gunicorn_streams_in_chunks_and_the_source_is_closed(gunicorn):
    with asking(gunicorn, "/lines") as response:
        assert (response.headers["Transfer-Encoding"], response.read()) == ("chunked", b"1\n2\n")

    with asking(gunicorn, "/closed") as response:
        assert response.read() == b"True"


def test_gunicorn_answers_a_problem_before_the_first_block_with_a_status(gunicorn):
    with asking(gunicorn, "/refused") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "3")
        assert json.loads(response.read())["error"]["code"] == "busy"


def test_gunicorn_breaks_the_stream_at_an_error_in_the_middle(gunicorn):
    with asking(gunicorn, "/cut") as response, pytest.raises(http.client.IncompleteRead) as broken:
        response.read()

    assert broken.value.partial == b"some"
