"""Creating the schema and migrating older ones."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, update

from g4f_lite.errors import ConfigError
from server.store import Store
from server.store.migrate import HEAD, MIGRATIONS, NEW, migrate, revision
from server.store.schema import metadata, users
from server.store.stored_bytes import size
from server.turns.crash_recovery import interrupt_running
from tests.support.stores import ME, a_turn, answered, fresh_schema, on_sqlite
from tests.tools.new_schema import script

AFTER = f"{int(HEAD) + 1:04}"
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{after}"
down_revision = "{head}"


def upgrade() -> None:
    recreate = "always" if op.get_context().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("conversations", recreate=recreate) as table:
        table.add_column(sa.Column("colour", sa.Text, nullable=False, server_default="blue"))
    {then}
"""


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any tables, on each kind of database."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/data/chat.db"
    else:
        with fresh_schema() as url:
            yield url


@pytest.fixture
def old(empty_url: str) -> Iterator[Store]:
    """An open store with the newest schema, soon to be an older one."""
    store = Store(empty_url)
    store.open()
    yield store
    store.close()


FIRST_ROWS = """
INSERT INTO conversations (user_id, id, title, leaf_id, pinned, archived, created_at, updated_at)
VALUES ('local', 'c', 'Hello', 'a', FALSE, FALSE, '2026-02-03 04:05:06', '2026-02-03 04:05:06');
INSERT INTO messages (user_id, id, conversation_id, sequence, parent_id, role, content, reasoning, status, model,
                      provider, attempts, last_seq, created_at)
VALUES ('local', 'q', 'c', 1, NULL, 'user', 'Hello', '', 'complete', NULL, NULL, '[]', 0, '2026-02-03 04:05:06'),
       ('local', 'a', 'c', 2, 'q', 'assistant', '', '', 'running', 'm', NULL, '[]', 0, '2026-02-03 04:05:06');
INSERT INTO events (user_id, message_id, first_seq, last_seq, lines)
VALUES ('local', 'a', 1, 2, '{"seq":1,"type":"provider","provider":"up","label":"Up","model":"m"}
{"seq":2,"type":"content","content":"Hi"}
')
"""
"""Rows of a server of the first version that died in the middle of an answer."""


