"""Kills a server repeatedly in the middle of its work, and checks what it still has.

    python -m bench.kills [--rounds 100] [--seed 0]

A round: start; look for everything the last round's askers were promised; ask again what was not answered, continue an
answer that was cut, run a new turn to its end; put several turns in flight; kill -9 at a random moment. The exit code
is 1 when anything was lost, doubled or damaged, or a start or a round took too long.
"""

import argparse
import asyncio
import contextlib
import random
import socket
import sqlite3
import sys
import tempfile
import time
import traceback
from collections.abc import AsyncIterator, Coroutine, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp

from bench.asked import Asked, violations
from bench.processes import NotAnsweringError, Process, UpstreamProcess, running_upstream
from bench.targets import Place, our_server

ASKERS = 8
START_LIMIT_S = 10  # more than ten times the usual, so that a busy machine does not matter
ROUND_LIMIT_S = 60  # a round takes about two seconds
NO_TIMEOUT = aiohttp.ClientTimeout(total=None)  # aiohttp's default is five minutes; the round has its own limit
STACKS_IN_THE_LOG = {"PYTHONFAULTHANDLER": "1"}
OWN_PORTS = (20_000, 30_000)  # below the range that systems choose from
LIVES_S = ((0.0, 0.6), (0.6, 4.0))  # while turns begin, and later, when some have ended
LONG_REPLY = {"tokens": 60, "rate": 30}
SHORT_REPLY = {"tokens": 5, "rate": 200}


@dataclass
class Findings:
    """The outcome of all rounds."""

    violations: list[str] = field(default_factory=list)
    starts_s: list[float] = field(default_factory=list)
    questions: int = 0
    acknowledged: int = 0
    cut: int = 0

    def summary(self) -> str:
        """Return a few sentences."""
        return "\n".join(
            [
                f"{self.questions} questions, {self.acknowledged} acknowledged before a kill, {self.cut} cut.",
                *self._starts(),
                f"{len(self.violations)} violations.",
                *self.violations[:20],
            ]
        )

    def _starts(self) -> list[str]:
        if not self.starts_s:
            return []
        return [f"Starts took {median(self.starts_s):.2f} s in the median, {max(self.starts_s):.2f} s at most."]


