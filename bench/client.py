"""Loads a server with many replies at once.

    python -m bench.client < load.json > outcome.json

Runs in a process of its own, so that its work is not counted as anybody else's.
"""

import asyncio
import gc
import json
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.reply import Reply, Tally
from bench.tokens import now_us

CONNECT_TIMEOUT_S = 10
LEAVING_TAKES_S = 1.0  # how long to stay after a stop, so that the server closes


@dataclass(frozen=True)
class Load:
    """How many replies to request, and how."""

    port: int
    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)
    streams: int = 1
    """Replies at a time."""
    rounds: int = 1
    """How many replies each stream requests in turn."""
    tokens: int = 90
    """How many tokens each reply should have."""
    ramp_s: float = 0
    """The streams start evenly spread over this time."""
    limit_s: float = 60
    """Replies that have not ended by then are abandoned."""
    repeats: bool = False
    """Whether a token may appear again, as in HTML blocks that replace each other."""
    leave: str = ""
    """`close`, or the path that stops a turn with `{}` for the message. Applied to all replies once they have begun."""


class Client:
    """Runs one load test."""

    def __init__(self, load: Load) -> None:
        self.load = load
        self.tally = Tally()
        self.request = http_request(load.port, load.path, load.body, load.headers)

    async def run(self) -> dict[str, Any]:
        """Run the load and return its outcome, times in milliseconds."""
        left_us = 0
        open_replies: set[Reply] = set()
        try:
            async with asyncio.timeout(self.load.limit_s):
                if self.load.leave:
                    left_us = await self.begin_and_leave()
                else:
                    await self.all_rounds(open_replies)
        except TimeoutError:
            for reply in open_replies:
                reply.give_up("not over in time")
        return outcome(self.tally) | {"left_us": left_us}

    async def all_rounds(self, open_replies: set[Reply]) -> None:
        """Request every reply and wait for the last."""
        async with asyncio.TaskGroup() as lanes:
            for number in range(self.load.streams):
                lanes.create_task(self.lane(self.load.ramp_s * number / self.load.streams, open_replies))

    async def lane(self, delay_s: float, open_replies: set[Reply]) -> None:
        """Request one reply after another."""
        await asyncio.sleep(delay_s)
        for _ in range(self.load.rounds):
            if reply := await self.ask():
                open_replies.add(reply)
                await asyncio.wait([reply.done])  # not the future itself, which would end with this task
                open_replies.discard(reply)

    async def ask(self) -> Reply | None:
        """Connect and send the request. Without a connection, record a failure and return None."""
        load = self.load
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                _, reply = await loop.create_connection(
                    lambda: Reply(self.request, load.tokens, self.tally, load.repeats), "127.0.0.1", load.port
                )
        except OSError as error:
            self.tally.failures.append(f"no connection: {error}")
            return None
        return reply

    async def begin_and_leave(self) -> int:
        """Start all replies, wait for the first token of each, end them all; return the time of that."""
        replies = [reply for _ in range(self.load.streams) if (reply := await self.ask())]
        await asyncio.gather(*(reply.begun for reply in replies))
        if self.load.leave == "close":
            left_us = now_us()
            for reply in replies:
                reply.transport.abort()
            return left_us
        connections = [await asyncio.open_connection("127.0.0.1", self.load.port) for _ in replies]
        left_us = now_us()
        for reply, (_, writer) in zip(replies, connections, strict=True):
            writer.write(http_request(self.load.port, self.load.leave.format(message_of(reply)), {}))
        await asyncio.sleep(LEAVING_TAKES_S)
        for _, writer in connections:
            writer.close()
        return left_us


def message_of(reply: Reply) -> str:
    """Return the answer's id from the `start` event."""
    return reply.beginning.partition(b'"message_id":"')[2].partition(b'"')[0].decode()


def http_request(port: int, path: str, body: dict[str, Any], headers: dict[str, str] | None = None) -> bytes:
    """Return the bytes of a POST request."""
    data = json.dumps(body).encode()
    fixed = {"Host": f"127.0.0.1:{port}", "Content-Type": "application/json", "Content-Length": str(len(data))}
    lines = [f"POST {path} HTTP/1.1", *(f"{name}: {value}" for name, value in (fixed | (headers or {})).items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + data


def outcome(tally: Tally) -> dict[str, Any]:
    """Return the tally as numbers for the report."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "first_ms": percentiles(tally.first_us),
        "token_ms": percentiles(tally.token_us),
        "tokens_received": len(tally.token_us),
        "finished": tally.finished,
        "lost": tally.lost,
        "disordered": tally.disordered,
        "repeated": tally.repeated,
        "failures": dict(Counter(tally.failures).most_common(5)),
        "client_cpu_ms": round((usage.ru_utime + usage.ru_stime) * 1000),
    }


def percentiles(samples_us: Sequence[int]) -> dict[str, float | None]:
    """Return median, 99th percentile and maximum in milliseconds; None for each without samples."""
    ordered = sorted(samples_us)
    if not ordered:
        return dict.fromkeys(("p50", "p99", "max"))
    places = {"p50": len(ordered) // 2, "p99": len(ordered) * 99 // 100, "max": len(ordered) - 1}
    return {name: ordered[place] / 1000 for name, place in places.items()}


def main() -> None:
    """Read a load from standard input, run it, and print the outcome."""
    load = Load(**json.load(sys.stdin))
    gc.disable()  # this process lives for seconds, and a full collection would count as latency
    json.dump(asyncio.run(Client(load).run()), sys.stdout)


if __name__ == "__main__":
    main()
