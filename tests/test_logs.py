"""The log: one line an event, and no secrets."""

import json
import logging
import sys
from pathlib import Path

import pytest

from g4f_lite.config import load
from server.config import Config
from server.logs import Lines

PROVIDER = {
    "kind": "OpenAICompatible",
    "base_url": "http://127.0.0.1:9/v1",
    "api_key": "the-secret-key",
    "headers": {"X-Key": "the-secret-key-of-a-header", "Authorization": "Bearer token-behind-a-word"},
    "proxy": "http://me:proxy-password@127.0.0.1:9",
}


@pytest.fixture
def lines(tmp_path: Path) -> Lines:
    file = tmp_path / "config.json"
    database = "postgresql+psycopg://me:database-password@db/chat"
    file.write_text(json.dumps({"providers": {"x": PROVIDER}, "default_model": "x/y", "database": database}))
    return Lines(load(file, Config, {}))


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("server.turn", logging.ERROR, __file__, 1, message, arguments, None)


def test_a_line_has_its_time_in_utc(lines: Lines) -> None:
    said = record("%s failed", "x")
    said.created, said.msecs = 0.25, 250

    assert lines.format(said) == "1970-01-01T00:00:00.250Z ERROR server.turn: x failed"


@pytest.mark.parametrize(
    "secret",
    ["the-secret-key", "the-secret-key-of-a-header", "token-behind-a-word", "proxy-password", "database-password"],
)
def test_a_secret_is_redacted(lines: Lines, secret: str) -> None:
    line = lines.format(record("asked with %s!", secret))

    assert line.endswith("asked with [redacted]!")


def test_text_from_elsewhere_cannot_forge_an_event(lines: Lines) -> None:
    line = lines.format(record("model %s", "a\r2026-01-01T00:00:00.000Z INFO x\x1b[2J\u2028b\n2026-01-01 INFO c"))

    assert len(line.splitlines()) == 2
    assert line.splitlines()[1].startswith("    ")
    assert "\x1b" not in line


def test_a_secret_in_a_traceback_is_redacted_too(lines: Lines) -> None:
    said = record("a bug")
    try:
        raise ValueError("the-secret-key")
    except ValueError:
        said.exc_info = sys.exc_info()

    text = lines.format(said)

    assert "ValueError: [redacted]" in text
    assert "the-secret-key" not in text
