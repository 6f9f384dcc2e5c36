"""`python -m g4f_lite` as a person runs it: a real process, with a scripted service on loopback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.services.upstream import Upstream

pytestmark = pytest.mark.programs

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path, upstream: Upstream) -> Path:
    file = tmp_path / "config.json"
    service = {"kind": "OpenAICompatible", "base_url": upstream.base_url}
    file.write_text(
        json.dumps(
            {
                "site_config": {"port": 1338},
                "providers": {
                    "guide": {"kind": "Guide"},
                    "service": service,
                    "keyless": {**service, "api_key": "${NOBODY_SETS_THIS}"},
                },
                "models": {
                    "echo": "service/test-model",
                    "second": ["keyless/test-model", "service/test-model"],
                    "none": "keyless/test-model",
                    "guide": "guide/guide",
                },
                "default_model": "echo",
            }
        )
    )
    return file


def run(*arguments: str | bytes | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "g4f_lite", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONWARNINGS": "error"},
        input=stdin,
        capture_output=True,
        timeout=30,
    )


def test_it_answers_with_the_default_model(config: Path) -> None:
    done = run("--config", config, "Hello wörld")

    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == "You said: Hello wörld\n"


def test_the_guide_answers_without_any_service(config: Path) -> None:
    done = run("--config", config, "--model", "guide", "hello")

    assert done.returncode == 0
    assert "not a language model" in done.stdout.decode()


def test_a_dash_reads_the_question_from_standard_input(config: Path) -> None:
    done = run("--config", config, "--model", "guide", "-", stdin="привет".encode())

    assert done.returncode == 0
    assert "не языковая модель" in done.stdout.decode()


@pytest.mark.parametrize("stdin", [b"", b" \n"])
def test_an_empty_question_is_refused(config: Path, stdin: bytes) -> None:
    done = run("--config", config, "-", stdin=stdin)

    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"The question is empty.\n")


def test_a_question_of_broken_bytes_is_asked_all_the_same(config: Path) -> None:
    for done in (run("--config", config, b"caf\xe9"), run("--config", config, "-", stdin=b"caf\xe9")):
        assert done.stdout.decode() == "You said: caf\ufffd\n"


def test_failed_attempts_are_printed_beside_the_answer(config: Path) -> None:
    done = run("--config", config, "--model", "second", "hello")

    assert done.returncode == 0
    assert b"NOBODY_SETS_THIS" in done.stderr
    assert b"NOBODY_SETS_THIS" not in done.stdout


def test_a_failure_is_one_sentence(config: Path) -> None:
    done = run("--config", config, "--model", "none", "hello")

    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.count(b"\n") == 1
    assert b"NOBODY_SETS_THIS" in done.stderr


def test_an_unknown_model_is_a_failure_that_names_the_nearest(config: Path) -> None:
    done = run("--config", config, "--model", "guid", "hello")

    assert done.returncode == 1
    assert b"did you mean guide?" in done.stderr


def test_a_wrong_configuration_is_reported_line_by_line(config: Path) -> None:
    config.write_text('{"providers": {"guide": {"kind": "Guide"}}, "models": {"a": "b/c"}, "default_model": 5}')

    done = run("--config", config, "hello")

    assert done.returncode == 2
    assert done.stderr.decode().splitlines() == [
        "default_model: must be text, not a number",
        "models.a: unknown provider; valid choices: guide",
    ]


def test_the_models_are_listed_with_what_keeps_them_from_answering(config: Path) -> None:
    done = run("--config", config, "--list")

    lines = {line.split()[0]: line for line in done.stdout.decode().splitlines()}
    assert done.returncode == 0
    assert lines["guide"].endswith("answered by guide")
    assert "NOBODY_SETS_THIS" in lines["none"]


def test_a_reader_that_has_had_enough_is_no_crash(config: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, "-m", "g4f_lite", "--config", config, "--model", "guide", "hello"],
        cwd=ROOT,
        stdout=writing,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(writing)
        _, stderr = process.communicate(timeout=30)

    assert (process.returncode, stderr) == (1, b"")
