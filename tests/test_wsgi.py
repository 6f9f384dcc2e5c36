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

from tests.openai_wire import DONE, chunk, delta
from tests.upstream import Gate, wait_until

ROOT = Path(__file__).parents[1]
FACTORY = "import os, pathlib; from g4f_lite.config import load; from server.config import Config; import server; " \
          "application = server.create_app(load(pathlib.Path(os.environ['CHAT_CONFIG']), Config, {}))"  # fmt: skip


@pytest.fixture
def gunicorn(settings, tmp_path):
    """The address of the app under `gunicorn -k gthread`."""
    (tmp_path / "config.json").write_text(json.dumps(settings))
    (tmp_path / "served.py").write_text(FACTORY)
    command = [sys.executable, "-m", "gunicorn", "-k", "gthread", "--threads", "4", "-b", "127.0.0.1:0", "served"]
    environ = {**os.environ, "CHAT_CONFIG": str(tmp_path / "config.json"), "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stderr=subprocess.PIPE, text=True) as process:
        yield next(found[1] for line in process.stderr if (found := re.search(r"Listening at: (\S+)", line)))
        process.terminate()
        process.communicate()


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
