"""What `server.front.connection` relies on inside aiohttp, one test per private or undocumented name.

requirements.txt pins aiohttp's minor version for these. When a test fails after an upgrade, its name tells which
assumption of `Connection` no longer holds.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from contextlib import suppress

import pytest
from aiohttp import EMPTY_PAYLOAD
from aiohttp.web_protocol import RequestHandler
from aiohttp.web_request import BaseRequest
from aiohttp.web_response import Response, StreamResponse
from aiohttp.web_server import Server

Handler = Callable[[BaseRequest], Awaitable[StreamResponse]]


class Client(asyncio.Transport):
    """A transport that records what the protocol writes, instead of a socket."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...


async def answer(request: BaseRequest) -> StreamResponse:
    await request.read()
    return Response(text="answer")


async def connected(handler: Handler = answer) -> tuple[RequestHandler, Client]:
    """Return a protocol of aiohttp and its client, once the protocol waits for a request."""
    protocol = RequestHandler(Server(handler, handler_cancellation=True), loop=asyncio.get_running_loop())  # type: ignore[arg-type]
    client = Client()
    protocol.connection_made(client)
    await asyncio.sleep(0)
    return protocol, client


async def end(protocol: RequestHandler) -> None:
    protocol.connection_lost(None)
    await asyncio.sleep(0)


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def test_waiter_is_pending_only_while_a_head_is_awaited():
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def wait(request: BaseRequest) -> StreamResponse:
        begun.set()
        await may_end.wait()
        return Response()

    protocol, _ = await connected(wait)
    assert protocol._waiter is not None and not protocol._waiter.done()

    protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await begun.wait()

    assert protocol._waiter is None or protocol._waiter.done()
    may_end.set()
    await until(lambda: protocol._waiter is not None and not protocol._waiter.done())
    await end(protocol)


async def test_messages_queues_a_parser_error_behind_the_request_whose_body_is_malformed():
    begun = asyncio.Event()
    bodies = []

    async def read(request: BaseRequest) -> StreamResponse:
        bodies.append(request.content)
        begun.set()
        with suppress(Exception):
            await request.read()
        return Response()

    protocol, _ = await connected(read)
    protocol.data_received(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    await begun.wait()
    assert not protocol._messages

    protocol.data_received(b"no size\r\n")

    assert protocol._messages
    assert not bodies[0].is_eof(), "otherwise `_fail_malformed_body` is no longer needed"
    bodies[0].set_exception(ValueError())
    await end(protocol)


async def test_an_upgraded_connection_gives_its_bytes_to_the_parser_that_was_set():
    received = []

    class Parser:
        def feed_data(self, data: bytes) -> tuple[bool, bytes]:
            received.append(data)
            return False, b""

        def feed_eof(self) -> None: ...

    protocol, _ = await connected()

    protocol.set_parser(Parser())  # type: ignore[arg-type]
    protocol.data_received(b"frame")

    assert received == [b"frame"]
    await end(protocol)


async def test_the_writer_counts_what_it_has_sent():
    sizes = []

    async def stream(request: BaseRequest) -> StreamResponse:
        sizes.append(request.writer.output_size)
        response = StreamResponse()
        await response.prepare(request)
        await response.write(b"block")
        sizes.append(request.writer.output_size)
        return response

    protocol, client = await connected(stream)
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await until(lambda: b"block" in client.written)

    assert sizes[0] == 0
    assert sizes[1] > 0
    await end(protocol)


async def test_the_parser_s_errors_and_the_handler_s_reach_handle_error():
    seen = []

    class Watching(RequestHandler):
        def handle_error(self, request, status=500, exc=None, message=None):  # type: ignore[no-untyped-def]
            seen.append(type(exc).__name__)
            return Response(status=status)

    async def fail(request: BaseRequest) -> StreamResponse:
        raise LookupError

    server = Server(fail, handler_cancellation=True)
    for sent in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"no HTTP\r\n\r\n"):
        protocol, client = Watching(server, loop=asyncio.get_running_loop()), Client()
        protocol.connection_made(client)
        await asyncio.sleep(0)
        protocol.data_received(sent)
        await until(lambda client=client: client.written)
        await end(protocol)

    assert seen == ["LookupError", "BadHttpMethod"]


async def test_a_request_knows_its_protocol():
    protocols = []

    async def note(request: BaseRequest) -> StreamResponse:
        protocols.append(request.protocol)
        return Response()

    protocol, client = await connected(note)
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await until(lambda: client.written)

    assert protocols == [protocol]
    await end(protocol)


async def test_the_handler_is_cancelled_when_its_client_leaves():
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def wait(request: BaseRequest) -> StreamResponse:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return Response()

    protocol, _ = await connected(wait)
    protocol.data_received(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await begun.wait()

    await end(protocol)

    async with asyncio.timeout(5):
        await cancelled.wait()


def test_the_empty_payload_of_a_connection_without_a_request_is_at_its_end():
    assert EMPTY_PAYLOAD.is_eof()


@pytest.mark.parametrize(
    "name", ["connection_made", "connection_lost", "data_received", "pause_writing", "resume_writing", "force_close"]
)
def test_the_callbacks_that_connection_extends_are_plain_functions(name):
    method = getattr(RequestHandler, name)

    assert inspect.isfunction(method) and not inspect.iscoroutinefunction(method)


@pytest.mark.parametrize("option", ["keepalive_timeout", "lingering_time", "auto_decompress", "access_log", "loop"])
def test_the_options_of_a_connection_have_their_names(option):
    assert option in inspect.signature(RequestHandler.__init__).parameters


async def test_the_loop_of_a_connection_is_kept_under_a_private_name():
    protocol, _ = await connected()

    assert protocol._loop is asyncio.get_running_loop()
    await end(protocol)


@pytest.mark.parametrize("name", ["pre_shutdown", "shutdown"])
def test_a_server_ends_its_connections_in_two_steps(name):
    assert callable(getattr(Server, name))
