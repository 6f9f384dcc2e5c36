"""Attacks a server in one way after another, and measures what others notice of it.

    python -m bench.attacks [--seconds 10] [--only forms]...

Meanwhile another person reads a streamed answer, and a third client asks for /healthz. The exit code is 1 if a health
check took longer than 0.5 seconds, or the stream was silent for more than a second. The attacker has an account, or
none where a stranger can do it. Nothing limits requests and turns, so that the attacks are as strong as they can be.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import multiprocessing
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.processes import Process, UpstreamProcess, free_port, running_upstream
from bench.targets import CONVERSATION, TURN_BODY, Place, our_server
from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server.auth.access import Access
from server.config.site import Config
from server.current.api_key import new_key
from server.ops import data_folder
from server.store import Store
from server.store.people.api_keys import KeySettings

HEALTH_LIMIT_S, GAP_LIMIT_S = 0.5, 1.0
PROBE_EVERY_S = 0.05
TOKENS_PER_S = 20
SETTLE_S = 1
"""How long an attack may run before the measurement begins, so that what it prepares is there."""
NO_LIMITS = dict.fromkeys(
    ("turns_per_minute", "requests_per_minute", "concurrent_turns", "address_turns_per_minute",
     "address_requests_per_minute"), 0,
)  # fmt: skip
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
MIB = 1 << 20


@dataclass(frozen=True)
class Scene:
    """A running server, and what its people sign in with."""

    port: int
    cookies: tuple[str, str]
    """Of the attacker and of the person who reads."""
    key: str
    """The attacker's API key."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass
