"""Many concurrent writers, and a process that is killed while writing."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Barrier
from typing import TypeVar

from server.store import Store
from server.turns.crash_recovery import interrupt_running
from tests.support.stores import ME, a_batch, a_turn, an_outcome, answered, content, on_sqlite

T = TypeVar("T")
ROOT = Path(__file__).parents[3]


def at_once(number: int, call: Callable[[int], T]) -> list[T]:
    """Return the results of `call` in this many threads, started together."""
    gate = Barrier(number)

    def pass_gate(index: int) -> T:
        gate.wait(10)
        return call(index)

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(pass_gate, range(number)))


def test_two_requests_with_one_message_id_are_one_turn(store: Store) -> None:
    for _ in range(10):
        turn = a_turn()

        begun = at_once(
            2, lambda index, turn=turn: store.begin_turn(ME, replace(turn, answer_id=f"{turn.answer_id}-{index}"))
        )

        assert sorted(one.repeated for one in begun) == [False, True]
        assert begun[0].answer == begun[1].answer
    assert len(store.conversations(ME)[0]) == 10


def test_two_requests_with_one_message_id_are_one_turn_of_a_conversation(store: Store) -> None:
    first = answered(store)
    turn = a_turn(conversation_id=first.conversation_id, parent_id=first.answer.id)

    begun = at_once(4, lambda index: store.begin_turn(ME, replace(turn, answer_id=f"{turn.answer_id}-{index}")))

    assert sorted(one.repeated for one in begun) == [False, True, True, True]
    assert len(store.conversation(ME, first.conversation_id)[1]) == 4


def test_sixteen_writers_lose_nothing_and_wait_for_each_other(store: Store) -> None:
    first = answered(store)

    def write(index: int) -> None:
        for _ in range(5):
            begun = store.begin_turn(ME, a_turn(conversation_id=first.conversation_id, parent_id=first.answer.id))
            store.append([a_batch(begun, 1, content("a"))])
            store.finish(ME, begun.answer.id, an_outcome(str(index)), a_batch(begun, 2, content("b")))

    at_once(16, write)

    conversation, messages = store.conversation(ME, first.conversation_id)
    assert len({message.id for message in messages}) == 2 + 16 * 5 * 2
    assert all(message.status == "complete" for message in messages)
    assert not conversation.running


def test_acknowledged_writes_survive_a_kill(store_url: str, store: Store) -> None:
    for round_, lines in enumerate((1, 40, 137)):
        acknowledged = killed_writer(store_url, f"round-{round_}", lines)

        survivor = Store(store_url)
        survivor.open()
        interrupt_running(survivor, {"code": "stream_cut", "message": "The server was stopped."})

        for word, message_id, *seq in acknowledged:
            message = survivor.message(ME, message_id)
            if word == "begun":
                assert message.content == "Hello"
            elif word == "saved":
                assert message.content.startswith(" ".join(map(str, range(1, int(seq[0]) + 1))))
            else:
                assert (message.status, message.content) == ("complete", "1 2 3 ")
        answered(survivor)
        survivor.close()
    assert len(acknowledged) >= 137


@on_sqlite
def test_a_killed_writer_leaves_an_intact_database(store_url: str, store: Store, tmp_path: Path) -> None:
    killed_writer(store_url, "only", 50)

    with closing(sqlite3.connect(tmp_path / "data" / "chat.db")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []


def killed_writer(url: str, name: str, lines: int) -> list[list[str]]:
    """Kill a writing process after this many acknowledgements, and return their words."""
    command = [sys.executable, "-m", "tests.support.store_writer", url, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout
        acknowledgements = [writer.stdout.readline() for _ in range(lines)]
        writer.send_signal(signal.SIGKILL)
        acknowledgements += writer.stdout.readlines()
    return [line.split() for line in acknowledgements]
