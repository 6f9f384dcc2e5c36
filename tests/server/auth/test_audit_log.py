import json
import logging

from server.auth.audit_log import FILE, LONGEST, AuditLog
from tests.support.loops import on


def lines(folder):
    return (folder / FILE).read_text().splitlines()


def test_what_happened_is_a_line_for_the_owner_alone(tmp_path):
    audit = AuditLog(tmp_path)

    audit.note("login", user="anna", address="192.0.2.1", by=None)
    audit.note("logout", user="anna")

    first, second = map(json.loads, lines(tmp_path))
    time = first.pop("time")
    assert first == {"event": "login", "user": "anna", "address": "192.0.2.1"}
    assert time.endswith("+00:00")
    assert second["event"] == "logout"
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


def test_nobody_can_forge_a_line(tmp_path):
    AuditLog(tmp_path).note("login_failed", user='a\n{"event": "login"}\x1b[2J\u2028\u202e')

    (line,) = lines(tmp_path)
    assert line.isascii() and line.isprintable()


def test_a_long_text_is_cut(tmp_path):
    AuditLog(tmp_path).note("login_failed", user="x" * 10_000)

    assert len(json.loads(lines(tmp_path)[0])["user"]) == LONGEST


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path, caplog):
    caplog.set_level(logging.ERROR)

    AuditLog(tmp_path / "nowhere").note("login", user="anna")

    assert "the audit log cannot be written" in caplog.text


def test_another_configuration_is_told_by_its_keys(app, loop, config, tmp_path):
    other = config.model_copy(update={"default_model": "guide"})

    on(loop, app.extensions["lifecycle"].apply_config(other))

    (line,) = lines(tmp_path / "data")
    assert json.loads(line)["event"] == "configuration_changed"
    assert json.loads(line)["keys"] == ["default_model"]
