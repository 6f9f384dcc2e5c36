"""What systemd hears of the server, from a socket in its place."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from server.ops.systemd import READY, notify
from tests.server.ops.test_draining import CONVERSATION, TURN
from tests.support.services.openai_wire import DONE, delta
from tests.support.services.upstream import Gate, wait_until

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[3]


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The socket that this process, and those it starts, are told to write to."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(str(tmp_path / "notify"))
        wire.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield wire


def test_it_hears_when_the_server_serves_and_what_a_stop_waits_for(systemd, upstream, tmp_path: Path) -> None:
    gate = Gate()
    upstream.will_answer([delta("Hel"), wait_until(gate), delta("lo"), DONE])
    service = {"kind": "OpenAICompatible", "base_url": upstream.base_url, "models": ["test-model"]}
    (tmp_path / "config.json").write_text(
        json.dumps({"site_config": {"port": 0}, "providers": {"up": service}, "models": {"m": "up/test-model"}})
    )
    command = [sys.executable, "run.py", "--config", str(tmp_path / "config.json")]

    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        ready = systemd.recv(1000).decode()
        turn = requests.post(f"{url}{CONVERSATION}", json=TURN, stream=True, timeout=10)
        next(turn.iter_lines())
        process.send_signal(signal.SIGTERM)
        stopping = systemd.recv(1000).decode()
        gate.open()
        turn.close()
        process.communicate(timeout=30)

    assert ready == "READY=1"
    assert stopping == "STOPPING=1\nSTATUS=Waiting for 1 answer."
    assert process.returncode == 0


def test_a_socket_without_a_file_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"g4f-lite-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wire:
        wire.bind(f"\0{name}")
        wire.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")

        notify(READY)

        assert wire.recv(100) == b"READY=1"


def test_a_socket_that_is_gone_stops_nobody(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", "/nowhere/notify")

    notify(READY)

    assert "systemd could not be notified of READY=1" in caplog.text


def test_elsewhere_nothing_happens(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    notify(READY)

    assert caplog.text == ""
