"""Starts, watches and ends the measured programs by process id."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") / 1024
OPEN_FILES = 4096  # a thousand streams take two sockets each, in the target
POLL_S = 0.005


class NotAnsweringError(Exception):
    """A program ended or took too long before it answered. The message has the end of its log."""


class Process:
    """A program and its children."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str]) -> None:
        self.started = time.monotonic()
        self.log = log
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **env}
            )
        self.pid = self._process.pid

    def wait_until(self, url: str, limit_s: float = 60) -> float:
        """Wait until the URL answers 200; return the seconds since the start. Raises: NotAnsweringError."""
        while not _answers(url):
            if self._process.poll() is not None or time.monotonic() > self.started + limit_s:
                raise NotAnsweringError(f"{url} does not answer:\n{self.log.read_text(errors='replace')[-2000:]}")
            time.sleep(POLL_S)
        return time.monotonic() - self.started

    def cpu_ms(self) -> float:
        """Return the CPU time of the program and its children, ended ones included, in seconds."""
        return sum(sum(map(int, _stat(pid)[11:15])) for pid in self._family()) * TICK_MS

    def rss_kb(self) -> float:
        """Return the resident memory of the program and its children; shared pages count for each."""
        return sum(int(_stat(pid)[21]) for pid in self._family()) * PAGE_KB

    def kill(self) -> None:
        """End the program as a crash would."""
        self._process.kill()
        self._process.wait()

    def abort(self) -> None:
        """End the program with SIGABRT. With PYTHONFAULTHANDLER set, its log then shows where its threads were."""
        self._process.send_signal(signal.SIGABRT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(10)

    def stop(self) -> None:
        """Ask the program to end; kill it if it does not."""
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.kill()

    def _family(self) -> list[int]:
        family = [self.pid]
        for pid in family:
            for task in Path(f"/proc/{pid}/task").glob("*/children"):
                family += map(int, task.read_text().split())
        return family


def _stat(pid: int) -> list[str]:
    """Return the fields of /proc/<pid>/stat from the third on. Source: proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


class UpstreamProcess:
    """The fake upstream in its own process."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "bench.upstream"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.port = int(self._process.stdout.readline())
        self.pid = self._process.pid

    def follow(self, tokens: int, rate: float) -> None:
        """Answer with this many tokens at this rate, and reset the counters."""
        fetch_json(f"http://127.0.0.1:{self.port}/script", {"tokens": tokens, "rate": rate})

    def counts(self) -> dict[str, Any]:
        """Return what happened since then."""
        return fetch_json(f"http://127.0.0.1:{self.port}/counts")

    def cpu_ms(self) -> float:
        """Return its CPU time."""
        return sum(map(int, _stat(self.pid)[11:13])) * TICK_MS

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


@contextlib.contextmanager
def running_upstream() -> Iterator[UpstreamProcess]:
    """Run the fake upstream while the block runs."""
    upstream = UpstreamProcess()
    try:
        yield upstream
    finally:
        upstream.stop()


def fetch_json(url: str, body: dict[str, Any] | None = None, timeout_s: float = 10) -> dict[str, Any]:
    """GET, or POST if there is a body, and return the JSON object of the response."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"} if data else {})
    with urllib.request.urlopen(request, timeout=timeout_s) as response:
        return dict(json.load(response))


def free_port() -> int:
    """Return a currently free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def allow_open_files() -> None:
    """Raise this process's limit on open files, which its children inherit, as far as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if 0 <= hard < OPEN_FILES:
        sys.exit(f"A thousand streams need {OPEN_FILES} open files and the limit is {hard}: ulimit -n {OPEN_FILES}")
