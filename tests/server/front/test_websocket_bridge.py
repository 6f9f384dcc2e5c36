"""WebSockets through flask-sock."""

import asyncio
import errno
import os
import socket
import threading
from unittest.mock import Mock

import aiohttp
import pytest
from flask import Flask, abort, request
from flask_sock import Sock

from server.front import FrontLimits
from tests.support.wire import Served, Wire, serving, until
from tests.support.wire import request as raw

HANDSHAKE = (
    "Upgrade: websocket",
    "Connection: keep-alive, Upgrade",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


def an_app() -> Flask:
    app = Flask(__name__)
    app.config["SOCK_SERVER_OPTIONS"] = {"max_message_size": 2**20}
    app.ended = threading.Event()
    sock = Sock(app)

    @app.before_request
    def refuse() -> None:
        if request.args.get("refuse"):
            abort(403)

    @app.get("/")
    def hello() -> str:
        return "hello"

    @sock.route("/echo")
    def echo(ws) -> None:
        try:
            while True:
                message = ws.receive(timeout=0.1)  # it can miss the end of a connection, so it must not wait for ever
                if message is not None:
                    ws.send(message)
        finally:
            app.ended.set()

    @sock.route("/bye")
    def bye(ws) -> None:
        ws.send("hello")
        ws.close(4000, "enough")

    @sock.route("/nothing")
    def nothing(ws) -> None:
        pass

    @sock.route("/flood")
    def flood(ws) -> None:
        try:
            while True:
                ws.send(b"x" * 10_000)
        finally:
            app.ended.set()

    return app


@pytest.fixture
async def app():
    return an_app()


@pytest.fixture
async def served(app):
    async with serving(app) as served:
        yield served


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as session:
        yield session


def url(served: Served, path: str = "/echo") -> str:
    return f"ws://127.0.0.1:{served.port}{path}"


def frame(payload: bytes, opcode: int = 1) -> bytes:
    """Return a short client frame, masked with zeros."""
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + b"\0\0\0\0" + payload


async def read_frame(wire: Wire) -> tuple[int, bytes]:
    """Read a short server frame: its opcode and payload."""
    async with asyncio.timeout(10):
        head = await wire.reader.readexactly(2)
        return head[0] & 0x0F, await wire.reader.readexactly(head[1])


@pytest.mark.parametrize("size", [0, 1, 126, 4_096, 70_000, 1_000_000])
async def test_a_message_comes_back(served, session, size):
    async with session.ws_connect(url(served)) as ws:
        await ws.send_str("x" * size)

        assert await ws.receive_str() == "x" * size


async def test_bytes_come_back(served, session):
    async with session.ws_connect(url(served)) as ws:
        await ws.send_bytes(bytes(range(256)))

        assert await ws.receive_bytes() == bytes(range(256))


async def test_messages_right_behind_the_handshake_are_not_lost(served):
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo", *HANDSHAKE) + b"".join(frame(b"%03d" % number) for number in range(100)))
        status, _ = await wire.head()

        assert status == 101
        assert [(await read_frame(wire))[1] for _ in range(100)] == [b"%03d" % number for number in range(100)]


async def test_a_frame_may_come_byte_by_byte(served):
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo", *HANDSHAKE))
        await wire.head()
        for byte in frame(b"slowly"):
            wire.send(bytes([byte]))
            await wire.writer.drain()

        assert await read_frame(wire) == (1, b"slowly")


async def test_twenty_sockets_at_once(served, session):
    async def talk(number: int) -> str:
        async with session.ws_connect(url(served)) as ws:
            await ws.send_str(f"{number}")
            return await ws.receive_str()

    assert await asyncio.gather(*map(talk, range(20))) == [str(number) for number in range(20)]


async def test_the_app_may_close(served, session):
    async with session.ws_connect(url(served, "/bye")) as ws:
        assert await ws.receive_str() == "hello"

        assert (await ws.receive()).type == aiohttp.WSMsgType.CLOSE
    assert ws.close_code == 4000


async def test_an_app_that_returns_at_once_closes_normally(served, session):
    async with session.ws_connect(url(served, "/nothing")) as ws:
        await ws.receive()

    assert ws.close_code == 1000


async def test_the_client_may_close(app, served):
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo", *HANDSHAKE))
        await wire.head()
        wire.send(frame(b"\x03\xe8", opcode=8))

        assert await read_frame(wire) == (8, b"\x03\xe8")
        assert await wire.rest() == b""
    await asyncio.to_thread(app.ended.wait, 10)
    assert app.ended.is_set()


@pytest.mark.parametrize("leave", [Wire.vanish, lambda wire: wire.writer.close()])
async def test_a_client_that_vanishes_frees_its_threads(app, served, leave):
    await served.get("/")
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo", *HANDSHAKE))
        await wire.head()
        leave(wire)

        assert await asyncio.to_thread(app.ended.wait, 10)
        await until(lambda: not any("simple_websocket" in thread.name for thread in threading.enumerate()))


async def test_a_client_that_vanishes_during_the_handshake_leaves_nothing_behind(served, caplog):
    await served.get("/")
    await until(lambda: not served.front._server.connections)
    handles = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        async with served.connect() as wire:
            wire.send(raw("GET", "/echo", *HANDSHAKE))
            await until(lambda: served.front._active)
            wire.vanish()
    await until(lambda: not served.front._server.connections and not served.front._gateway._jobs)

    await until(lambda: len(os.listdir("/proc/self/fd")) <= handles)
    assert not caplog.records


async def test_the_app_waits_for_a_client_that_does_not_read(app, served):
    async with served.connect(receive_bytes=65_536) as wire:
        wire.writer.transport.pause_reading()
        wire.send(raw("GET", "/flood", *HANDSHAKE))
        await until(lambda: any(connection.writing_paused for connection in served.front._server.connections))
        [connection] = served.front._server.connections

        assert connection.transport.get_write_buffer_size() < 1_000_000
        wire.writer.transport.resume_reading()
        await wire.head()
        assert await wire.reader.readexactly(5_000_000)
        wire.vanish()
    assert await asyncio.to_thread(app.ended.wait, 10)


async def test_a_client_that_reads_nothing_is_dropped(app):
    async with serving(app, FrontLimits(stalled_s=0.05)) as served, served.connect() as wire:
        wire.writer.transport.pause_reading()
        wire.send(raw("GET", "/flood", *HANDSHAKE))

        assert await asyncio.to_thread(app.ended.wait, 10)


async def test_a_client_waits_for_an_app_that_does_not_read():
    may_read = threading.Event()

    def lazy(environ, start_response):
        theirs = environ["werkzeug.socket"]
        theirs.sendall(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        may_read.wait()
        received = 0
        while received < 20_000_000:
            received += len(theirs.recv(65_536))
        theirs.sendall(b"all")
        theirs.close()
        start_response("200 OK", [("Content-Length", "0")])
        return []

    async with serving(lazy) as served, served.connect() as wire:
        wire.send(raw("GET", "/", *HANDSHAKE))
        await wire.head()
        head = b"\x82\xff" + (20_000_000 - 14).to_bytes(8, "big") + b"mask"
        for part in (head, b"x" * (1_000_000 - len(head)), *[b"x" * 1_000_000] * 19):
            wire.send(part)
        [connection] = served.front._server.connections
        await until(lambda: connection._reading_paused)
        may_read.set()

        assert await wire.reader.readexactly(3) == b"all"


async def test_a_message_over_the_limit_closes_with_1009(served, session):
    async with session.ws_connect(url(served)) as ws:
        await ws.send_str("x" * (2**20 + 1))
        await ws.receive()

    assert ws.close_code == 1009


# Refusals


async def test_an_upgrade_that_the_app_refuses_is_answered_as_any_request(served):
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo?refuse=1", *HANDSHAKE))
        reply = await wire.reply()

        assert (reply.status, b"Forbidden" in reply.body) == (403, True)
        assert (await wire.get("/")).body == b"hello"


@pytest.mark.parametrize(("path", "status"), [("/", 400), ("/nowhere", 404)])
async def test_an_upgrade_where_there_is_no_websocket_is_refused(served, path, status):
    async with served.connect() as wire:
        wire.send(raw("GET", path, *HANDSHAKE))

        assert (await wire.reply()).status == status


async def test_a_websocket_that_is_asked_for_like_a_page_is_refused(served):
    assert (await served.get("/echo")).status == 400


@pytest.mark.parametrize(
    "lines",
    [
        HANDSHAKE[:3],
        (*HANDSHAKE[:3], "Sec-WebSocket-Key: short"),
        (*HANDSHAKE[:3], "Sec-WebSocket-Key: \xff\xff\xff\xff"),
        (*HANDSHAKE, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
        (HANDSHAKE[0], *HANDSHAKE[2:]),
        (*HANDSHAKE[:2], "Sec-WebSocket-Version: 8", HANDSHAKE[3]),
        (*HANDSHAKE, "Content-Length: 1"),
        (*HANDSHAKE, "Sec-WebSocket-Protocol: \xff, a b"),
        (*HANDSHAKE, "Connection: \xff"),
    ],
)
async def test_a_broken_handshake_is_400(served, lines):
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo", *lines) + b"x")

        assert (await wire.reply()).code == "invalid_request"


async def test_a_handshake_for_a_host_beyond_ascii_is_400(served):
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo", *HANDSHAKE).replace(b"Host: here", b"Host: her\xad"))

        assert (await wire.reply()).code == "invalid_request"


async def test_a_handshake_by_post_is_400(served):
    async with served.connect() as wire:
        wire.send(raw("POST", "/echo", *HANDSHAKE))

        assert (await wire.reply()).code == "invalid_request"


@pytest.mark.parametrize(
    "line",
    [
        "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=x",
        "Sec-WebSocket-Extensions: ;;,,=",
        "Sec-WebSocket-Extensions: \xff",
        "Sec-WebSocket-Protocol: a b",
    ],
)
async def test_extensions_are_not_looked_at(served, line):
    async with served.connect() as wire:
        wire.send(raw("GET", "/echo", *HANDSHAKE, line))
        status, headers = await wire.head()

    assert status == 101
    assert "sec-websocket-extensions" not in headers


async def test_another_upgrade_is_ignored(served):
    async with served.connect() as wire:
        wire.send(raw("GET", "/", "Upgrade: h2c", "Connection: Upgrade, HTTP2-Settings", "HTTP2-Settings: AAMAAABk"))

        assert (await wire.reply()).body == b"hello"


async def test_a_websocket_too_many_is_503(session):
    async with serving(an_app(), FrontLimits(sockets=1)) as served, session.ws_connect(url(served)) as ws:
        await ws.send_str("here")
        await ws.receive_str()
        async with served.connect() as wire:
            wire.send(raw("GET", "/echo", *HANDSHAKE))

            assert (await wire.reply()).code == "busy"
        await ws.close()
        await until(lambda: not served.front._gateway._jobs)
        async with session.ws_connect(url(served)) as again:
            await again.send_str("again")

            assert await again.receive_str() == "again"


async def test_a_client_that_leaves_while_the_pair_is_made_frees_its_place(session):
    async with serving(an_app(), FrontLimits(sockets=1)) as served:
        connection = served.front._server()
        leaving = asyncio.create_task(served.front._sockets.answer(None, connection, {}))
        await asyncio.sleep(0)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        del connection, leaving

        async with session.ws_connect(url(served)) as ws:
            await ws.send_str("here")

            assert await ws.receive_str() == "here"


async def test_a_pair_that_cannot_be_made_frees_its_place(session, monkeypatch):
    async with serving(an_app(), FrontLimits(sockets=1)) as served:
        with monkeypatch.context() as patch, pytest.raises(aiohttp.WSServerHandshakeError):
            patch.setattr(socket, "socketpair", Mock(side_effect=OSError(errno.EMFILE, "Too many open files")))
            await session.ws_connect(url(served))

        async with session.ws_connect(url(served)) as ws:
            await ws.send_str("here")

            assert await ws.receive_str() == "here"


async def test_without_a_thread_a_handshake_frees_its_place(session):
    async with serving(an_app(), FrontLimits(sockets=1)) as served:
        for _ in range(2):
            served.front._sockets.close()
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await session.ws_connect(url(served))

            assert refused.value.status == 500, "and not 503, as if it was still in use"


async def test_open_sockets_leave_the_views_their_threads(served, session):
    sockets = [await session.ws_connect(url(served)) for _ in range(30)]

    assert (await served.get("/")).status == 200
    for ws in sockets:
        await ws.close()


async def test_a_restart_closes_with_1012(app, session):
    async with serving(app) as served:
        ws = await session.ws_connect(url(served))
        await ws.send_str("here")
        await ws.receive_str()
        stopping = asyncio.create_task(served.front.stop())

        assert (await ws.receive()).type == aiohttp.WSMsgType.CLOSE
        assert ws.close_code == 1012
        await ws.close()
        assert await stopping


# A client that sends too much


async def closed_with(wire: Wire) -> int:
    """Read frames until the close frame, and return its code."""
    while True:
        opcode, payload = await read_frame(wire)
        if opcode == 8:
            return int.from_bytes(payload[:2], "big")


@pytest.mark.parametrize("opcode", [1, 9, 10], ids=["messages", "pings", "pongs"])
@pytest.mark.parametrize("size", [0, 100])
async def test_a_client_that_sends_too_many_frames_is_closed_with_1008(served, opcode, size):
    async with served.connect() as wire, served.connect() as other:
        for each in (wire, other):
            each.send(raw("GET", "/echo", *HANDSHAKE))
            await each.head()
        wire.send(frame(b"x" * size, opcode) * 20_000)

        assert await closed_with(wire) == 1008
        other.send(frame(b"still here"))
        assert await read_frame(other) == (1, b"still here")


async def test_a_client_that_sends_too_many_bytes_is_closed_with_1008(app, session):
    async with serving(app, FrontLimits(socket_bytes_per_s=10_000)) as served:
        async with session.ws_connect(url(served)) as ws:
            for _ in range(3):
                await ws.send_bytes(b"x" * 6_000)
            while not (await ws.receive()).type.name.startswith("CLOS"):
                pass

        assert ws.close_code == 1008
