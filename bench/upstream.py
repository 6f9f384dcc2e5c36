"""A fake OpenAI-compatible service: every reply has the same number of tokens at the same rate.

    python -m bench.upstream          prints its port, then serves until it is ended

`POST /script` sets what replies look like from then on and forgets what was counted; `GET /counts` tells what was sent
and when callers left. Plain protocols and prepared bytes: what is measured is on the other side of the socket.
"""

import asyncio
import gc
import json
import re
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.tokens import now_us, token_records
from bench.wheel import Wheel

RECORDS = token_records()
CONTENT_LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
STREAM_WANTED = re.compile(rb'"stream": ?true')

STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
    b"Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
)
LAST_RECORDS = (
    b'data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":0,"model":"m",'
    b'"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
STREAM_END = b"%x\r\n%b\r\n0\r\n\r\n" % (len(LAST_RECORDS), LAST_RECORDS)
WHOLE_REPLY = {
    "id": "chatcmpl-bench",
    "object": "chat.completion",
    "created": 0,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "A reply."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
MODELS = {"object": "list", "data": [{"id": "m", "object": "model", "created": 0, "owned_by": "bench"}]}


@dataclass(frozen=True)
class Script:
    """The form of each reply: number of tokens and tokens per second; the first comes at once."""

    tokens: int = 90
    rate: float = 30


@dataclass
class Counts:
    """What happened since the script was set."""

    replies: int = 0
    tokens: int = 0
    left_us: list[int] = field(default_factory=list)
    """When clients closed a reply before its end."""


class Upstream:
    """State shared by all connections."""

    def __init__(self) -> None:
        self.follow(Script())

    def follow(self, script: Script) -> None:
        """Use this script from now on, and reset the counters."""
        self.script = script
        self.counts = Counts()
        self.wheel = Wheel(1 / script.rate)


class Connection(asyncio.Protocol):
    """One client, one request at a time."""

    transport: asyncio.Transport

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.received = b""
        self.reply: Reply | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.received += data
        head, found, rest = self.received.partition(b"\r\n\r\n")
        length = int(match[1]) if (match := CONTENT_LENGTH.search(head)) else 0
        if found and len(rest) >= length:
            self.received = rest[length:]
            self.answer(head.split(b" ", 2)[1], rest[:length])

    def answer(self, path: bytes, body: bytes) -> None:
        upstream = self.upstream
        if path == b"/v1/chat/completions" and STREAM_WANTED.search(body):
            self.transport.write(STREAM_HEAD)
            self.reply = Reply(upstream, self.transport)
        elif path == b"/v1/chat/completions":
            self.answer_json(WHOLE_REPLY)
        elif path == b"/script":
            upstream.follow(Script(**json.loads(body)))
            self.answer_json({})
        else:
            self.answer_json(asdict(upstream.counts) if path == b"/counts" else MODELS)

    def answer_json(self, value: dict[str, Any]) -> None:
        body = json.dumps(value).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.transport.write(head + body)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.reply:
            self.reply.leave()


class Reply:
    """One running reply: sends a token each time the wheel calls it."""

    def __init__(self, upstream: Upstream, transport: asyncio.Transport) -> None:
        self.transport = transport
        self.counts = upstream.counts
        self.tokens = upstream.script.tokens
        self.sent = 0
        self.counts.replies += 1
        if self.send():
            upstream.wheel.add(self.send)

    def send(self) -> bool:
        """Send the next token; tell whether there are more."""
        if self.sent == self.tokens:
            return False
        record = RECORDS[self.sent % len(RECORDS)] % (self.sent, now_us())
        self.transport.write(b"%x\r\n%b\r\n" % (len(record), record))
        self.sent += 1
        self.counts.tokens += 1
        if self.sent == self.tokens:
            self.transport.write(STREAM_END)
        return self.sent < self.tokens

    def leave(self) -> None:
        """Record that the client left; nothing more is sent."""
        if self.sent < self.tokens:
            self.counts.left_us.append(now_us())
            self.sent = self.tokens


async def serve() -> None:
    """Serve on a free loopback port until ended."""
    upstream = Upstream()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(upstream), "127.0.0.1", 0, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    gc.collect()
    gc.freeze()  # a full collection would pause every stream
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
