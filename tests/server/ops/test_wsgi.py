"""The app under another WSGI server, which knows no event loop."""

import json
import os
import re
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest
import requests

from server.store import Store
from tests.support.services.openai_wire import DONE, chunk, delta
from tests.support.services.upstream import Gate, paced, pause, wait_until

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[3]
FACTORY = (
    "import os, pathlib, server; from g4f_lite.config.load import load; "
    "from g4f_lite.providers import KINDS; from server.config.site import Config; "
    "application = server.create_app(load(pathlib.Path(os.environ['CHAT_CONFIG']), Config, {}, KINDS))"
)


@pytest.fixture
def process(settings, tmp_path):
    """The app under `gunicorn -k gthread`."""
    (tmp_path / "config.json").write_text(json.dumps(settings))
    (tmp_path / "served.py").write_text(FACTORY)
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "64", "-b", "127.0.0.1:0", "served"]
    environ = {**os.environ, "CHAT_CONFIG": str(tmp_path / "config.json"), "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) as process:
        yield process
        if process.poll() is None:
            process.terminate()
            process.communicate()


@pytest.fixture
def gunicorn(process):
    """Its address."""
    return next(found[1] for line in process.stderr if (found := re.search(r"Listening at: (\S+)", line)))


def test_a_turn_streams_and_is_stored(gunicorn, upstream):
    gate = Gate()
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), chunk({}, "stop"), DONE])
    url = f"{gunicorn}/backend-api/v2"

    with requests.post(f"{url}/conversation", json={"message": {"content": "Hello"}}, stream=True) as response:
        lines = map(json.loads, response.iter_lines(chunk_size=1))
        before = [event["type"] for event in islice(lines, 3)]
        gate.open()
        rest = list(lines)

    assert before == ["start", "provider", "content"]
    assert rest[-1]["type"] == "finish"
    with requests.get(f"{url}/conversations") as listed:
        assert [one["title"] for one in listed.json()["conversations"]] == ["Hello"]


def test_a_stop_ends_the_upstream_call(gunicorn, upstream):
    upstream.will_answer([delta("Hel"), wait_until(Gate())])
    url = f"{gunicorn}/backend-api/v2"

    with requests.post(f"{url}/conversation", json={"message": {"content": "Hello"}}, stream=True) as response:
        lines = map(json.loads, response.iter_lines(chunk_size=1))
        start = next(lines)
        requests.post(f"{url}/messages/{start['message_id']}/stop").close()
        upstream.wait_request().wait_closed()

        assert list(lines)[-1]["reason"] == "stopped"


def test_a_signal_ends_it_soon_and_saves_the_running_answer(gunicorn, process, upstream, tmp_path):
    upstream.will_answer([delta("Hel"), *paced([delta("lo")] * 1000, pause(0.02))])
    with requests.post(
        f"{gunicorn}/backend-api/v2/conversation", json={"message": {"content": "Hello"}}, stream=True
    ) as response:
        lines = map(json.loads, response.iter_lines(chunk_size=1))
        next(event for event in lines if event["type"] == "content")

    process.terminate()
    _, log = process.communicate(timeout=15)  # it would be killed after 30 seconds

    store = Store(f"sqlite:///{tmp_path}/data/chat.db")
    [conversation], _ = store.conversations("local")
    _, [_, answer] = store.conversation("local", conversation.id)
    store.close()
    assert (answer.status, answer.content[:5]) == ("interrupted", "Hello")
    assert "Traceback" not in log


def test_its_log_is_the_one_that_is_redacted(gunicorn, process):
    requests.get(f"{gunicorn}/nothing").close()

    process.terminate()
    _, log = process.communicate(timeout=15)

    assert re.search(r"Z INFO server\.problems \[[0-9a-f]{16}\]: GET /nothing: not_found, id ", log)
