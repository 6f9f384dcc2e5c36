"""A server that is told to stop while it answers: a real process, and a service that holds its words back."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
import requests

from server.front.run import DRAIN_S
from server.turns.relay import CUT_OFF
from tests.support.services.openai_wire import DONE, delta
from tests.support.services.upstream import Gate, Upstream, silence, wait_until
from tests.support.waiting import wait_for

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[3]
CONVERSATION = "backend-api/v2/conversation"
TURN = {"message": {"content": "Hello"}}
CHAT = "v1/chat/completions"
MESSAGES = "v1/messages"
MESSAGE = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "Hello"}]}
KEPT = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": True, "store": True}
RELAYED = {
    "model": "m",
    "meta": {"content": {"conversation": [], "parts": [{"role": "user", "content": "Hello"}]}},
}
IMPATIENT = """
import sys
from server.cli import main
from server.front import run
run.DRAIN_S = 0.2
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
    program = requests.post(f"{url}{MESSAGES}", json=TURN, timeout=10)
    gate.open()
    finish = json.loads(list(lines)[-1])
    text = relayed.text
    log = process.communicate(timeout=30)[1]

    assert "waiting for 2 answers, 25 s at most: " in waiting
    assert f"{start['message_id']} of m, 1 relayed without being stored" in waiting
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) > 0
    assert (program.status_code, program.json()["error"]["type"]) == (503, "overloaded_error")
    assert (finish["type"], text) == ("finish", "Hello")
    assert "2 answers ended" in log
    assert process.returncode == 0


def test_it_waits_for_what_is_kept_of_a_program_and_tells_its_end(process, url, upstream: Upstream) -> None:
    gate = Gate()
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), DONE])
    answer = requests.post(f"{url}{CHAT}", json=KEPT, stream=True, timeout=10)

    process.send_signal(signal.SIGTERM)
    assert "waiting for 1 answer, " in says(process, "waiting for")
    gate.open()

    assert answer.text.endswith("data: [DONE]\n\n")
    assert "1 answer ended" in process.communicate(timeout=30)[1]


def test_what_is_kept_of_a_program_outlives_a_kill(process, url, config: Path, upstream: Upstream) -> None:
    upstream.will_answer([delta("Hel"), silence()])
    answer = requests.post(f"{url}{CHAT}", json=KEPT, stream=True, timeout=10)
    lines = answer.iter_lines()
    assert any(b"Hel" in line for line in lines)
    wait_for(lambda: '"Hel"' in saved_events(config.parent / "data" / "chat.db"))

    process.kill()
    process.wait()

    again = [sys.executable, "run.py", "--config", str(config)]
    with subprocess.Popen(again, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as second:
        assert second.stdout
        address = second.stdout.readline().strip() + "backend-api/v2/conversations"
        [found] = requests.get(address, timeout=10).json()["conversations"]
        question, reply = requests.get(f"{address}/{found['id']}", timeout=10).json()["messages"]
        second.terminate()
    assert (question["content"], reply["content"], reply["status"]) == ("Hello", "Hel", "interrupted")


def saved_events(database: Path) -> str:
    """Return the lines of all events that are saved."""
    with closing(sqlite3.connect(database)) as connection:
        return "".join(lines for (lines,) in connection.execute("SELECT lines FROM events"))


def test_without_answers_it_waits_for_nothing(process, url) -> None:
    process.send_signal(signal.SIGTERM)

    _, log = process.communicate(timeout=30)
    assert "waiting for" not in log
    assert process.returncode == 0


class TestImpatient:
    @pytest.fixture
    def program(self) -> list[str]:
        return ["-c", IMPATIENT]

    def test_a_program_hears_that_what_is_kept_was_interrupted(self, process, url, upstream) -> None:
        upstream.will_answer([delta("Hel"), silence()])
        answer = requests.post(f"{url}{CHAT}", json=KEPT, stream=True, timeout=10)

        process.send_signal(signal.SIGTERM)

        error = json.loads(answer.text.split("data: ")[-1])["error"]
        assert (error["code"], error["type"]) == ("stream_cut", "server_error")
        assert "The server stopped" in error["message"]
        process.communicate(timeout=30)

    def test_a_program_hears_that_what_is_not_stored_was_cut_off(self, process, url, upstream) -> None:
        upstream.will_answer([delta("Hel"), silence()])
        answer = requests.post(f"{url}{MESSAGES}", json={**MESSAGE, "stream": True}, stream=True, timeout=10)

        process.send_signal(signal.SIGTERM)

        error = json.loads(answer.text.split("data: ")[-1])["error"]
        assert error == {"type": "api_error", "message": CUT_OFF}
        assert "0 interrupted, 1 cut off" in process.communicate(timeout=30)[1]

    def test_a_program_that_wants_all_at_once_hears_that_it_was_cut_off(self, process, url, upstream) -> None:
        upstream.will_answer([delta("Hel"), silence()])
        with ThreadPoolExecutor(1) as threads:
            asking = threads.submit(requests.post, f"{url}{MESSAGES}", json=MESSAGE, timeout=10)
            upstream.wait_request_to("/chat/completions")

            process.send_signal(signal.SIGTERM)

            answer = asking.result()
        assert (answer.status_code, answer.json()["error"]["message"]) == (502, CUT_OFF)
        process.communicate(timeout=30)

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