class Attacker:
    """The attacking client."""

    scene: Scene
    http: aiohttp.ClientSession
    number: Iterator[int] = field(default_factory=itertools.count)

    def headers(self, more: dict[str, str] | None = None) -> dict[str, str]:
        return {"Cookie": self.scene.cookies[0], **(more or {})}

    async def ask(self, method: str, path: str, **how: Any) -> bytes:
        """Send a request; return the body of the answer, whatever it says. Refused connections are no failure."""
        with contextlib.suppress(aiohttp.ClientError, ConnectionError):
            async with self.http.request(method, f"{self.scene.url}{path}", **how) as answer:
                return await answer.read()
        return b""

    async def stranger(self, path: str, body: bytes) -> None:
        """Send a form without an account, from a network of its own."""
        network = f"2001:db8:{next(self.number):x}::1"
        await self.ask("POST", path, data=body, headers={**FORM, "X-Forwarded-For": network})

    async def answer(self) -> tuple[str, str]:
        """Start an answer and leave; return the ids of its conversation and of itself."""
        headers = self.headers()
        async with self.http.post(f"{self.scene.url}{CONVERSATION}", json=TURN_BODY, headers=headers) as reply:
            start = json.loads(await reply.content.readline())
        await self.ask("POST", f"/backend-api/v2/messages/{start['message_id']}/stop", headers=headers, json={})
        return start["conversation_id"], start["message_id"]

    async def write(self, message_id: str, text: str) -> None:
        """Store a version of an answer by hand."""
        path = f"/backend-api/v2/messages/{message_id}/versions"
        await self.ask("POST", path, json={"content": text}, headers=self.headers())

    async def show(self, text: str, readers: int = 8) -> None:
        """Store a text that was not seen before, and open it in so many pages."""
        conversation_id, message_id = await self.answer()
        await self.write(message_id, f"{text}\n\n{next(self.number)}")
        page = f"/chat/{conversation_id}"
        await at_once(readers, lambda: self.ask("GET", page, headers=self.headers()))

    async def slowly(self, announced: int, holds_s: float) -> None:
        """Announce a body and send little of it."""
        _, writer = await asyncio.open_connection("127.0.0.1", self.scene.port)
        head = f"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {FORM['Content-Type']}\r\n"
        with contextlib.suppress(OSError):
            writer.write(f"{head}Content-Length: {announced}\r\n\r\n".encode() + b"a" * (announced // 2))
            await writer.drain()
            await asyncio.sleep(holds_s)
        writer.close()

    async def listen(self, holds_s: float) -> None:
        """Open a WebSocket and keep it."""
        headers = self.headers({"Origin": self.scene.url})
        with contextlib.suppress(aiohttp.ClientError):
            async with self.http.ws_connect(f"{self.scene.url}/backend-api/v2/live", headers=headers):
                await asyncio.sleep(holds_s)

    async def read(self, message_id: str, holds_s: float) -> None:
        """Follow an answer, and read nothing of it."""
        url = f"{self.scene.url}/backend-api/v2/messages/{message_id}/events"
        with contextlib.suppress(aiohttp.ClientError):
            async with self.http.get(url, headers=self.headers()):
                await asyncio.sleep(holds_s)


async def at_once(number: int, act: Callable[[], Awaitable[Any]]) -> None:
    """Do something so many times at the same time."""
    await asyncio.gather(*(act() for _ in range(number)))


async def forms(attacker: Attacker) -> None:
    """Forms of millions of fields from strangers, and as many as fit into 64 KiB."""
    for path in ("/login", "/login/code", "/welcome"):
        await at_once(4, lambda path=path: attacker.stranger(path, b"a=&" * 5_000_000))  # type: ignore[misc]
        await at_once(8, lambda path=path: attacker.stranger(path, b"a=&" * 21_000))  # type: ignore[misc]


async def blank_code(attacker: Attacker) -> None:
    """Code of blank lines, for which a lexer's pattern is quadratic."""
    await attacker.show("```matlab\n" + "\n" * 24_000 + "```")


async def addresses(attacker: Attacker) -> None:
    """Text that the rule for bare addresses searches again and again."""
    await attacker.show("http://a.b/((" * 4_300)


async def forks(attacker: Attacker) -> None:
    """Copies of a long branch, ten at a time, and a long stored request."""
    conversation_id, message_id = await attacker.answer()
    await attacker.write(message_id, "long " * (MIB // 5))
    path = f"/backend-api/v2/conversations/{conversation_id}/fork"
    await at_once(10, lambda: attacker.ask("POST", path, json={"message_id": message_id}, headers=attacker.headers()))
    messages = [{"role": "user", "content": "word " * (MIB // 6)}] * 14
    body = {"model": "m", "store": True, "messages": messages, "max_tokens": 1}
    with contextlib.suppress(TimeoutError):  # the answer itself would not end
        async with asyncio.timeout(2):
            await attacker.ask("POST", "/v1/chat/completions", json=body, headers={"x-api-key": attacker.scene.key})


async def values(attacker: Attacker) -> None:
    """JSON of as many lists as fit."""
    body = b'{"message":{"content":""},"z":[' + b"[]," * 5_000_000 + b"[]]}"
    page = body[: 2 * MIB - 3].rpartition(b",")[0] + b"]}"
    key = {**JSON, "x-api-key": attacker.scene.key}
    await at_once(4, lambda: attacker.ask("POST", CONVERSATION, data=page, headers=attacker.headers(JSON)))
    await at_once(4, lambda: attacker.ask("POST", "/v1/chat/completions", data=body, headers=key))


async def codes(attacker: Attacker) -> None:
    """Guesses of second factors, each from another network."""
    await at_once(20, lambda: attacker.stranger("/login/code", b"sealed=WyJhIiwiYiJd.aaaaaa.bbbb&code=123456"))


async def logins(attacker: Attacker) -> None:
    """Forty sign-ins at once, each from another network."""
    await at_once(40, lambda: attacker.stranger("/login", b"username=reader&password=wrong-wrong-wrong"))


async def slow_bodies(attacker: Attacker) -> None:
    """Many bodies that come slowly."""
    await at_once(16, lambda: attacker.slowly(16 * MIB, 2))
    await at_once(400, lambda: attacker.slowly(64 * 1024, 2))


async def versions(attacker: Attacker) -> None:
    """Versions of 1 MB by hand."""
    _, message_id = await attacker.answer()
    for _ in range(22):
        await attacker.write(message_id, "words " * (MIB // 6))


async def large_messages(attacker: Attacker) -> None:
    """Tables, blocks of code and brackets that are slow to render, and searches for single letters."""
    row = "|" + "x|" * 1000 + "\n"
    await attacker.show(row + "|" + "-|" * 1000 + "\n" + "|\n" * 500)
    await attacker.show("".join(f"```python\n{'x = [1, 2]  # y' * 200}\n```\n" for _ in range(20)))
    await attacker.show("![" * 131_000)
    query = "/backend-api/v2/search?q=" + "+".join("abcdefghijklmnopqrst")
    await at_once(4, lambda: attacker.ask("GET", query, headers=attacker.headers()))


async def sockets(attacker: Attacker) -> None:
    """As many WebSockets and streams as there are, one after another within two seconds, and held."""
    _, message_id = await attacker.answer()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(330):
            tasks.create_task(attacker.listen(3))
            tasks.create_task(attacker.read(message_id, 3))
            await asyncio.sleep(2 / 330)


ATTACKS: dict[str, Callable[[Attacker], Awaitable[None]]] = {
    attack.__name__: attack
    for attack in (
        forms, blank_code, addresses, forks, values, codes, logins, slow_bodies, versions, large_messages, sockets,
    )
}  # fmt: skip


def attack_for_ever(name: str, scene: Scene) -> None:
    """Attack in a loop, in a process of its own."""

    async def run() -> None:
        connector, timeout = aiohttp.TCPConnector(limit=0), aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:
            attacker = Attacker(scene, http)
            while True:
                await ATTACKS[name](attacker)

    asyncio.run(run())


@dataclass(frozen=True)
class Noticed:
    """What others noticed of an attack, in seconds: the slowest health check, and the longest silence of a stream."""

    health_s: float
    gap_s: float

    @property
    def is_fine(self) -> bool:
        return self.health_s <= HEALTH_LIMIT_S and self.gap_s <= GAP_LIMIT_S


def withstand(name: str, scene: Scene, seconds: float) -> Noticed:
    """Attack the server for that long, and return what others noticed."""
    attacker = multiprocessing.get_context("spawn").Process(target=attack_for_ever, args=(name, scene), daemon=True)
    attacker.start()
    try:
        noticed = asyncio.run(_notice(scene, seconds))
        assert attacker.is_alive(), f"the attack {name} failed itself"
        return noticed
    finally:
        attacker.kill()
        attacker.join()


async def _notice(scene: Scene, seconds: float) -> Noticed:
    connector, timeout = aiohttp.TCPConnector(limit=0, force_close=True), aiohttp.ClientTimeout(total=60)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http, _reading(http, scene) as lines:
        await asyncio.sleep(SETTLE_S)
        until = time.monotonic() + seconds
        return Noticed(*await asyncio.gather(_slowest_health(http, scene, until), _longest_gap(lines, until)))


@contextlib.asynccontextmanager
async def _reading(http: aiohttp.ClientSession, scene: Scene) -> AsyncIterator[aiohttp.StreamReader]:
    """Yield the stream of a new answer of the person who reads."""
    headers = {"Cookie": scene.cookies[1]}
    async with http.post(f"{scene.url}{CONVERSATION}", json=TURN_BODY, headers=headers) as reply:
        await reply.content.readline()
        yield reply.content


async def _slowest_health(http: aiohttp.ClientSession, scene: Scene, until: float) -> float:
    slowest_s = 0.0
    while (began := time.monotonic()) < until:
        async with http.get(f"{scene.url}/healthz") as answer:
            answer.raise_for_status()
        slowest_s = max(slowest_s, time.monotonic() - began)
        await asyncio.sleep(PROBE_EVERY_S)
    return slowest_s


async def _longest_gap(lines: aiohttp.StreamReader, until: float) -> float:
    longest_s, last = 0.0, time.monotonic()
    while last < until:
        line = await lines.readline()
        assert line, "the stream ended"
        now = time.monotonic()
        longest_s, last = max(longest_s, now - last), now
    return longest_s


@contextlib.contextmanager
def attacked_server(upstream: UpstreamProcess, folder: Path) -> Iterator[Scene]:
    """Run a server with two accounts while the block runs."""
    port = free_port()
    program = our_server(Place(port, upstream.port, folder))
    path = folder / "config.json"
    settings = json.loads(path.read_text())
    settings |= {"auth": {"mode": "accounts"}, "limits": NO_LIMITS}
    settings["site_config"] |= {"trusted_proxies": 1}
    path.write_text(json.dumps(settings))
    cookies, key = _people(load(path, Config, {}, KINDS))
    upstream.follow(tokens=1_000_000, rate=TOKENS_PER_S)
    process = Process(program.command, folder / "log", program.env)
    try:
        process.wait_until(f"http://127.0.0.1:{port}/healthz")
        yield Scene(port, cookies, key)
    finally:
        process.kill()


def _people(config: Config) -> tuple[tuple[str, str], str]:
    """Make the attacker's account and the reader's; return the cookies of both and the attacker's key."""
    data_folder.create(Path(config.data_dir))
    store = Store(config.database)
    store.open()
    access = Access(config, store)
    attacker, reader = (access.accounts.add(name, "user", "") for name in ("attacker", "reader"))
    tokens = [access.start_session(account.id, "127.0.0.1", "bench") for account in (attacker, reader)]
    key = new_key(access, attacker.id, "bench", KeySettings())
    store.close()
    return (f"chat_session={tokens[0]}", f"chat_session={tokens[1]}"), key


def main() -> None:
    """Run the attacks and print what others noticed of each."""
    parser = argparse.ArgumentParser(prog="python -m bench.attacks")
    parser.add_argument("--seconds", type=float, default=10, help="for each attack")
    parser.add_argument("--only", action="append", choices=ATTACKS, help="these attacks")
    options = parser.parse_args()
    failed = []
    print(f"{'':4} {'health check, slowest':>24} {'stream, longest gap':>24}")
    with running_upstream() as upstream:
        for name in options.only or ATTACKS:
            with (
                tempfile.TemporaryDirectory(prefix="bench-") as folder,
                attacked_server(upstream, Path(folder)) as scene,
            ):
                noticed = withstand(name, scene, options.seconds)
            failed += [] if noticed.is_fine else [name]
            print(f"{name:4} {noticed.health_s:22.2f} s {noticed.gap_s:22.2f} s", flush=True)
    if failed:
        sys.exit(f"Not withstood: {', '.join(failed)}")


if __name__ == "__main__":
    main()