@pytest.fixture
def first(empty_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with the first schema and a running answer."""
    store = Store(empty_url)
    store.database.open()
    migrate(store.database, migrations_until("0001", tmp_path / "first"), "0001")
    with store.database.write() as connection:
        for statement in FIRST_ROWS.split(";"):
            connection.exec_driver_sql(statement)
    yield store
    store.close()


def a_next_migration(folder: Path, then: str = "pass") -> Path:
    """Return the program's migrations and one more."""
    shutil.copytree(MIGRATIONS, folder)
    (folder / "versions" / f"{AFTER}_next.py").write_text(NEXT.format(after=AFTER, head=HEAD, then=then))
    return folder


def migrations_until(head: str, folder: Path) -> Path:
    """Return the migrations of an older program."""
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__", NEW))
    for file in (folder / "versions").glob("*.py"):
        if file.name > f"{head}~":
            file.unlink()
    return folder


def test_a_new_database_gets_the_newest_schema(empty_url: str) -> None:
    store = Store(empty_url)

    assert store.open() == [f"Created the database with schema {HEAD}."]

    assert revision(store.database) == HEAD
    answered(store)
    store.close()


def test_an_up_to_date_database_is_left_alone(old: Store, empty_url: str) -> None:
    begun = answered(old)
    again = Store(empty_url)

    assert again.open() == []

    assert again.message(ME, begun.answer.id).content == "Fine."
    again.close()


def not_for_search(name: str | None, kind: str, _: object) -> bool:
    """Leave out the search index: only triggers write to it."""
    return not (kind in ("table", "index") and (name or "").startswith("search"))


def test_the_migrations_create_the_tables_of_the_program(old: Store) -> None:
    with old.database.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_name": not_for_search})
        assert compare_metadata(context, metadata) == []


def test_the_newest_migration_is_the_head_of_the_program() -> None:
    assert ScriptDirectory(MIGRATIONS).get_current_head() == HEAD


def test_the_script_for_a_new_file_matches_the_migrations() -> None:
    assert (MIGRATIONS / NEW).read_text() == script(), "run `python -m tests.tools.new_schema`"


def everything(file: Path) -> tuple[list[Any], ...]:
    """Return the schema without white space, and the rows without their creation times."""
    with closing(sqlite3.connect(file)) as connection:
        schema = connection.execute("SELECT type, name, sql FROM sqlite_master ORDER BY rowid").fetchall()
        people = connection.execute("SELECT * FROM users").fetchall()
        revisions = connection.execute("SELECT * FROM alembic_version").fetchall()
    return [(*names, sql and sql.split()) for *names, sql in schema], [(row[0], *row[2:]) for row in people], revisions


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_a_new_file_is_as_if_it_was_migrated(first: Store, tmp_path: Path) -> None:
    first.open()
    with first.database.write() as connection:  # the old one has messages
        connection.execute(update(users).values(stored_bytes=0))
    new = Store(f"sqlite:///{tmp_path}/new.db")
    new.open()
    new.close()

    assert everything(tmp_path / "new.db") == everything(tmp_path / "data" / "chat.db")


def test_the_first_person_of_a_new_file_was_created_just_now(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    store = Store(f"sqlite:///{tmp_path}/new.db")
    store.open()

    with store.database.read() as connection:
        made = connection.scalar(select(users.c.created_at))
    store.close()

    assert before - timedelta(milliseconds=1) <= made <= datetime.now(UTC)  # SQLite counts in milliseconds


def test_an_older_schema_is_changed_and_keeps_its_rows(old: Store, tmp_path: Path) -> None:
    begun = answered(old)
    before = old.conversation(ME, begun.conversation_id)

    sentences = migrate(old.database, a_next_migration(tmp_path / "next"), AFTER)

    assert sentences[-1] == f"Migrated the database from schema {HEAD} to {AFTER}."
    assert revision(old.database) == AFTER
    with old.database.read() as connection:
        assert "colour" in {column["name"] for column in inspect(connection).get_columns("conversations")}
    assert old.conversation(ME, begun.conversation_id) == before


def test_a_database_of_the_first_version_is_migrated(first: Store) -> None:
    assert first.open()[-1] == f"Migrated the database from schema 0001 to {HEAD}."

    question = first.message(ME, "q")
    assert (question.content, question.answering, question.notices) == ("Hello", None, [])
    assert interrupt_running(first, {"code": "stream_cut", "message": "Died."}) == 1
    answer = first.message(ME, "a")
    assert (answer.status, answer.content, answer.provider) == ("interrupted", "Hi", "up")
    assert answer.answering == {"provider": "up", "label": "Up", "model": "m"}
    answered(first, a_turn(conversation_id="c"))


def test_what_was_stored_before_it_was_counted_is_counted(first: Store) -> None:
    first.open()

    assert first.stored_bytes(ME) == size("Hello") + size("")


def test_messages_older_than_the_index_are_found(first: Store) -> None:
    first.open()

    assert [hit.text for hit in first.search(ME, "ell")[0]] == ["Hello", "Hello"]
    assert first.search(ME, "Hi") == ([], None)
    interrupt_running(first, {"code": "stream_cut", "message": "Died."})
    assert [hit.message_id for hit in first.search(ME, "Hi")[0]] == ["a"]


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_a_database_of_the_first_version_is_copied_first(first: Store, tmp_path: Path) -> None:
    first.open()

    with closing(sqlite3.connect(tmp_path / "data" / f"chat.db.before-{HEAD}")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert copy.execute("SELECT content FROM messages").fetchall() == [("Hello",), ("",)]


def test_a_migration_that_fails_changes_nothing(old: Store, tmp_path: Path) -> None:
    begun = answered(old)

    with pytest.raises(ZeroDivisionError):
        migrate(old.database, a_next_migration(tmp_path / "next", then="1 / 0"), AFTER)

    assert revision(old.database) == HEAD
    with old.database.read() as connection:
        assert "colour" not in {column["name"] for column in inspect(connection).get_columns("conversations")}
    assert old.message(ME, begun.answer.id).content == "Fine."


@on_sqlite
def test_a_migration_that_breaks_foreign_keys_changes_nothing(store: Store, tmp_path: Path) -> None:
    begun = answered(store)
    torn = a_next_migration(tmp_path / "next", then='op.execute("DELETE FROM conversations")')

    with pytest.raises(RuntimeError, match="2 rows"):
        migrate(store.database, torn, AFTER)

    assert store.message(ME, begun.answer.id).content == "Fine."


@on_sqlite
def test_the_database_is_copied_before_it_is_changed(store: Store, tmp_path: Path) -> None:
    begun = answered(store)
    copy = tmp_path / "data" / f"chat.db.before-{AFTER}"

    sentences = migrate(store.database, a_next_migration(tmp_path / "next"), AFTER)

    assert sentences[0] == f"Copied the database to {copy} before changing it."
    assert copy.stat().st_mode & 0o777 == 0o600
    old = Store(f"sqlite:///{copy}")
    assert old.open() == []
    assert old.message(ME, begun.answer.id).content == "Fine."
    old.close()
    assert not list(tmp_path.glob("data/*unfinished*"))


@on_sqlite
def test_a_copy_is_made_while_others_read_and_write(store: Store, tmp_path: Path) -> None:
    begun = answered(store)
    with closing(sqlite3.connect(tmp_path / "data" / "chat.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("DELETE FROM conversations")

        copy = store.database.snapshot("copy")

    assert copy == tmp_path / "data" / "chat.db.copy"
    with closing(sqlite3.connect(copy)) as copied:
        assert copied.execute("SELECT id FROM conversations").fetchall() == [(begun.conversation_id,)]


def test_a_schema_from_the_future_is_refused(old: Store, empty_url: str) -> None:
    with old.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    store = Store(empty_url)
    with pytest.raises(ConfigError, match="database: its schema 9999 is newer than this program"):
        store.open()
    store.close()

    assert revision(old.database) == "9999"


def test_two_programs_may_start_at_once(empty_url: str) -> None:
    first, second = Store(empty_url), Store(empty_url)
    first.database.open()
    with first.database.migration():
        assert revision(second.database) is None
    first.close()

    assert second.open() == [f"Created the database with schema {HEAD}."]
    second.close()


def test_neither_a_first_start_nor_the_next_loads_alembic(tmp_path: Path) -> None:
    program = f"""
import sys
from server.store import Store
for sentences in (["Created the database with schema {HEAD}."], []):
    store = Store("sqlite:///{tmp_path}/chat.db")
    assert store.open() == sentences
    store.close()
sys.exit("alembic" in sys.modules)
"""

    subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], check=True)


@on_sqlite
def test_migrations_are_found_from_any_folder(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "100% else where"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    store = Store("sqlite:///its data/chat.db")
    store.open()
    monkeypatch.chdir(tmp_path)

    store.begin_turn(ME, a_turn())

    assert (elsewhere / "its data" / "chat.db").exists()
    assert migrate(store.database, a_next_migration(elsewhere / "next"), AFTER)
    store.close()