class Victim:
    """The server being killed, and its clients."""

    def __init__(self, place: Place, upstream: UpstreamProcess, chance: random.Random) -> None:
        self.findings = Findings()
        self._place = place
        self._upstream = upstream
        self._chance = chance
        self._origin = f"http://127.0.0.1:{place.port}"
        self._program = our_server(place)
        self._log = place.folder / "log.txt"
        self._last: list[Asked] = []
        self._all: list[Asked] = []

    async def round(self) -> None:
        """Start, check, load, kill."""
        async with self._started() as (session, server):
            await self._look_for(session, self._last)
            self._check_database()
            self._upstream.follow(**SHORT_REPLY)
            again = [await self._ask_again(session, asked) for asked in self._last]
            await self._look_for(session, again)
            self._all += again
            await self._continue_one(session, again)
            await self._ask_one(session)
            self._upstream.follow(**LONG_REPLY)
            await self._load_and_kill(session, server)

    async def look_at_everything(self) -> None:
        """Start once more, and check everything that was promised in any round."""
        async with self._started() as (session, _):
            await self._look_for(session, self._last + self._all)

    @contextlib.asynccontextmanager
    async def _started(self) -> AsyncIterator[tuple[aiohttp.ClientSession, Process]]:
        server = Process(self._program.command, self._log, {**self._program.env, **STACKS_IN_THE_LOG})
        try:
            took_s = server.wait_until(f"{self._origin}/chat/", ROUND_LIMIT_S)
            self.findings.starts_s.append(took_s)
            if took_s > START_LIMIT_S:
                self._wrong(f"a start took {took_s:.1f} s")
            async with aiohttp.ClientSession(timeout=NO_TIMEOUT) as session:
                yield session, server
        except asyncio.CancelledError:
            server.abort()
            raise
        finally:
            server.kill()

    async def _look_for(self, session: aiohttp.ClientSession, asked: Sequence[Asked]) -> None:
        """Compare promises with the store."""
        shown: dict[str, list[dict[str, Any]]] = {}
        for one in asked:
            if one.answer_id and one.conversation_id:
                if one.conversation_id not in shown:
                    shown[one.conversation_id] = await self._messages(session, one.conversation_id)
                self._wrong(*violations(one, shown[one.conversation_id]))

    async def _messages(self, session: aiohttp.ClientSession, conversation_id: str) -> list[dict[str, Any]]:
        async with session.get(f"{self._origin}/backend-api/v2/conversations/{conversation_id}") as response:
            return list((await response.json())["messages"]) if response.status == 200 else []

    def _check_database(self) -> None:
        with contextlib.closing(sqlite3.connect(f"file:{self._place.folder}/chat.db?mode=ro", uri=True)) as database:
            verdict = database.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            self._wrong(f"the database is damaged: {verdict}")

    async def _ask_again(self, session: aiohttp.ClientSession, asked: Asked) -> Asked:
        """Send a question again. If its client knew of a turn, it must be the same one and have an answer now."""
        again = Asked(asked.conversation_id, asked.message_id)
        await again.ask(session, self._origin)
        if not again.answer_id or asked.answer_id not in ("", again.answer_id):
            self._wrong(f"question {asked.message_id} asked again does not have its answer {again.refusal}")
        elif not again.over:
            self._wrong(f"question {asked.message_id} asked again has an answer without an end")
        return again

    async def _continue_one(self, session: aiohttp.ClientSession, asked: Sequence[Asked]) -> None:
        """Continue one interrupted answer to its end."""
        if cut := [one for one in asked if one.answer_id and one.status == "interrupted"]:
            one = self._chance.choice(cut)
            await one.ask(session, self._origin, action="continue", parent_id=one.answer_id)
            if one.status != "complete":
                self._wrong(f"answer {one.answer_id} does not go on: {one.refusal}")
            await self._look_for(session, [one])

    async def _ask_one(self, session: aiohttp.ClientSession) -> None:
        """Run a turn to its end, in an interrupted conversation if there is one."""
        asked = Asked(self._all[-1].conversation_id if self._all else None)
        await asked.ask(session, self._origin)
        if asked.status != "complete":
            self._wrong(f"the next turn does not work: {asked.refusal}")
        self._all.append(asked)
        await self._look_for(session, [asked])

    async def _load_and_kill(self, session: aiohttp.ClientSession, server: Process) -> None:
        """Have several clients ask one question after another until the server is gone."""
        self._last = []
        old = list(dict.fromkeys(asked.conversation_id for asked in reversed(self._all)))[: ASKERS // 2]
        async with asyncio.TaskGroup() as askers:
            for number in range(ASKERS):
                askers.create_task(self._keep_asking(session, old[number] if number < len(old) else None))
            await asyncio.sleep(self._chance.uniform(*self._chance.choice(LIVES_S)))
            killed = time.monotonic()
            server.kill()
        for asked in self._last:
            asked.killed = killed
        self.findings.questions += len(self._last)
        self.findings.acknowledged += sum(bool(asked.answer_id) for asked in self._last)
        self.findings.cut += sum(asked.status == "interrupted" for asked in self._last)

    async def _keep_asking(self, session: aiohttp.ClientSession, conversation_id: str | None) -> None:
        await asyncio.sleep(self._chance.uniform(0, 0.5))
        there = True
        while there:
            self._last.append(asked := Asked(conversation_id))
            there = await asked.ask(session, self._origin)
            conversation_id = asked.conversation_id
        if asked.refusal:
            self._wrong(f"a turn was refused: {asked.refusal}")

    def give_up(self, why: str) -> None:
        """Record why a round did not end, with the last lines of the server's log."""
        log = self._log.read_text(errors="replace") if self._log.exists() else ""
        self._wrong(f"{why}; the server's log ends:\n{log[-4000:]}")

    def _wrong(self, *what: str) -> None:
        self.findings.violations += what


async def kill_again_and_again(rounds: int, seed: int) -> Findings:
    """Run this many rounds on one database, fewer if one does not end; return the findings."""
    with tempfile.TemporaryDirectory(prefix="kills-") as folder, running_upstream() as upstream:
        victim = Victim(Place(own_port(), upstream.port, Path(folder)), upstream, random.Random(seed))
        try:
            for number in range(1, rounds + 1):
                await _within_limit(victim.round())
                print(f"\r{number} rounds, {len(victim.findings.violations)} violations", end="", file=sys.stderr)
            await _within_limit(victim.look_at_everything())
        except TimeoutError as error:
            victim.give_up(f"round {number} did not end: {error}")
        except NotAnsweringError as error:
            victim.findings.violations.append(f"round {number} did not begin: {error}")
        print(file=sys.stderr)
    return victim.findings


def own_port() -> int:
    """Return a free port that the system does not assign by itself, since the server returns to it."""
    while True:
        port = random.randrange(*OWN_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


async def _within_limit(round_: Coroutine[Any, Any, None]) -> None:
    """Run a round. Raises: TimeoutError with the line of this file that the round had reached."""
    try:
        async with asyncio.timeout(ROUND_LIMIT_S):
            await round_
    except TimeoutError as error:
        places = traceback.extract_tb((error.__cause__ or error).__traceback__)
        place = [place for place in places if place.filename == __file__][-1]
        raise TimeoutError(f"it was in {place.name}, line {place.lineno}, after {ROUND_LIMIT_S} s") from error


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.kills")
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    findings = asyncio.run(kill_again_and_again(options.rounds, options.seed))
    print(findings.summary())
    sys.exit(bool(findings.violations))


if __name__ == "__main__":
    main()
