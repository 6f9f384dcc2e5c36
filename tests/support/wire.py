"""A front on loopback with a small app behind it, and raw connections to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from server.front import Front, FrontLimits

PATIENCE_S = 10
"""How long a test waits for what must come; only a failing test waits so long."""


@dataclass
class Reply:
    """One HTTP response as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the one shape in which errors come."""
        assert self.headers["content-type"] == "application/json"
        assert set(self.json["error"]) >= {"code", "message", "id"}
        return self.json["error"]["code"]


class Wire:
    """A client that sends exactly the bytes it is told, and reads answers one by one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def get(self, path: str, *lines: str) -> Reply:
        self.send(request("GET", path, *lines))
        return await self.reply()

    async def post(self, path: str, body: bytes, *lines: str) -> Reply:
        self.send(request("POST", path, f"Content-Length: {len(body)}", *lines) + body)
        return await self.reply()

    async def reply(self, *, to: str = "GET") -> Reply:
        """Read the next answer whole."""
        async with asyncio.timeout(PATIENCE_S):
            status, headers = await self.head()
            return Reply(status, headers, b"" if to == "HEAD" or status == 100 else await self._body(headers))

    async def head(self) -> tuple[int, dict[str, str]]:
        async with asyncio.timeout(PATIENCE_S):
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        return int(head[0].split(" ")[1]), {name.lower(): value for name, value in headers.items()}

    async def chunk(self) -> bytes:
        """Read one chunk; the final one is empty. Raises: IncompleteReadError where the stream breaks off."""
        async with asyncio.timeout(PATIENCE_S):
            size = int(await self.reader.readuntil(b"\r\n"), 16)
            return (await self.reader.readexactly(size + 2))[:-2]

    async def rest(self) -> bytes:
        """Read until the server ends the connection."""
        async with asyncio.timeout(PATIENCE_S):
            return await self.reader.read()

    async def close(self) -> None:
        self.writer.close()
        await asyncio.gather(self.writer.wait_closed(), return_exceptions=True)

    def vanish(self) -> None:
        """Leave as a program that is killed does."""
        self.writer.transport.abort()

    async def _body(self, headers: Mapping[str, str]) -> bytes:
        if headers.get("transfer-encoding") != "chunked":
            return await self.reader.readexactly(int(headers.get("content-length", 0)))
        chunks = []
        while chunk := await self.chunk():
            chunks.append(chunk)
        return b"".join(chunks)


def request(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", "Host: here", *lines, "", ""]).encode("latin-1")


@dataclass
class Served:
    """A running front."""

    front: Front
    port: int

    @asynccontextmanager
    async def connect(self, *, receive_bytes: int = 0) -> AsyncIterator[Wire]:
        """Yield a connection. receive_bytes: how much the kernel takes in ahead of the client; 0 is its own choice."""
        client = socket.socket()
        if receive_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        client.setblocking(False)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", self.port))
        wire = Wire(*await asyncio.open_connection(sock=client))
        try:
            yield wire
        finally:
            await wire.close()

    async def get(self, path: str, *lines: str) -> Reply:
        """Ask once, on a connection of its own."""
        async with self.connect() as wire:
            return await wire.get(path, *lines)


@asynccontextmanager
async def serving(app: Any, limits: FrontLimits | None = None, **options: Any) -> AsyncIterator[Served]:
    """Serve the app on loopback while the block runs."""
    front = Front(app, limits or FrontLimits(), **options)
    served = Served(front, await front.start("127.0.0.1", 0))
    try:
        yield served
    finally:
        assert await front.stop(), "a view never returned"


async def until(condition: Callable[[], object]) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not condition():
            await asyncio.sleep(0.001)
