"""A server that is told to stop while it answers: a real process, and a service that holds its words back."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from server.front.lifetime import DRAIN_S
from tests.openai_wire import DONE, delta
from tests.upstream import Gate, Upstream, silence, wait_until

ROOT = Path(__file__).parents[1]
CONVERSATION = "backend-api/v2/conversation"
TURN = {"message": {"content": "Hello"}}
RELAYED = {
    "model": "m",
    "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}},
}
IMPATIENT = """
import sys
from server.command import main
from server.front import lifetime
lifetime.DRAIN_S = 0.2
sys.exit(main())
"""


@pytest.fixture
def config(tmp_path: Path, upstream: Upstream) -> Path:
    file = tmp_path / "config.json"
    service = {"kind": "OpenAICompatible", "base_url": upstream.base_url, "models": ["test-model"]}
    file.write_text(
        json.dumps({"site_config": {"port": 0}, "providers": {"up": service}, "models": {"m": "up/test-model"}})
    )
    return file


@pytest.fixture
def program() -> list[str]:
    return ["run.py"]


@pytest.fixture
def process(config: Path, program: list[str]) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, *program, "--config", str(config)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        yield process
        process.kill()


@pytest.fixture
def url(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def says(process: subprocess.Popen[str], words: str) -> str:
    """Return the first line of the log with these words."""
    assert process.stderr
    for line in process.stderr:
        if words in line:
            return line
    raise AssertionError(f"the log never said {words!r}")


def test_it_says_what_it_waits_for_and_refuses_new_work(process, url, upstream: Upstream) -> None:
    gate = Gate()
    for _ in range(2):
        upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), DONE])
    turn = requests.post(f"{url}{CONVERSATION}", json=TURN, stream=True, timeout=10)
    relayed = requests.post(f"{url}{CONVERSATION}", json=RELAYED, stream=True, timeout=10)
    start = json.loads(next(lines := turn.iter_lines()))

    process.send_signal(signal.SIGTERM)
    waiting = says(process, "waiting for")
    refused = requests.post(f"{url}{CONVERSATION}", json=TURN, timeout=10)
    gate.open()
    finish = json.loads(list(lines)[-1])
    text = relayed.text
    log = process.communicate(timeout=30)[1]

    assert "waiting for 2 answers, 25 s at most: " in waiting
    assert f"{start['message_id']} of m, 1 relayed without being stored" in waiting
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert (finish["type"], text) == ("finish", "Hello")
    assert "2 answers ended" in log
    assert process.returncode == 0


def test_without_answers_it_waits_for_nothing(process, url) -> None:
    process.send_signal(signal.SIGTERM)

    _, log = process.communicate(timeout=30)
    assert "waiting for" not in log
    assert process.returncode == 0


class TestImpatient:
    @pytest.fixture
    def program(self) -> list[str]:
        return ["-c", IMPATIENT]

    def test_what_does_not_end_is_interrupted_and_the_process_ends_in_time(self, process, url, upstream) -> None:
        for _ in range(2):
            upstream.will_answer([delta("Hel"), silence()])
        turn = requests.post(f"{url}{CONVERSATION}", json=TURN, stream=True, timeout=10)
        relayed = requests.post(f"{url}{CONVERSATION}", json=RELAYED, stream=True, timeout=10)
        told = time.monotonic()

        process.send_signal(signal.SIGTERM)
        end = json.loads(list(turn.iter_lines())[-1])
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            relayed.text  # noqa: B018
        log = process.communicate(timeout=30)[1]

        assert end["error"]["code"] == "stream_cut"
        assert "2 answers did not end in time: 1 interrupted, 1 cut off" in log
        assert process.returncode == 0
        assert time.monotonic() - told < 30 - DRAIN_S + 0.2
