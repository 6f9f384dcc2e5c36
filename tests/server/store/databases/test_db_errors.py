"""Database failures are explained, and the store recovers once the cause is gone."""

import resource
import socket
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from g4f_lite.errors import ConfigError
from server.problems import Problem
from server.store import Batch, Store
from server.store.databases.db_errors import AWAY, BUSY, DAMAGED, FULL, LOCKED, READ_ONLY
from server.store.databases.sqlite import GONE, STUCK_S
from tests.support.stores import ME, a_batch, a_turn, an_outcome, answered, content, on_postgresql, on_sqlite

IMPATIENCE_S = 0.3


@pytest.fixture
def impatient(store: Store, store_url: str) -> Iterator[Store]:
    """A second store of the same database that does not wait long for a lock."""
    impatient = Store(store_url, busy_timeout_s=IMPATIENCE_S)
    yield impatient
    impatient.close()


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    """The file of an open SQLite store."""
    return tmp_path / "data" / "chat.db"


@contextmanager
def failing(sentence: str, code: str = "storage_unavailable") -> Iterator[None]:
    """Expect a problem with this code and sentence."""
    with pytest.raises(Problem) as raised:
        yield
    assert (raised.value.code, raised.value.message) == (code, sentence)


def pragma(store: Store, setting: str) -> None:
    """Set a pragma on the writing connection."""
    with store.database.write() as connection:
        connection.exec_driver_sql(f"PRAGMA {setting}")


@on_sqlite
def test_a_full_disk_loses_nothing_and_writing_resumes(store: Store, file: Path) -> None:
    begun = store.begin_turn(ME, a_turn())
    large = a_batch(begun, 1, content("x" * 100_000))
    pragma(store, "max_page_count = 1")  # no more pages than there are

    with failing(FULL):
        store.append([large])
    with failing(FULL):
        store.finish(ME, begun.answer.id, an_outcome("x" * 100_000), large)
    assert store.message(ME, begun.answer.id) == begun.answer

    pragma(store, "max_page_count = 1000000")
    store.append([large])
    assert store.batches(ME, begun.answer.id, 0) == [large]


@on_sqlite
def test_a_commit_that_fails_is_rolled_back_entirely(store: Store, file: Path) -> None:
    begun = answered(store)
    with no_file_grows(beyond=file.with_name("chat.db-wal").stat().st_size), failing(AWAY):
        store.begin_turn(ME, a_turn(conversation_id=begun.conversation_id, content="x" * 100_000))

    after = store.begin_turn(ME, a_turn(conversation_id=begun.conversation_id))

    assert len(after.path) == 3
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@contextmanager
def no_file_grows(beyond: int) -> Iterator[None]:
    """Limit the size of the files of this process."""
    before, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (beyond, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (before, most))


@on_sqlite
def test_a_database_that_cannot_be_written_can_be_read(store: Store, file: Path) -> None:
    begun = answered(store)

    with read_only(store):
        with failing(READ_ONLY):
            store.begin_turn(ME, a_turn())
        with failing(READ_ONLY):
            store.delete(ME, begun.conversation_id)
        assert len(store.conversations(ME)[0]) == 1
        store.ping()

    store.begin_turn(ME, a_turn())


@contextmanager
def read_only(store: Store) -> Iterator[None]:
    """Make SQLite behave as if the file were read-only; file modes do not stop root."""
    with store.database.write() as connection:
        driver = connection.connection.driver_connection
    driver.execute("PRAGMA query_only = ON").close()
    yield
    driver.execute("PRAGMA query_only = OFF").close()


@on_sqlite
def test_a_locked_database_fails_at_once(store: Store, impatient: Store, file: Path) -> None:
    begun = answered(store)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        with failing(LOCKED):
            impatient.begin_turn(ME, a_turn())
        assert impatient.message(ME, begun.answer.id).content == "Fine."

    impatient.begin_turn(ME, a_turn())


@on_sqlite
def test_many_writers_wait_no_longer_than_one_for_a_locked_database(store: Store, impatient: Store, file: Path) -> None:
    begun = answered(store)
    with closing(sqlite3.connect(file)) as other, ThreadPoolExecutor(12) as threads:
        other.execute("BEGIN IMMEDIATE")
        started = time.monotonic()
        writers = [threads.submit(impatient.begin_turn, ME, a_turn()) for _ in range(12)]

        assert store.message(ME, begun.answer.id).status == "complete"  # readers never wait

        for writer in writers:
            with failing(LOCKED):
                writer.result(10)
        assert time.monotonic() - started < 12 * IMPATIENCE_S + STUCK_S


