"""Runs a local model in a child process: starts it, explains its failures, ends it."""

import asyncio
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from g4f_lite.errors import ModelNotSupportedError, StreamCutError, UpstreamError, UpstreamTimeoutError
from g4f_lite.llama.local_engine import KEY_VARIABLE, NOT_LOADED

PROGRAM = Path(__file__).with_name("local_engine.py")
"""Run by its path, because -m would also import the whole package. With -P, the modules beside it do not shadow
others."""

PASSIVE_WAIT = {"OMP_WAIT_POLICY": "PASSIVE"}
"""Lets the engine's threads sleep while they wait for each other. Threads that spin slow each other down as soon as
another program needs a core: measured on two busy cores, 28 ms a token instead of 2.3."""

INHERITED = {
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "SYSTEMROOT", "WINDIR"),
    *("HOME", "TMPDIR", "TEMP", "TMP", "LANG"),
}
INHERITED_PREFIXES = ("LC_", "OMP_", "GOMP_", "KMP_", "GGML_", "CUDA_")
"""The variables that the engine inherits: the paths of its libraries, and its use of the machine. It reads files from
the internet, so it must not see others, such as the keys of providers."""

REAPING_S = 1
"""Seconds that a child may take to exit after its connections broke."""
STDERR_TAIL_BYTES = 4096
DETAIL_CHARACTERS = 500

REASON = re.compile(r"error loading model: (.+)")
ILLEGAL_INSTRUCTION = {-signal.SIGILL, 0xC000001D}
"""The exit statuses of POSIX and of Windows."""
KILLED = -9


class EngineProcess:
    """A child process that serves one GGUF file at `url` to requests with its `key`."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path, key: str) -> None:
        """process: just created. Use `start`, which creates one."""
        assert process.stdin and process.stdout and process.stderr  # they are pipes
        self.file = file
        self.key = key
        self.url = ""
        self._process = process
        self._child_stdin = process.stdin  # the child ends when it is closed, also by the end of this process
        self._ready_line = process.stdout
        self._stderr_tail = b""
        self._stderr_reader = asyncio.create_task(self._read_stderr(process.stderr))

    @classmethod
    async def start(cls, file: Path, *, context: int, threads: int, limit_s: float) -> Self:
        """Start a child, and return it when it is ready to answer.
        context: tokens. threads: 0 leaves the number to the engine.
        Raises: ModelNotSupportedError, UpstreamTimeoutError, UpstreamError.
        """
        key = secrets.token_urlsafe(32)
        arguments = str(file), "--context", str(context), "--threads", str(threads)
        engine = cls(await _child(arguments, key), file, key)
        try:
            await engine._wait_until_ready(limit_s)
        except BaseException:
            await engine.end()
            raise
        return engine

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def end(self) -> None:
        """Kill the child, whatever it is doing: it has nothing to clean up."""
        if self.running:
            self._process.kill()
        await self._exited()

    async def death(self) -> StreamCutError | None:
        """Return the error for an answer that broke off, or None if the child is alive."""
        try:
            async with asyncio.timeout(REAPING_S):
                await self._exited()
        except TimeoutError:
            return None
        sentence = f"The local engine stopped: {self._cause()}. It starts again with your next message."
        return StreamCutError(sentence, detail=self._detail())

    async def _wait_until_ready(self, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                line = await self._ready_line.readline()
                if not line:
                    await self._exited()
                    raise self._failure()
        except TimeoutError as error:
            raise UpstreamTimeoutError(
                f"{self.file.name} did not load within {limit_s:g} seconds. Use a smaller file, or raise timeout.total."
            ) from error
        self.url = json.loads(line)["url"]

    async def _exited(self) -> None:
        await self._process.wait()
        self._child_stdin.close()
        await asyncio.shield(self._stderr_reader)

    async def _read_stderr(self, stderr: asyncio.StreamReader) -> None:
        """Read on, so that the engine can always write; keep the end."""
        while block := await stderr.read(STDERR_TAIL_BYTES):
            self._stderr_tail = (self._stderr_tail + block)[-STDERR_TAIL_BYTES:]

    def _failure(self) -> UpstreamError:
        name = self.file.name
        if self._process.returncode == NOT_LOADED:
            return ModelNotSupportedError(
                f"Cannot load {name}: it is damaged, of an unsupported type or too big for the memory.",
                detail=self._detail(),
            )
        return UpstreamError(f"Cannot load {name}: {self._cause()}.", detail=self._detail())

    def _cause(self) -> str:
        status = self._process.returncode
        if status in ILLEGAL_INSTRUCTION:
            return "the local engine needs a newer CPU; choose a model from another provider"
        if status == KILLED:
            return (
                "the system killed its process, probably because memory ran out; use a smaller file or a lower "
                "options.context"
            )
        return f"its process exited with status {status}"

    def _detail(self) -> str:
        """Return the engine's own reason, or else its last line, without the folder's path."""
        text = self._stderr_tail.decode("utf-8", "replace").replace(str(self.file), self.file.name)
        if reason := REASON.search(text):
            return reason[1][:DETAIL_CHARACTERS]
        return text.strip().rpartition("\n")[2][:DETAIL_CHARACTERS]


def _inherited(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name in INHERITED or name.startswith(INHERITED_PREFIXES)}


async def _child(arguments: Sequence[str], key: str) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(PROGRAM), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=PASSIVE_WAIT | _inherited(os.environ) | {KEY_VARIABLE: key},
        )
    except OSError as error:
        reason = error.strerror or "no reason given"
        sentence = f"Cannot start the local engine: {reason.lower()}. Free some memory, or close other programs."
        raise UpstreamError(sentence) from error
