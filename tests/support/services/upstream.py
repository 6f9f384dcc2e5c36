"""A scripted service behind a real loopback socket: a test decides every chunk, delay and cut.

    gate = Gate()
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), cut()])
    ...
    gate.open()

Bytes leave as one HTTP chunk each; the other steps are the functions below `Gate`. A request that nobody scripted is
answered by `otherwise`; the fixture's is `openai_wire.honest`, and that module builds such answers for scripts too.

The service runs in a thread of its own. Its `wait_…` methods block, for `PATIENCE_S` at most; a test that runs on an
event loop itself writes `await asyncio.to_thread(upstream.wait_closed)`.
"""

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE_S = 10
EVENT_STREAM = {"Content-Type": "text/event-stream"}
JSON = {"Content-Type": "application/json"}
ANSWER_TO_NONSENSE = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Gate:
    """What a script waits for. Any thread may open it for good, or let a few waiters pass; they pass in order."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False
        self._credit = 0
        self._waiting: deque[Future[None]] = deque()

    def open(self) -> None:
        """Let everybody through from now on."""
        with self._lock:
            self._open = True
            self._release()

    def let_through(self, count: int = 1) -> None:
        """Let `count` waiters through, be they here already or not."""
        with self._lock:
            self._credit += count
            self._release()

    async def pass_through(self) -> None:
        ticket: Future[None] = Future()
        with self._lock:
            self._waiting.append(ticket)
            self._release()
        await asyncio.wrap_future(ticket)

    def _release(self) -> None:
        while self._waiting and (self._open or self._credit):
            ticket = self._waiting.popleft()
            if ticket.set_running_or_notify_cancel():
                self._credit -= not self._open
                ticket.set_result(None)


class Connection:
    """What a step acts upon: one client's connection while it is being answered."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self.chunked = False

    async def send(self, data: bytes) -> None:
        """Send body bytes, framed as the headers promised."""
        await self.send_raw(b"%x\r\n%b\r\n" % (len(data), data) if self.chunked else data)

    async def send_raw(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    def close(self) -> None:
        self._writer.close()

    def reset(self) -> None:
        linger_no_time = struct.pack("ii", 1, 0)
        self._writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_no_time)
        self._writer.transport.abort()


Step = bytes | Callable[[Connection], Awaitable[None]]


class _Over(Exception):
    """A step ended the connection."""


def wait_until(gate: Gate) -> Step:
    """Say nothing until the gate opens."""

    async def step(connection: Connection) -> None:
        await gate.pass_through()

    return step


def silence() -> Step:
    """Say nothing until the client leaves."""
    return wait_until(Gate())


def pause(seconds: float) -> Step:
    """Say nothing for a while: for people who watch and for benchmarks. Tests use gates."""

    async def step(connection: Connection) -> None:
        await asyncio.sleep(seconds)

    return step


def raw(data: bytes) -> Step:
    """Send bytes outside of the chunked encoding, as a broken proxy does."""

    async def step(connection: Connection) -> None:
        await connection.send_raw(data)

    return step


def cut() -> Step:
    """Close the connection in the middle of the body."""

    async def step(connection: Connection) -> None:
        connection.close()
        raise _Over

    return step


def reset() -> Step:
    """Reset the connection, as a crashing service does."""

    async def step(connection: Connection) -> None:
        connection.reset()
        raise _Over

    return step


def paced(steps: Iterable[Step], before_each: Step) -> Iterator[Step]:
    """Put a step, mostly `wait_until(gate)` or `pause(1 / rate)`, before each of the others."""
    for step in steps:
        yield before_each
        yield step


def byte_by_byte(steps: Iterable[bytes]) -> list[bytes]:
    """Return the same bytes in chunks of one."""
    return [bytes([byte]) for byte in b"".join(steps)]


@dataclass
class Answer:
    """What one request gets. `raw`: the steps are the whole answer, status line included, and its end closes."""

    steps: Iterable[Step]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: EVENT_STREAM)
    before_headers: Step = b""
    raw: bool = False


@dataclass
class Request:
    """What a client sent. Header names are in lower case; what came twice is joined by a comma."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    closed: threading.Event

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    def wait_closed(self) -> None:
        """Wait until this request's connection is closed, by whomever."""
        assert self.closed.wait(PATIENCE_S), f"{self.method} {self.path} is still connected"


def json_answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Answer([body], status, {**JSON, "Content-Length": str(len(body)), **(headers or {})})


def not_found(request: Request) -> Answer:
    return json_answer({"error": {"message": f"There is nothing at {request.path}."}}, 404)


