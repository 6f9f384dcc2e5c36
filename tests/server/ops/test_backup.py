"""A site as one file: written while the server runs, put back while it does not."""

import io
import json
import os
import signal
import sqlite3
import stat
import tarfile
from contextlib import closing
from pathlib import Path

import pytest
import requests
from sqlalchemy import make_url

from server.cli import main
from server.ops.backup import pg_dump
from server.ops.backup.command import RUNNING
from server.store import Store
from tests.server.ops.test_command import run, running, write
from tests.support.stores import a_turn, answered

CONVERSATION = "backend-api/v2/conversation"


@pytest.fixture(autouse=True)
def no_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the log of the tests as it is where a command runs in their process."""
    monkeypatch.setattr("server.cli.set_up_logging", lambda config: None)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration of a site with one conversation."""
    folder = tmp_path / "site"
    folder.mkdir()
    write(folder / "config.json", {})
    store = Store(f"sqlite:///{folder}/data/chat.db")
    store.open()
    answered(store, a_turn(title="Kept"))
    store.close()
    (folder / ".env").write_text("KEY=value\n")
    (folder / "data/session.key").write_bytes(b"k" * 32)
    (folder / "data/models").mkdir()
    (folder / "data/models/large.gguf").write_bytes(b"weights")
    (folder / "data/chat.db.before-0004").write_bytes(b"older")
    return folder / "config.json"


@pytest.fixture
def file(config: Path, tmp_path: Path) -> Path:
    """A backup of that installation."""
    file = tmp_path / "chat.backup"
    assert command("backup", file, config) == 0
    return file


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """The configuration of a site without anything."""
    (tmp_path / "elsewhere").mkdir()
    write(tmp_path / "elsewhere/config.json", {})
    return tmp_path / "elsewhere/config.json"


def command(name: str, file: Path, config: Path, *options: str) -> int:
    return main([name, str(file), "--config", str(config), *options])


def titles(config: Path) -> list[str]:
    """Return what the conversations of a site are called."""
    store = Store(f"sqlite:///{config.parent}/data/chat.db")
    try:
        store.open()
        return [found.title for found in store.conversations("local")[0]]
    finally:
        store.close()


