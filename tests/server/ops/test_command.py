"""run.py as a person starts it: a real process, its output and its exit codes."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import requests

from server import cli

pytestmark = pytest.mark.programs

RUN = Path(__file__).parents[3] / "run.py"
GUIDE = {"kind": "Guide"}


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "config.json"
    write(file, {})
    return file


def write(file: Path, document: dict[str, Any]) -> None:
    file.write_text(json.dumps({"site_config": {"port": 0}, "providers": {"guide": GUIDE}, **document}))


def run(*arguments: str | Path, python: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    cli = [sys.executable, *python, RUN, *arguments]
    return subprocess.run(cli, capture_output=True, text=True, timeout=30)


@contextmanager
def running(*arguments: str | Path, cwd: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Yield a server and the line it said when it was ready."""
    with subprocess.Popen(
        [sys.executable, RUN, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_well_by_a_signal(config: Path, number: signal.Signals) -> None:
    with running("--config", config, cwd=config.parent) as (process, url):
        answer = requests.get(f"{url}healthz", timeout=10)
        process.send_signal(number)
        rest, _ = process.communicate(timeout=30)

    assert answer.status_code == 200
    assert rest == "", "the address is the one line on standard output"
    assert process.returncode == 0


def test_it_can_be_started_from_anywhere(config: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    with running("--config", "../config.json", cwd=elsewhere) as (process, _):
        process.terminate()
        process.communicate(timeout=30)

    assert list(elsewhere.iterdir()) == []
    assert (tmp_path / "data" / "chat.db").is_file()


def test_the_address_has_the_prefix(config: Path) -> None:
    write(config, {"url_prefix": "chat"})

    with running("--config", config, cwd=config.parent) as (process, url):
        answer = requests.get(f"{url}healthz", timeout=10)
        process.terminate()
        process.communicate(timeout=30)

    assert url.endswith("/chat/")
    assert answer.status_code == 200


def test_a_changed_file_is_taken_over_and_a_broken_one_refused(config: Path) -> None:
    with running("--config", config, cwd=config.parent) as (process, url):
        assert process.stderr
        write(config, {"models": {"new": "guide/guide"}})
        while "was applied" not in process.stderr.readline():
            assert process.poll() is None
        config.write_text("{")
        while "was not applied" not in process.stderr.readline():
            assert process.poll() is None
        models = requests.get(f"{url}backend-api/v2/models", timeout=10).json()
        process.terminate()
        process.communicate(timeout=30)

    assert models["models"][0]["id"] == models["default"] == "new"


def test_every_mistake_is_a_line_and_the_exit_code_is_2(config: Path) -> None:
    write(config, {"site_config": {"prot": 1}, "models": {"m": "gide/x"}})

    done = run("--config", config)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines() == [
        'site_config.prot: unknown key; did you mean "port"?',
        'models.m: unknown provider; did you mean "guide"?',
    ]


def test_a_file_that_is_not_there_is_a_wrong_configuration(tmp_path: Path) -> None:
    done = run("--config", tmp_path / "nothing.json")

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path}/nothing.json: cannot be read: No such file or directory\n"


def test_an_address_for_everybody_is_refused(config: Path) -> None:
    done = run("--config", config, "--host", "0.0.0.0")

    assert done.returncode == 2
    assert done.stderr.startswith("site_config.host: lets other machines connect")


def test_a_port_in_use_is_told_in_a_sentence(config: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--config", config, "--port", str(port))

    assert (done.returncode, done.stdout) == (1, "")
    assert f"Another program already uses 127.0.0.1:{port}." in done.stderr.splitlines()[-1]


def test_a_database_that_cannot_be_opened_is_told_in_a_sentence(config: Path) -> None:
    (config.parent / "data").write_text("a file where a folder belongs")

    done = run("--config", config)

    assert (done.returncode, done.stdout) == (1, "")
    assert "Traceback" not in done.stderr


def test_a_second_server_of_one_database_is_refused(config: Path, tmp_path: Path) -> None:
    second = tmp_path / "second.json"
    write(second, {"data_dir": "elsewhere"})

    with running("--config", config, cwd=config.parent):
        done = run("--config", second)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith(f"Another process is already using {tmp_path}/data/chat.db.")


def test_an_interrupted_start_is_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "load", Mock(side_effect=KeyboardInterrupt))

    assert cli.main([]) == 1


def test_check_says_what_each_provider_lacks(config: Path) -> None:
    dead = {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1"}
    keyless, off = {**dead, "api_key": "${NOBODY_SETS_THIS}"}, {**dead, "enabled": False}
    providers = {"guide": GUIDE, "dead": dead, "keyless": keyless, "off": off}
    write(config, {"providers": providers})

    done = run("check", "--config", config)

    lines = {line.split()[0]: line for line in done.stdout.splitlines() if line}
    assert done.returncode == 0
    assert lines["provider"].split() == ["provider", "kind", "state", "latency", "models"]
    assert re.fullmatch(r"guide +Guide +ready +\d+ ms +1 +works", lines["guide"])
    assert re.search(r" unavailable +.*NOBODY_SETS_THIS", lines["keyless"])
    assert re.search(r" failing +\d+ ms +Cannot reach dead ", lines["dead"])
    assert re.search(r" disabled +off is turned off in config.json.", lines["off"])
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_check_fails_when_nothing_works(config: Path) -> None:
    dead = {"kind": "OpenAICompatible", "base_url": "http://127.0.0.1:9/v1"}
    write(config, {"providers": {"dead": dead}, "default_model": "dead/x"})

    assert run("check", "--config", config).returncode == 1


def test_without_its_packages_it_says_how_to_get_them() -> None:
    done = run(python=("-S",))

    assert (done.returncode, done.stdout) == (1, "")
    assert "`make run`" in done.stderr and "pip install -r requirements.txt" in done.stderr


def test_the_program_is_loaded_without_searching_it_for_garbage() -> None:
    program = """
import gc
searched = gc.get_stats()[0]["collections"]
import run
print(gc.get_stats()[0]["collections"] - searched < 5, gc.get_freeze_count() > 10_000, gc.isenabled())
"""

    done = subprocess.run([sys.executable, "-c", program], cwd=RUN.parent, capture_output=True, text=True, timeout=30)

    assert done.stdout == "True True True\n", done.stderr


def test_no_secret_of_the_environment_is_printed(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environ, "KEY_OF_THE_TEST", "SECRET\n")
    write(config, {"providers": {"x": {"kind": "OpenAICompatible", "api_key": "${KEY_OF_THE_TEST}"}}})

    done = run("--config", config)

    assert done.returncode == 2
    assert "SECRET" not in done.stderr
