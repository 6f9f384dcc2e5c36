"""The child process starts, fails and ends; small programs stand in for the engine."""

import asyncio
import errno
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from g4f_lite.errors import G4FLiteError, ModelNotSupportedError, StreamCutError, UpstreamError, UpstreamTimeoutError
from g4f_lite.llama import engine_process
from g4f_lite.llama.engine_process import EngineProcess
from g4f_lite.llama.local_engine import KEY_VARIABLE, NOT_LOADED

READY = """
import json, os, sys
print(json.dumps({"url": "http://127.0.0.1:1"}), flush=True)
"""
UNTIL_THE_END = "sys.stdin.read()\n"
PATIENCE_S = 10

Play = Callable[[str], None]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Let a text be the program that `start` runs."""

    def play(text: str) -> None:
        program = tmp_path / "engine.py"
        program.write_text(text)
        monkeypatch.setattr(engine_process, "PROGRAM", program)

    return play


class Children(list[asyncio.subprocess.Process]):
    """Every child that was made; `made` is set with the first."""

    def __init__(self) -> None:
        self.made = asyncio.Event()


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    children, create = Children(), asyncio.create_subprocess_exec

    async def creating(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        children.append(await create(*arguments, **options))
        children.made.set()
        return children[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", creating)
    return children


async def start(file: Path = Path("/models/some.gguf"), limit_s: float = PATIENCE_S) -> EngineProcess:
    return await EngineProcess.start(file, context=512, threads=1, limit_s=limit_s)


async def failure(limit_s: float = PATIENCE_S) -> G4FLiteError:
    with pytest.raises(G4FLiteError) as caught:
        await start(limit_s=limit_s)
    return caught.value


async def test_a_started_engine_runs_until_it_is_ended(play):
    play(READY + UNTIL_THE_END)
    engine = await start()

    assert engine.running
    assert engine.url == "http://127.0.0.1:1"
    await engine.end()
    assert not engine.running


async def test_the_engine_gets_no_secret_of_the_environment(play, tmp_path, monkeypatch):
    for name in ("OPENAI_API_KEY", "HF_TOKEN", "CHAT_PASSWORD", "DATABASE_URL", "SOME_OTHER", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    seen = tmp_path / "environment"
    play(READY + f"json.dump(dict(os.environ), open({str(seen)!r}, 'w'))\n")

    engine = await start()
    await engine.death()
    environment = json.loads(seen.read_text())

    assert environment[KEY_VARIABLE] == engine.key
    assert environment["PATH"] == os.environ["PATH"]
    assert (environment["OMP_NUM_THREADS"], environment["OMP_WAIT_POLICY"]) == ("3", "PASSIVE")
    assert "a secret" not in environment.values()


async def test_the_key_is_in_the_environment_and_not_among_the_arguments(play, tmp_path):
    seen = tmp_path / "seen"
    play(READY + f"open({str(seen)!r}, 'w').write(os.environ[{KEY_VARIABLE!r}] + ' ' + ' '.join(sys.argv))\n")
    engine = await start()
    await engine.death()
    await engine.end()

    key, *arguments = seen.read_text().split()
    assert key == engine.key
    assert len(key) > 40
    assert key not in arguments
    assert arguments[1:] == ["/models/some.gguf", "--context", "512", "--threads", "1"]


@pytest.mark.parametrize("number", [errno.ENOMEM, errno.EMFILE, errno.EAGAIN])
async def test_a_child_that_cannot_be_made_is_a_clear_error(monkeypatch, number):
    async def refusing(*arguments: str, **options: Any) -> asyncio.subprocess.Process:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refusing)
    error = await failure()

    assert type(error) is UpstreamError
    assert os.strerror(number).lower() in error.message


async def test_two_engines_have_two_keys(play):
    play(READY + UNTIL_THE_END)
    one, other = await start(), await start()

    assert one.key != other.key
    await one.end()
    await other.end()


async def test_an_engine_that_writes_without_end_is_not_held_up(play):
    play("import sys\nfor _ in range(10_000): sys.stderr.write('noise ' * 100 + chr(10))\n" + READY + UNTIL_THE_END)
    engine = await start()

    assert engine.running
    await engine.end()


async def test_a_refused_file_is_a_model_that_is_not_supported(play):
    play(
        "import sys\n"
        "sys.stderr.write('0.01 E llama_model_load: error loading model: unknown architecture in ' + sys.argv[1])\n"
        f"sys.stderr.write('{chr(92)}n0.02 E srv init: exiting due to model loading error')\n"
        f"sys.exit({NOT_LOADED})\n"
    )
    error = await failure()

    assert isinstance(error, ModelNotSupportedError)
    assert "Cannot load some.gguf" in error.message
    assert error.detail == "unknown architecture in some.gguf"


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
async def test_an_illegal_instruction_blames_the_cpu(play):
    play("import os, signal\nos.kill(os.getpid(), signal.SIGILL)\n")
    error = await failure()

    assert type(error) is UpstreamError
    assert "newer CPU" in error.message


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
async def test_a_killed_engine_hints_at_the_memory(play):
    play("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")

    assert "memory ran out" in (await failure()).message


async def test_another_end_names_the_status_and_the_last_words(play):
    play("import sys\nsys.stderr.write('one' + chr(10) + 'two' + chr(10))\nsys.exit(7)\n")
    error = await failure()

    assert "status 7" in error.message
    assert error.detail == "two"


async def test_an_engine_that_does_not_get_ready_is_ended(play, children):
    play("import sys\n" + UNTIL_THE_END)
    error = await failure(limit_s=0.1)

    assert isinstance(error, UpstreamTimeoutError)
    assert [child.returncode for child in children] == [-signal.SIGKILL]


async def test_a_start_that_is_cancelled_leaves_no_child(play, children):
    play("import sys\n" + UNTIL_THE_END)
    starting = asyncio.create_task(start())
    async with asyncio.timeout(PATIENCE_S):
        await children.made.wait()
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting

    assert [child.returncode for child in children] == [-signal.SIGKILL]


async def test_the_death_of_an_engine_is_a_cut_stream(play):
    play(READY + UNTIL_THE_END)
    engine = await start()
    os.kill(engine.pid, signal.SIGKILL)
    error = await engine.death()
    await engine.end()

    assert isinstance(error, StreamCutError)
    assert engine.key not in str(error)


async def test_a_living_engine_has_no_death(play, monkeypatch):
    monkeypatch.setattr(engine_process, "REAPING_S", 0.01)
    play(READY + UNTIL_THE_END)
    engine = await start()

    assert await engine.death() is None
    await engine.end()


async def test_ending_twice_is_ending(play):
    play(READY + UNTIL_THE_END)
    engine = await start()
    await engine.end()
    await engine.end()

    assert not engine.running
