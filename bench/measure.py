"""Measures one target: start, first page, levels of load, and how soon the upstream is closed after a client leaves."""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.client import Load, percentiles
from bench.processes import ROOT, Process, UpstreamProcess, free_port
from bench.targets import Place, Target

RSS_EVERY_S = 0.1
LEAVERS = 20
LEAVING = {"streaming": 30, "silent": 0.05}  # tokens a second
LEAVING_LIMIT_S = 3  # how long the upstream may take to notice


@dataclass(frozen=True)
class Level:
    """Concurrent streams, each requesting several replies in turn. Replies not over by `limit_s` are abandoned."""

    streams: int
    rounds: int
    tokens: int
    rate: float
    ramp_s: float
    limit_s: float


WARM_UP = Level(streams=2, rounds=3, tokens=3, rate=100, ramp_s=0, limit_s=10)
FULL = (
    Level(streams=1, rounds=100, tokens=5, rate=100, ramp_s=0, limit_s=30),
    Level(streams=50, rounds=3, tokens=90, rate=30, ramp_s=0.5, limit_s=20),
    Level(streams=200, rounds=1, tokens=150, rate=30, ramp_s=0.5, limit_s=20),
    Level(streams=1000, rounds=1, tokens=600, rate=30, ramp_s=2, limit_s=40),
)
QUICK = (
    Level(streams=1, rounds=10, tokens=3, rate=100, ramp_s=0, limit_s=4),
    Level(streams=50, rounds=1, tokens=45, rate=30, ramp_s=0.2, limit_s=5),
    Level(streams=200, rounds=1, tokens=30, rate=30, ramp_s=0.3, limit_s=5),
)


@dataclass(frozen=True)
class Running:
    """A running target, or the upstream itself."""

    target: Target
    upstream: UpstreamProcess
    port: int
    process: Process | None
    started_s: float

    def load(self, **how: Any) -> dict[str, Any]:
        """Load it from a process of its own, and return the outcome."""
        target = self.target
        load = Load(self.port, target.path, target.body, target.headers, repeats=target.repeats, **how)
        command = [sys.executable, "-m", "bench.client"]
        done = subprocess.run(
            command, cwd=ROOT, input=json.dumps(asdict(load)), stdout=subprocess.PIPE, text=True, check=True
        )
        return dict(json.loads(done.stdout))


@contextlib.contextmanager
def running(target: Target, upstream: UpstreamProcess) -> Iterator[Running]:
    """Start the target in an empty folder, and end it afterwards."""
    if target.prepare is None:
        yield Running(target, upstream, upstream.port, None, 0)
        return
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        port = free_port()
        program = target.prepare(Place(port, upstream.port, Path(folder)))
        process = Process(program.command, Path(folder) / "log.txt", program.env)
        try:
            started_s = process.wait_until(f"http://127.0.0.1:{port}{target.ready}")
            yield Running(target, upstream, port, process, started_s)
        finally:
            process.stop()


def measure(target: Target, upstream: UpstreamProcess, levels: tuple[Level, ...], leaving: bool) -> dict[str, Any]:
    """Return all measurements of one target for JSON. Memory is in kB."""
    measured = [in_fresh_process(target, upstream, partial(at_level, level=level)) for level in levels]
    result = {"name": target.name, "started_s": measured[0]["started_s"], "idle_kb": measured[0]["rss_kb"][0]}
    rates = LEAVING if leaving and target.prepare else {}
    left = {name: in_fresh_process(target, upstream, partial(leave, rate=rate)) for name, rate in rates.items()}
    return {**result, "levels": measured, "leaving": left}


def in_fresh_process(
    target: Target, upstream: UpstreamProcess, work: Callable[[Running], dict[str, Any]]
) -> dict[str, Any]:
    """Measure a freshly started target that has answered a few requests."""
    with running(target, upstream) as it:
        at_level(it, WARM_UP)
        return {"started_s": it.started_s, **work(it)}


def at_level(it: Running, level: Level) -> dict[str, Any]:
    """Return the outcome of one level, with CPU and memory of the target's process and its children."""
    upstream, process = it.upstream, it.process
    upstream.follow(level.tokens, level.rate)
    upstream_ms = upstream.cpu_ms()
    cpu_ms = process.cpu_ms() if process else 0
    how = {key: value for key, value in asdict(level).items() if key != "rate"}
    with highest(process.rss_kb if process else lambda: 0) as rss_kb:
        outcome = it.load(**how)
    return {
        **asdict(level),
        **outcome,
        "cpu_ms": process.cpu_ms() - cpu_ms if process else None,
        "rss_kb": rss_kb,
        "upstream_cpu_ms": upstream.cpu_ms() - upstream_ms,
    }


@contextlib.contextmanager
def highest(read: Callable[[], float]) -> Iterator[list[float]]:
    """Sample a value while the block runs; give the first and the highest."""
    values = [read()] * 2
    over = threading.Event()

    def watch() -> None:
        while not over.wait(RSS_EVERY_S):
            values[1] = max(values[1], read())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield values
    finally:
        over.set()
        thread.join()


def leave(it: Running, rate: float) -> dict[str, Any]:
    """Have clients leave, or stop their turns, after the first token; return how soon the upstream saw each close."""
    it.upstream.follow(tokens=10_000, rate=rate)
    outcome = it.load(streams=LEAVERS, tokens=10_000, limit_s=LEAVING_LIMIT_S + 2, leave=it.target.leave)
    deadline = time.monotonic() + LEAVING_LIMIT_S
    while len(seen_us := it.upstream.counts()["left_us"]) < LEAVERS and time.monotonic() < deadline:
        time.sleep(0.05)
    took_us = [at - outcome["left_us"] for at in seen_us] if outcome["left_us"] else []
    return {"seen": len(took_us), "of": LEAVERS, **percentiles(took_us)}