@on_sqlite
def test_who_waits_for_this_server_is_told_that_it_is_busy(impatient: Store) -> None:
    with ThreadPoolExecutor(12) as threads, impatient.database.write():
        writers = [threads.submit(impatient.begin_turn, ME, a_turn()) for _ in range(12)]
        refused, _ = wait(writers, 3 * STUCK_S, FIRST_COMPLETED)

        with failing(BUSY, "busy"):
            refused.pop().result()


@on_sqlite
@pytest.mark.parametrize("replaced", [False, True])
def test_a_removed_database_file_is_not_written_to(store: Store, file: Path, replaced: bool) -> None:
    answered(store)
    file.rename(file.with_name("moved.db"))
    if replaced:
        file.touch()

    with failing(GONE.format(file)):
        store.begin_turn(ME, a_turn())
    file.with_name("moved.db").rename(file)
    store.begin_turn(ME, a_turn())


@on_postgresql
def test_a_locked_row_fails_at_once(store: Store, impatient: Store) -> None:
    begun = answered(store)
    turn = a_turn(conversation_id=begun.conversation_id)
    with store.database.write() as other:
        other.execute(text("SELECT * FROM conversations FOR UPDATE"))

        with failing(BUSY, "busy"):
            impatient.begin_turn(ME, turn)
        impatient.begin_turn(ME, a_turn())

    assert not impatient.begin_turn(ME, turn).repeated


@on_postgresql
def test_lost_connections_are_replaced(store: Store) -> None:
    answered(store)

    with failing(AWAY), store.database.write() as connection:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    store.ping()
    answered(store)


@on_postgresql
def test_connections_lost_while_idle_are_replaced(store: Store, impatient: Store) -> None:
    with store.database.read() as one, store.database.read() as two:
        idle = [connection.scalar(text("SELECT pg_backend_pid()")) for connection in (one, two)]
    with impatient.database.write() as other:
        for pid in idle:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})

    for _ in range(3):
        answered(store)


def test_no_server_is_a_problem_with_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closing_soon:
        port = closing_soon.getsockname()[1]
    store = Store(f"postgresql+psycopg://postgres@127.0.0.1:{port}/test")

    with failing(AWAY):
        store.open()
    with failing(AWAY):
        store.ping()
    store.close()


def test_a_folder_that_cannot_be_created_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")

    with failing(AWAY):
        Store(f"sqlite:///{tmp_path}/file/chat.db").open()


def test_a_file_that_is_not_a_database_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "chat.db").write_text("Dear diary, " * 1_000)
    store = Store(f"sqlite:///{tmp_path}/chat.db")

    with failing(DAMAGED):
        store.open()
    store.close()
    assert (tmp_path / "chat.db").read_text().startswith("Dear diary")


@pytest.mark.parametrize("words", ["nul \0", "half of a pair \ud83d"])
def test_text_that_cannot_be_stored_is_refused(store: Store, words: str) -> None:
    begun = answered(store)

    for turn in (a_turn(content=words), a_turn(title=words), a_turn(message_id=words), a_turn(model=words)):
        with pytest.raises(Problem) as raised:
            store.begin_turn(ME, turn)
        assert raised.value.code == "invalid_request"
    with pytest.raises(Problem) as raised:
        store.change(ME, begun.conversation_id, {"title": words})
    assert raised.value.code == "invalid_request"
    assert len(store.conversations(ME)[0]) == 1


@pytest.mark.parametrize("words", ["nul \0", "half of a pair \ud83d"])
def test_ids_that_cannot_exist_are_refused(store: Store, words: str) -> None:
    for call in (store.message, store.conversation, store.delete):
        with pytest.raises(Problem) as raised:
            call(ME, words)
        assert raised.value.status in (400, 404)


def test_a_number_beyond_all_events_is_refused(store: Store) -> None:
    begun = answered(store)

    with pytest.raises(Problem) as raised:
        store.batches(ME, begun.answer.id, 2**64)

    assert raised.value.code == "invalid_request"
    assert store.batches(ME, begun.answer.id, 2**40) == []


def test_a_failed_batch_does_not_affect_the_others(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())
    impossible = Batch(ME, begun.answer.id, 2**64, 2**64, "")

    with pytest.raises(Problem):
        store.append([a_batch(begun, 1, content("a")), impossible])

    assert store.batches(ME, begun.answer.id, 0) == []


@pytest.mark.parametrize(
    "url", ["", "chat.db", "mysql://localhost/chat", "postgresql://localhost/chat", "sqlite://", "sqlite:///:memory:"]
)
def test_an_unusable_address_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigError, match="database: "):
        Store(url)


@on_sqlite
def test_the_folder_and_the_files_are_private(store: Store, file: Path) -> None:
    answered(store)

    assert file.parent.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()} == {
        "chat.db": 0o600,
        "chat.db-wal": 0o600,
        "chat.db-shm": 0o600,
    }