def test_a_restored_site_works_elsewhere(file: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("restore", file, elsewhere) == 0

    assert titles(elsewhere) == ["Kept"]
    assert (elsewhere.parent / "data/session.key").read_bytes() == b"k" * 32
    assert (elsewhere.parent / ".env").read_text() == "KEY=value\n"
    assert "You can start the server now" in capsys.readouterr().out


def test_a_backup_is_one_file_for_its_owner_without_models_and_older_copies(file: Path) -> None:
    with tarfile.open(file) as tar:
        names = set(tar.getnames())

    assert names == {"database/chat.db", "data/session.key", "config/config.json", "config/.env"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in file.parent.iterdir()} == {"site", "chat.backup"}, "nothing is left over"


def test_a_backup_in_the_data_folder_does_not_hold_the_one_before(config: Path) -> None:
    data = config.parent / "data"
    (data / "older.backup").write_bytes(b"older")
    assert command("backup", data / "mine", config) == 0

    assert command("backup", data / "mine", config, "--force") == 0

    with tarfile.open(data / "mine") as tar:
        assert {name for name in tar.getnames() if name.startswith("data/")} == {"data/session.key"}


def test_what_is_restored_is_for_its_owner(file: Path, elsewhere: Path) -> None:
    command("restore", file, elsewhere)

    restored = [path for path in (elsewhere.parent / "data").iterdir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in restored} == {0o600}
    assert stat.S_IMODE((elsewhere.parent / "data").stat().st_mode) == 0o700


def test_a_running_server_is_backed_up_as_it_is_at_that_moment(config: Path, tmp_path: Path, elsewhere: Path) -> None:
    with running("--config", config, cwd=config.parent) as (process, url):
        for number in range(3):
            body = {"model": "guide/guide", "message": {"content": f"Question {number}"}}
            requests.post(f"{url}{CONVERSATION}", json=body, timeout=10).close()
        done = run("backup", tmp_path / "chat.backup", "--config", config)
        process.send_signal(signal.SIGKILL)

    assert done.returncode == 0, done.stderr
    assert command("restore", tmp_path / "chat.backup", elsewhere) == 0
    assert sorted(titles(elsewhere)) == ["Kept", "Question 0", "Question 1", "Question 2"]


def test_nothing_is_restored_under_a_running_server(config: Path, file: Path) -> None:
    with running("--config", config, cwd=config.parent):
        done = run("restore", file, "--config", config)

    assert (done.returncode, done.stderr) == (1, f"{RUNNING}\n")


def test_what_is_replaced_stays_beside(config: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = Store(f"sqlite:///{config.parent}/data/chat.db")
    answered(store, a_turn(title="Later"))
    store.close()
    (config.parent / "data/session.key").write_bytes(b"n" * 32)

    assert command("restore", file, config) == 0

    said = capsys.readouterr().out
    (database,) = config.parent.glob("data/chat.db.replaced-*")
    (key,) = config.parent.glob("data/session.key.replaced-*")
    assert titles(config) == ["Kept"]
    assert str(database) in said and str(key) in said
    assert key.read_bytes() == b"n" * 32
    with closing(sqlite3.connect(database)) as connection:
        assert ("Later",) in connection.execute("SELECT title FROM conversations").fetchall()


def test_this_machines_configuration_stays_in_force(
    file: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(elsewhere, {"site_config": {"title": "Mine", "port": 0}})

    command("restore", file, elsewhere)

    assert json.loads(elsewhere.read_text())["site_config"]["title"] == "Mine"
    assert "title" not in json.loads((elsewhere.parent / "config.json.from-backup").read_text())["site_config"]
    assert "config.json.from-backup" in capsys.readouterr().out


def test_a_file_that_is_there_is_kept_unless_one_insists(
    config: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = file.read_bytes()

    assert command("backup", file, config) == 1
    assert "already exists" in capsys.readouterr().err
    assert file.read_bytes() == before
    assert command("backup", file, config, "--force") == 0
    assert file.read_bytes() != before


def test_a_site_without_a_database_has_nothing_to_back_up(
    elsewhere: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("backup", tmp_path / "x", elsewhere) == 1
    assert "There is no database at" in capsys.readouterr().err


def test_a_folder_that_is_not_there_is_told_in_a_sentence(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command("backup", tmp_path / "nowhere/x", config) == 1
    assert "No such file or directory" in capsys.readouterr().err


def test_a_damaged_database_is_no_backup(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = config.parent / "data/chat.db"
    whole = database.read_bytes()
    database.write_bytes(whole[:8192] + b"\xff" * 4096 * 3 + whole[8192 + 4096 * 3 :])

    assert command("backup", tmp_path / "x", config) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize("damage", ["nothing like it", "cut", "no database", "a damaged one", "an empty one"])
def test_what_is_no_backup_changes_nothing(
    config: Path, file: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    match damage:
        case "nothing like it":
            file.write_bytes(b"hello")
        case "cut":
            file.write_bytes(file.read_bytes()[:-100])
        case "no database":
            tar(file, {"data/session.key": b"x"})
        case "a damaged one":
            tar(file, {"database/chat.db": b"SQLite format 3\0" + b"\xff" * 8192})
        case "an empty one":
            tar(file, {"database/chat.db": b""})

    assert command("restore", file, config) == 1

    assert (
        str(file) in (error := capsys.readouterr().err)
        or "is not an intact database" in error
        or "Cannot read or copy" in error
    )
    assert titles(config) == ["Kept"]
    assert not list(config.parent.glob("data/*replaced*"))


@pytest.mark.parametrize("name", ["/etc/evil", "data/../../evil", "evil", "other/evil"])
def test_a_name_that_leads_elsewhere_is_refused(file: Path, config: Path, tmp_path: Path, name: str) -> None:
    tar(file, {name: b"x"})

    assert command("restore", file, config) == 1
    assert not list(tmp_path.rglob("evil"))


def test_a_link_is_refused(file: Path, config: Path) -> None:
    with tarfile.open(file, "w:gz") as made:
        link = tarfile.TarInfo("data/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        made.addfile(link)

    assert command("restore", file, config) == 1


def test_a_newer_schema_is_refused(config: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(config.parent / "data/chat.db")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()

    assert command("backup", file, config, "--force") == 2
    assert "newer than this program" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["backup", "restore"])
def test_postgresql_has_its_own_programs(
    config: Path, file: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write(config, {"database": "postgresql+psycopg://me:SECRET@db.example:5433/chat?password=SECRET"})

    assert command(name, file, config, *(["--force"] if name == "backup" else [])) == 1

    error = capsys.readouterr().err
    assert "pg_dump --format=custom --file=chat.dump --dbname=postgresql://me@db.example:5433/chat\n" in error
    assert "pg_restore --clean --if-exists --no-owner --dbname=postgresql://me@db.example:5433/chat chat.dump" in error
    assert "SECRET" not in error


def test_an_address_that_the_shell_would_take_apart_is_quoted() -> None:
    assert "'--dbname=postgresql://me@db/chat?options=-csearch_path%3Dx&y=z'" in pg_dump.advice(
        make_url("postgresql+psycopg://me@db/chat?options=-csearch_path%3Dx&y=z")
    )


def test_what_root_restores_belongs_to_the_owner_of_the_folder(
    file: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, tuple[int, int]] = {}
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda path, *owner: given.update({path.name.partition(".unf")[0]: owner}))

    command("restore", file, elsewhere)

    folder = elsewhere.parent.stat()
    assert given["chat.db"] == given["session.key"] == (folder.st_uid, folder.st_gid)


def tar(file: Path, members: dict[str, bytes]) -> None:
    with tarfile.open(file, "w:gz") as made:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            made.addfile(info, io.BytesIO(content))