class Upstream:
    """The service. It listens from the start until `close()`.

    requests: all that came, oldest first. connections_seen: how many clients' connections there were.
    otherwise: answers what no script was written for. tls: speaks TLS with a certificate that nobody signed.
    """

    def __init__(self, otherwise: Callable[[Request], Answer] = not_found, *, tls: bool = False) -> None:
        self.requests: list[Request] = []
        self.connections_seen = 0
        self.otherwise = otherwise
        self._scripts: list[tuple[str, Answer]] = []
        self._standing: dict[str, Answer] = {}
        self._protocols: set[_Protocol] = set()
        self._changed = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # asyncio does not, for these
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self._socket.getsockname()[1]}"
        self.base_url = f"{self.url}/v1"
        self._thread = threading.Thread(target=self._loop.run_forever, name="upstream", daemon=True)
        self._thread.start()
        context = _self_signed() if tls else None
        self._server = self._call(self._loop.create_server(self._protocol, sock=self._socket, ssl=context))

    # what a test writes before

    def will_answer(
        self,
        steps: Iterable[Step] | bytes,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        before_headers: Step = b"",
        to: str = "/chat/completions",
    ) -> None:
        """Answer the next request whose path ends with `to` by these steps. Scripts are used up in their order."""
        steps = [steps] if isinstance(steps, bytes) else steps
        self.will(Answer(steps, status, EVENT_STREAM if headers is None else headers, before_headers), to=to)

    def will_answer_json(
        self, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None, to: str = "/chat/completions"
    ) -> None:
        self.will(json_answer(value, status, headers), to=to)

    def will_answer_raw(self, steps: Iterable[Step], *, to: str = "/chat/completions") -> None:
        """Answer with bytes that need not be HTTP, then close."""
        self.will(Answer(steps, raw=True), to=to)

    def will(self, answer: Answer, *, to: str = "/chat/completions") -> None:
        with self._changed:
            self._scripts.append((to, answer))

    def will_again(self, answer: Answer, *, to: str) -> None:
        """Answer every POST to a path that ends with `to` by this, where no script is left, until told otherwise."""
        self._standing[to] = answer

    # what a test asks afterwards

    def wait_request(self, number: int = 1) -> Request:
        """Return the request of that number, counted from 1, as soon as it came."""
        self._wait(lambda: len(self.requests) >= number, f"request {number} did not come")
        return self.requests[number - 1]

    def wait_request_to(self, path: str) -> Request:
        """Return the first request whose path ends with that, as soon as it came."""
        found: list[Request] = []

        def has_come() -> bool:
            found.extend(request for request in self.requests if request.path.endswith(path))
            return bool(found)

        self._wait(has_come, f"no request to {path} came")
        return found[0]

    def wait_closed(self) -> None:
        """Wait until no client is connected."""
        self._wait(lambda: not self._protocols, "a client is still connected")

    @property
    def open_connections(self) -> int:
        return len(self._protocols)

    def close(self) -> None:
        self._call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)
        self._loop.close()

    def _call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(PATIENCE_S)

    def _wait(self, condition: Callable[[], bool], complaint: str) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE_S), complaint

    # the loop's side

    def _protocol(self) -> "_Protocol":
        return _Protocol(self)

    async def serve(self, protocol: "_Protocol", reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(writer)
        try:
            while True:
                request = await _read_request(reader, connection, protocol.closed)
                await _send(self._take_answer(request), connection)
        except (asyncio.IncompleteReadError, ConnectionError, _Over):
            pass  # the client or the script ended it
        finally:
            connection.close()

    def connected(self, protocol: "_Protocol") -> None:
        with self._changed:
            self._protocols.add(protocol)
            self.connections_seen += 1

    def disconnected(self, protocol: "_Protocol") -> None:
        with self._changed:
            self._protocols.discard(protocol)
            self._changed.notify_all()

    def _take_answer(self, request: Request) -> Answer:
        with self._changed:
            self.requests.append(request)
            self._changed.notify_all()
            for index, (to, answer) in enumerate(self._scripts):
                if request.path.endswith(to):
                    del self._scripts[index]
                    return answer
            for to, answer in self._standing.items():
                if request.method == "POST" and request.path.endswith(to):
                    return answer
        return self.otherwise(request)

    async def _end(self) -> None:
        while self._protocols or len(asyncio.all_tasks()) > 1:
            for protocol in list(self._protocols):
                protocol.end()
            await asyncio.sleep(0)
        self._server.close()  # last: asyncio 3.11 forgets a connection that is being accepted when its server closes


class _Protocol(asyncio.StreamReaderProtocol):
    """Sees at once that a client left, also while its answer is being given."""

    def __init__(self, upstream: Upstream) -> None:
        self.closed = threading.Event()
        self.task: asyncio.Task[None]
        self._upstream = upstream
        super().__init__(asyncio.StreamReader(), self._begin)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._upstream.connected(self)
        super().connection_made(transport)

    def _begin(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.task = asyncio.get_running_loop().create_task(self._upstream.serve(self, reader, writer))

    def eof_received(self) -> bool:
        super().eof_received()
        self.task.cancel()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.task.cancel()
        self.closed.set()
        self._upstream.disconnected(self)

    def end(self) -> None:
        self._transport.abort()


def _self_signed() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(Path(__file__).parents[1] / "self_signed.pem")
    return context


async def _read_request(reader: asyncio.StreamReader, connection: Connection, closed: threading.Event) -> Request:
    first = await reader.readexactly(1)
    if not first.isalpha():
        await connection.send_raw(ANSWER_TO_NONSENSE)
        raise _Over
    head = first + await reader.readuntil(b"\r\n\r\n")
    request_line, *lines = head.decode("latin-1").rstrip().split("\r\n")
    method, path, _ = request_line.split(" ")
    headers: dict[str, str] = {}
    for name, _, value in (line.partition(":") for line in lines):
        name = name.lower()
        headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Request(method, path, headers, body, closed)


async def _send(answer: Answer, connection: Connection) -> None:
    connection.chunked = False
    await _take(answer.before_headers, connection)
    if not answer.raw:
        await connection.send_raw(_head(answer))
        connection.chunked = "Content-Length" not in answer.headers
    for step in answer.steps:
        await _take(step, connection)
    if answer.raw:
        raise _Over
    if connection.chunked:
        await connection.send_raw(b"0\r\n\r\n")


def _head(answer: Answer) -> bytes:
    framing = {} if "Content-Length" in answer.headers else {"Transfer-Encoding": "chunked"}
    lines = [f"HTTP/1.1 {answer.status} Scripted"]
    lines += [f"{name}: {value}" for name, value in {**answer.headers, **framing}.items()]
    return "\r\n".join([*lines, "", ""]).encode()


async def _take(step: Step, connection: Connection) -> None:
    if isinstance(step, bytes):
        if step:
            await connection.send(step)
    else:
        await step(connection)
