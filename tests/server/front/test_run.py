"""A server process that receives signals."""

import asyncio
import os
import resource
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from server.front import FrontLimits
from tests.support.wire import Wire, request

pytestmark = pytest.mark.programs

PROGRAM = """
import asyncio, gc, resource, sys, threading
from flask import Flask
from flask_sock import Sock
from server.front import FrontLimits, ListenError, serve
from server.web.streaming import Stream


async def main(port):
    app = Flask(__name__)
    sock = Sock(app)
    loop = asyncio.get_running_loop()
    finish = asyncio.Event()
    drained = asyncio.Event()

    async def turn():
        yield b"begun"
        await finish.wait()
        yield b"ended"

    async def endless():
        yield b"begun"
        await asyncio.Event().wait()

    async def drain(seconds):
        print("draining", seconds, flush=True)
        await drained.wait()
        finish.set()

    app.add_url_rule("/turn", "turn", lambda: Stream(turn(), loop=loop))
    app.add_url_rule("/endless", "endless", lambda: Stream(endless(), loop=loop))
    app.add_url_rule("/hang", "hang", lambda: threading.Event().wait())
    app.add_url_rule("/frozen", "frozen", lambda: str(gc.get_freeze_count() > 1000))

    resource.setrlimit(resource.RLIMIT_NOFILE, (256, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    app.add_url_rule("/handles", "handles", lambda: str(resource.getrlimit(resource.RLIMIT_NOFILE)[0]))

    @sock.route("/ws")
    def ws(ws):
        ws.send(ws.receive())
        ws.receive()

    loop.add_signal_handler(10, drained.set)
    returned = await serve(
        app,
        "127.0.0.1",
        port,
        drain=drain,
        on_ready=lambda port: print(port, flush=True),
        limits=FrontLimits(grace_s=0.3),
    )
    print("all returned" if returned else "a view hangs", flush=True)


try:
    asyncio.run(main(int(sys.argv[1])))
except ListenError as error:
    sys.exit(str(error))
"""


class Program:
    """The program above, running."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self.port = 0

    async def says(self) -> str:
        async with asyncio.timeout(20):
            return (await self.process.stdout.readline()).decode().strip()

    async def ends(self) -> int:
        async with asyncio.timeout(20):
            return await self.process.wait()

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[Wire]:
        wire = Wire(*await asyncio.open_connection("127.0.0.1", self.port))
        try:
            yield wire
        finally:
            await wire.close()


@asynccontextmanager
async def running(port: int = 0) -> AsyncIterator[Program]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(port),
        stdout=PIPE,
        stderr=PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    program = Program(process)
    try:
        if not port:
            program.port = int(await program.says())
        yield program
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_refuses_new_work_lets_turns_end_and_ends_the_process(number):
    async with running() as program, program.connect() as turn, program.connect() as page:
        turn.send(request("GET", "/turn"))
        await turn.head()
        assert await turn.chunk() == b"begun"
        program.process.send_signal(number)
        assert await program.says() == "draining 25"

        refused = await page.get("/frozen")
        assert (refused.status, refused.code, refused.headers["retry-after"]) == (503, "busy", "5")
        program.process.send_signal(signal.SIGUSR1)
        assert [await turn.chunk(), await turn.chunk()] == [b"ended", b""]
        assert await program.says() == "all returned"
        assert await program.ends() == 0


async def test_a_stream_that_does_not_end_is_cut_off():
    async with running() as program, program.connect() as stream:
        stream.send(request("GET", "/endless"))
        await stream.head()
        await stream.chunk()
        program.process.send_signal(signal.SIGTERM)
        await program.says()
        program.process.send_signal(signal.SIGUSR1)

        with pytest.raises(asyncio.IncompleteReadError):
            await stream.chunk()
        assert await program.says() == "all returned"
        assert await program.ends() == 0


async def test_sockets_are_closed_for_a_restart():
    async with running() as program, program.connect() as wire:
        wire.send(
            request(
                "GET",
                "/ws",
                "Upgrade: websocket",
                "Connection: Upgrade",
                "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            )
        )
        await wire.head()
        wire.send(b"\x81\x81\0\0\0\0x")
        assert await wire.reader.readexactly(3) == b"\x81\x01x"
        program.process.send_signal(signal.SIGTERM)
        await program.says()
        program.process.send_signal(signal.SIGUSR1)

        assert await wire.rest() == b"\x88\x02\x03\xf4"  # 1012
        assert await program.says() == "all returned"
        assert await program.ends() == 0


async def test_a_second_signal_ends_the_process_at_once():
    async with running() as program:
        program.process.send_signal(signal.SIGTERM)
        await program.says()
        program.process.send_signal(signal.SIGTERM)

        assert await program.ends() == -signal.SIGTERM


async def test_a_view_that_hangs_is_reported():
    async with running() as program, program.connect() as wire:
        wire.send(request("GET", "/hang"))
        assert (await ask(program, "/frozen")).body == b"True"
        program.process.send_signal(signal.SIGTERM)
        await program.says()
        program.process.send_signal(signal.SIGUSR1)

        assert await program.says() == "a view hangs"


async def test_the_process_may_open_as_many_files_as_its_limits_need():
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

    async with running() as program:
        handles = int((await ask(program, "/handles")).body)

    assert handles == min(FrontLimits().open_files, most)


async def test_an_address_in_use_ends_the_start_with_a_sentence():
    async with running() as program, running(program.port) as second:
        assert await second.ends() == 1
        assert (
            f"Another program already uses 127.0.0.1:{program.port}." in (await second.process.stderr.read()).decode()
        )


async def ask(program: Program, path: str):
    async with program.connect() as wire:
        return await wire.get(path)
