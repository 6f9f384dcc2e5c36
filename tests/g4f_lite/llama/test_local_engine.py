"""The program of the child process: its key, its output and its end."""

import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from g4f_lite.llama.engine_process import PROGRAM
from g4f_lite.llama.local_engine import KEY_VARIABLE, NOT_LOADED
from tests.support import tiny_gguf
from tests.support.engines import NEEDS_ENGINE

pytestmark = NEEDS_ENGINE

KEY = "a key for this test"
PATIENCE_S = 10
QUESTION = {"messages": [{"role": "user", "content": "Who are you?"}], "stream": True}


class Engine:
    """A child and a way to talk to it."""

    def __init__(self, file: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-P", str(PROGRAM), str(file), "--threads", "1"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {KEY_VARIABLE: KEY},
        )
        self._connections: list[HTTPConnection] = []

    def address(self) -> str:
        return urlsplit(json.loads(self.process.stdout.readline())["url"]).netloc

    def ask(self, address: str, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
        connection = HTTPConnection(address, timeout=PATIENCE_S)
        self._connections.append(connection)
        connection.request(method, path, json.dumps(body) if body else None, headers)
        return connection.getresponse()

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        with self.process:
            self.process.kill()


@pytest.fixture
def start() -> Iterator[Callable[[Path], Engine]]:
    engines: list[Engine] = []

    def start(file: Path) -> Engine:
        engines.append(Engine(file))
        return engines[-1]

    yield start
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(start, tmp_path):
    return start(tiny_gguf.write(tmp_path / "tiny.gguf"))


def test_it_listens_on_loopback_only(engine):
    assert engine.address().startswith("127.0.0.1:")


def test_the_key_opens_the_chat(engine):
    answer = engine.ask(engine.address(), "POST", "/v1/chat/completions", QUESTION, Authorization=f"Bearer {KEY}")

    assert answer.status == 200
    assert b"Bonjour!" in answer.read()


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}])
@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/v1/chat/completions"), ("GET", "/v1/models"), ("GET", "/slots"), ("GET", "/props")]
)
def test_other_requests_are_refused(engine, method, path, headers):
    assert engine.ask(engine.address(), method, path, QUESTION, **headers).status == 401


def test_a_page_of_another_site_may_not_read_it(engine):
    address = engine.address()
    answer = engine.ask(address, "GET", "/health", Origin="http://elsewhere.example")
    preflight = engine.ask(address, "OPTIONS", "/v1/chat/completions", Origin="http://elsewhere.example")

    assert not answer.getheader("Access-Control-Allow-Origin")
    assert not preflight.getheader("Access-Control-Allow-Origin")


def test_there_is_no_page_to_look_at(engine):
    assert engine.ask(engine.address(), "GET", "/", Authorization=f"Bearer {KEY}").status == 404


def test_it_says_one_line_and_then_leaves_standard_output_alone(engine):
    engine.address()
    output = engine.process.stdout

    assert select.select([output], [], [], PATIENCE_S)[0]
    assert output.read() == b""


def test_it_ends_with_its_standard_input(engine):
    engine.address()
    engine.process.stdin.close()

    assert engine.process.wait(PATIENCE_S) == 0


def test_it_ends_in_the_middle_of_an_answer(start, tmp_path):
    engine = start(tiny_gguf.write(tmp_path / "endless.gguf", slow_layers=2, endless=True))
    answer = engine.ask(engine.address(), "POST", "/v1/chat/completions", QUESTION, Authorization=f"Bearer {KEY}")
    answer.readline()
    engine.process.stdin.close()

    assert engine.process.wait(PATIENCE_S) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_what_a_terminal_tells_everyone_is_for_the_parent_to_decide(engine, sign):
    address = engine.address()
    engine.process.send_signal(sign)

    answer = engine.ask(address, "POST", "/v1/chat/completions", QUESTION, Authorization=f"Bearer {KEY}")
    assert b"Bonjour!" in answer.read()


@pytest.mark.parametrize("content", [b"", b"not a model", None], ids=["empty", "text", "cut"])
def test_a_broken_file_is_refused_with_a_reason(start, tmp_path, content):
    file = tiny_gguf.write(tmp_path / "broken.gguf")
    file.write_bytes(file.read_bytes()[:500_000] if content is None else content)
    engine = start(file)
    _, reason = engine.process.communicate(timeout=PATIENCE_S)

    assert engine.process.returncode == NOT_LOADED
    assert b"error loading model: " in reason


LOADING_FOR_EVER = """
import ctypes, sys
from unittest.mock import MagicMock as CommonParams

def Server(params):
    print("loading", file=sys.stderr, flush=True)
    ctypes.PyDLL(None).sleep(1000)  # holds the interpreter, as the engine does
"""
PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-P", *sys.argv[1:], "any.gguf"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
child.wait()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends when the model is loaded")
def test_it_ends_with_its_parent_while_a_model_loads(tmp_path):
    (tmp_path / "xllamacpp.py").write_text(LOADING_FOR_EVER)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(PROGRAM)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {KEY_VARIABLE: KEY, "PYTHONPATH": str(tmp_path)},
    )
    with parent:
        child = os.pidfd_open(int(parent.stdout.readline()))
        assert parent.stderr.readline() == b"loading\n"
        parent.kill()
        ended, _, _ = select.select([child], [], [], PATIENCE_S)
        if not ended:
            signal.pidfd_send_signal(child, signal.SIGKILL)
        os.close(child)

    assert ended
