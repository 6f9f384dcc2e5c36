"""The child process that holds a local model: how it starts, why it failed, how it ends."""

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
"""Run by its path: with -m, Python would import the whole package into a process that has no use for it. With -P, the
modules beside it are not mistaken for others."""

PATIENT_THREADS = {"OMP_WAIT_POLICY": "PASSIVE"}
"""The engine's threads sleep while they wait for each other. Spinning, they get in their own way as soon as anything
else wants a core: measured on two busy cores, 28 ms a token instead of 2.3."""

PASSED_ON = {
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "PYTHONPATH", "SYSTEMROOT", "WINDIR"),
    *("HOME", "TMPDIR", "TEMP", "TMP", "LANG"),
}
PASSED_ON_PREFIXES = ("LC_", "OMP_", "GOMP_", "KMP_", "GGML_", "CUDA_")
"""What of the environment the engine gets: where its libraries are and how it uses the machine. The rest, such as the
keys of other providers, is none of its business: it reads files that come from the internet."""

REAPING_S = 1
"""How long a child may take to be known as dead after its connections broke."""
LAST_WORDS_BYTES = 4096
DETAIL_CHARACTERS = 500

REASON = re.compile(r"error loading model: (.+)")
ILLEGAL_INSTRUCTION = {-signal.SIGILL, 0xC000001D}
"""As POSIX and as Windows report it."""
KILLED = -9


class EngineProcess:
    """A child that serves one GGUF file, at `url`, to whoever knows its `key`."""

    def __init__(self, process: asyncio.subprocess.Process, file: Path, key: str) -> None:
        """Take over a child that was just made; `start` makes one."""
        assert process.stdin and process.stdout and process.stderr  # they are pipes
        self.file = file
        self.key = key
        self.url = ""
        self._process = process
        self._life_line = process.stdin  # the child ends when it is closed, if only because this process died
        self._ready_line = process.stdout
        self._last_words = b""
        self._listener = asyncio.create_task(self._listen(process.stderr))

    @classmethod
    async def start(cls, file: Path, *, context: int, threads: int, limit_s: float) -> Self:
        """Return a child that is ready to answer.

        context: tokens. threads: 0 leaves the number to the engine.
        Raises: ModelNotSupportedError, UpstreamTimeoutError, UpstreamError.
        """
        key = secrets.token_urlsafe(32)
        arguments = str(file), "--context", str(context), "--threads", str(threads)
        engine = cls(await _child(arguments, key), file, key)
        try:
            await engine._become_ready(limit_s)
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
        """End the child, whatever it is doing: it has nothing to put in order."""
        if self.running:
            self._process.kill()
        await self._gone()

    async def death(self) -> StreamCutError | None:
        """Return what to tell the reader of an answer that broke off, or None if the child is alive."""
        try:
            async with asyncio.timeout(REAPING_S):
                await self._gone()
        except TimeoutError:
            return None
        sentence = f"The local engine stopped: {self._cause()}. It starts again with your next message."
        return StreamCutError(sentence, detail=self._complaint())

    async def _become_ready(self, limit_s: float) -> None:
        try:
            async with asyncio.timeout(limit_s):
                line = await self._ready_line.readline()
                if not line:
                    await self._gone()
                    raise self._failure()
        except TimeoutError as error:
            raise UpstreamTimeoutError(
                f"{self.file.name} did not load within {limit_s:g} seconds. Use a smaller file, or raise timeout.total."
            ) from error
        self.url = json.loads(line)["url"]

    async def _gone(self) -> None:
        await self._process.wait()
        self._life_line.close()
        await asyncio.shield(self._listener)

    async def _listen(self, complaints: asyncio.StreamReader) -> None:
        """Keep the end of what the engine writes, so that it can always write more."""
        while words := await complaints.read(LAST_WORDS_BYTES):
            self._last_words = (self._last_words + words)[-LAST_WORDS_BYTES:]

    def _failure(self) -> UpstreamError:
        name = self.file.name
        if self._process.returncode == NOT_LOADED:
            return ModelNotSupportedError(
                f"Cannot load {name}: it is damaged, of an unsupported type or too big for the memory.",
                detail=self._complaint(),
            )
        return UpstreamError(f"Cannot load {name}: {self._cause()}.", detail=self._complaint())

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

    def _complaint(self) -> str:
        """Return the engine's own reason, or else the last line it wrote, without the folder's path."""
        words = self._last_words.decode("utf-8", "replace").replace(str(self.file), self.file.name)
        if reason := REASON.search(words):
            return reason[1][:DETAIL_CHARACTERS]
        return words.strip().rpartition("\n")[2][:DETAIL_CHARACTERS]


def _passed_on(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)}


async def _child(arguments: Sequence[str], key: str) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", str(PROGRAM), *arguments),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=PATIENT_THREADS | _passed_on(os.environ) | {KEY_VARIABLE: key},
        )
    except OSError as error:
        reason = error.strerror or "no reason given"
        sentence = f"Cannot start the local engine: {reason.lower()}. Free some memory, or close other programs."
        raise UpstreamError(sentence) from error
