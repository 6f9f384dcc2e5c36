"""Only one server per database: a second one would interrupt the first one's running answers."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from server.problems import Problem
from server.store import NewTurn, Store
from tests.support.stores import answered, fresh_schema, on_postgresql, on_sqlite
from tests.support.waiting import wait_for

ROOT = Path(__file__).parents[4]
HOLDER = """
import sys
from server.store import Store
store = Store(sys.argv[1])
store.lock()
print("held", flush=True)
input()
"""


@pytest.fixture
def other(store_url: str) -> Iterator[Store]:
    """A second store of the same database."""
    other = Store(store_url)
    yield other
    other.close()


def is_held(store: Store) -> bool:
    """Tell whether another process has the lock; otherwise the store has it afterwards."""
    try:
        store.lock()
    except Problem as problem:
        assert problem.message.startswith("Another process is already using")
        return True
    return False


def test_only_one_process_can_lock_a_database(store: Store, other: Store) -> None:
    store.lock()

    with pytest.raises(Problem, match=r"Another process is already using .*\. Stop it first") as raised:
        other.lock()
    assert raised.value.code == "storage_unavailable"


def test_the_holder_of_a_lock_may_lock_again(store: Store, other: Store) -> None:
    store.lock()
    store.lock()

    assert is_held(other)


def test_a_closed_store_releases_the_lock(store: Store, other: Store) -> None:
    store.lock()
    store.close()

    assert not is_held(other)


def test_a_closed_store_takes_no_lock_again(store: Store, other: Store) -> None:
    store.close()
    store.lock()

    assert not is_held(other)


def test_a_killed_process_releases_the_lock(store_url: str, store: Store) -> None:
    command = [sys.executable, "-c", HOLDER, store_url]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline() == "held\n"
        held = is_held(store)
        process.send_signal(signal.SIGKILL)

    assert held
    wait_for(lambda: not is_held(store))


def test_a_locked_store_can_be_read_and_written_by_tools(store: Store, other: Store) -> None:
    store.lock()

    answered(other)

    assert len(store.conversations("local")[0]) == 1


@on_sqlite
def test_a_link_to_a_database_is_the_same_database(store: Store, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").symlink_to(tmp_path / "data")
    (tmp_path / "link.db").symlink_to(tmp_path / "data" / "chat.db")
    store.lock()

    assert is_held(Store(f"sqlite:///{tmp_path}/elsewhere/chat.db"))
    assert is_held(Store(f"sqlite:///{tmp_path}/link.db"))


def test_a_database_can_be_locked_before_it_exists(tmp_path: Path) -> None:
    store = Store(f"sqlite:///{tmp_path}/new/chat.db")

    store.lock()

    assert {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "new").iterdir()} == {"chat.db.lock": 0o600}
    store.close()


@on_sqlite
def test_a_lock_lost_with_its_file_is_taken_again(store: Store, other: Store, tmp_path: Path) -> None:
    store.lock()
    (tmp_path / "data" / "chat.db.lock").unlink()

    store.lock()

    assert is_held(other)


@on_sqlite
def test_losing_the_lock_file_to_another_process_raises(store: Store, other: Store, tmp_path: Path) -> None:
    store.lock()
    (tmp_path / "data" / "chat.db.lock").unlink()
    other.lock()

    assert is_held(store)
    other.close()
    assert not is_held(store)


def test_no_turn_begins_while_another_process_has_the_lock(store: Store, other: Store) -> None:
    new = NewTurn(action="send", model="m", answer_id="a", message_id="q", content="Hello")
    other.lock()
    assert is_held(store)

    for attempt in (
        lambda: store.begin_turn("local", new),
        lambda: store.begin_turn_with_history("local", new, []),
        store.ping,
    ):
        with pytest.raises(Problem, match="Another process has taken over the database") as raised:
            attempt()
        assert raised.value.code == "storage_unavailable"
    other.close()
    store.lock()
    assert store.begin_turn("local", new).answer.id == "a"
    store.ping()


@on_postgresql
def test_a_lock_lost_with_its_connection_is_taken_again(store: Store, other: Store) -> None:
    store.lock()
    cut(store, other)

    store.lock()

    assert is_held(other)


@on_postgresql
def test_losing_the_lock_to_another_process_raises(store: Store, other: Store) -> None:
    store.lock()
    cut(store, other)
    other.lock()

    assert is_held(store)
    other.close()
    assert not is_held(store)


def cut(store: Store, other: Store) -> None:
    """End the connection that has the lock of a store."""
    pid = store.database._lock_connection.scalar(text("SELECT pg_backend_pid()"))
    with other.database.write() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


@on_postgresql
def test_another_schema_is_another_store(store: Store) -> None:
    store.lock()

    with fresh_schema() as url:
        elsewhere = Store(url)
        assert not is_held(elsewhere)
        elsewhere.close()
