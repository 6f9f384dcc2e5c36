"""The log: one line an event, and no secrets."""

import json
import logging
import sys
from contextvars import copy_context
from pathlib import Path

import pytest

from g4f_lite.config.load import load
from g4f_lite.providers import KINDS
from server.config.site import Config
from server.ops.logs import JsonFormatter, TextFormatter, set_up_logging
from server.ops.request_id import begin

PROVIDER = {
    "kind": "OpenAICompatible",
    "base_url": "http://127.0.0.1:9/v1",
    "api_key": "the-secret-key",
    "headers": {"X-Key": "the-secret-key-of-a-header", "Authorization": "Bearer token-behind-a-word"},
    "proxy": "http://me:proxy-password@127.0.0.1:9",
}


@pytest.fixture
def lines(tmp_path: Path) -> TextFormatter:
    file = tmp_path / "config.json"
    database = "postgresql+psycopg://me:database-password@db/chat"
    file.write_text(json.dumps({"providers": {"x": PROVIDER}, "default_model": "x/y", "database": database}))
    return TextFormatter(load(file, Config, {}, KINDS))


def record(message: str, *arguments: object) -> logging.LogRecord:
    return logging.LogRecord("server.turns.turn", logging.ERROR, __file__, 1, message, arguments, None)


def test_a_line_has_its_time_in_utc(lines: TextFormatter) -> None:
    said = record("%s failed", "x")
    said.created, said.msecs = 0.25, 250

    assert lines.format(said) == "1970-01-01T00:00:00.250Z ERROR server.turns.turn: x failed"


@pytest.mark.parametrize(
    "secret",
    ["the-secret-key", "the-secret-key-of-a-header", "token-behind-a-word", "proxy-password", "database-password"],
)
def test_a_secret_is_redacted(lines: TextFormatter, secret: str) -> None:
    line = lines.format(record("asked with %s!", secret))

    assert line.endswith("asked with [redacted]!")


def test_text_from_elsewhere_cannot_forge_an_event(lines: TextFormatter) -> None:
    line = lines.format(record("model %s", "a\r2026-01-01T00:00:00.000Z INFO x\x1b[2J\u2028b\n2026-01-01 INFO c"))

    assert len(line.splitlines()) == 2
    assert line.splitlines()[1].startswith("    ")
    assert "\x1b" not in line


def test_a_secret_in_a_traceback_is_redacted_too(lines: TextFormatter) -> None:
    said = record("a bug")
    try:
        raise ValueError("the-secret-key")
    except ValueError:
        said.exc_info = sys.exc_info()

    text = lines.format(said)

    assert "ValueError: [redacted]" in text
    assert "the-secret-key" not in text


def test_a_line_names_the_request_it_belongs_to(lines: TextFormatter) -> None:
    context = copy_context()
    context.run(begin, "of-the-proxy")

    assert context.run(lines.format, record("failed")).endswith(" ERROR server.turns.turn [of-the-proxy]: failed")


class TestJson:
    @pytest.fixture
    def lines(self, config: Config) -> TextFormatter:
        return JsonFormatter(config)

    @pytest.fixture
    def config(self, tmp_path: Path) -> Config:
        file = tmp_path / "config.json"
        provider = {**PROVIDER, "api_key": 'a-"quoted"-key'}
        file.write_text(json.dumps({"providers": {"x": provider}, "default_model": "x/y"}))
        return load(file, Config, {}, KINDS)

    def test_an_event_is_an_object_in_utc(self, lines: TextFormatter) -> None:
        said = record("%s failed", "x")
        said.created, said.msecs = 0.25, 250

        assert json.loads(lines.format(said)) == {
            "time": "1970-01-01T00:00:00.250Z",
            "level": "ERROR",
            "logger": "server.turns.turn",
            "message": "x failed",
        }

    def test_an_event_names_the_request_it_belongs_to(self, lines: TextFormatter) -> None:
        context = copy_context()
        context.run(begin, "of-the-proxy")

        assert json.loads(context.run(lines.format, record("failed")))["request_id"] == "of-the-proxy"

    def test_a_secret_is_redacted_though_json_would_escape_it(self, lines: TextFormatter) -> None:
        said = json.loads(lines.format(record('asked with a-"quoted"-key')))

        assert said["message"] == "asked with [redacted]"

    def test_a_traceback_stays_on_the_line_of_its_event(self, lines: TextFormatter) -> None:
        said = record("a bug")
        try:
            raise ValueError('a-"quoted"-key\u2028')
        except ValueError:
            said.exc_info = sys.exc_info()

        text = lines.format(said)

        assert len(text.splitlines()) == 1
        assert "ValueError: [redacted]" in json.loads(text)["traceback"]


def test_the_configuration_chooses_the_form(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "config.json"
    file.write_text('{"site_config": {"log": "json"}}')

    set_up_logging(load(file, Config, {}, KINDS))
    logging.getLogger("server").info("here")

    assert json.loads(capfd.readouterr().err)["message"] == "here"
