"""What a person's messages take up, and the limit."""

import pytest
from sqlalchemy import func, select

from g4f_lite.messages import Message
from server.problems import Problem
from server.store import NewTurn, Store
from server.store.schema import messages
from server.store.stored_bytes import PER_MESSAGE
from tests.support.stores import ME, Clock, a_turn, add_person, an_outcome, answered, stored

DAY_AND_MORE = {"days": 1, "minutes": 1}


@pytest.fixture
def limited(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store in which a person may have 10,000 bytes."""
    monkeypatch.setattr(store, "_most_bytes", lambda: 10_000)
    return store


def full(call, *arguments):
    with pytest.raises(Problem) as raised:
        call(*arguments)
    return raised.value.code == "storage_full"


def test_every_way_to_store_and_to_remove_text_is_counted(store: Store, clock: Clock) -> None:
    begun = answered(store, a_turn(content="größer"), an_outcome("“Fine.”", reasoning="Hm 🙂", status="stopped"))
    kept = answered(store)
    assert store.stored_bytes(ME) == stored(store) > 4 * PER_MESSAGE

    again = store.begin_turn(ME, a_turn(action="continue", conversation_id=begun.conversation_id))
    store.finish(ME, again.answer.id, an_outcome("“Fine.” And more.", last_seq=9), None)
    store.add_version(ME, kept.answer.id, "By hand")
    store.fork(ME, kept.conversation_id, kept.answer.id)
    history = [Message("user", "Before"), Message("assistant", "Yes")]
    store.begin_turn_with_history(ME, NewTurn(action="send", model="m", answer_id="x", message_id="y"), history)
    store.end_running(lambda message, batches: (an_outcome("Cut", status="interrupted"), ""))
    assert store.stored_bytes(ME) == stored(store)

    store.delete(ME, begun.conversation_id)
    store.delete_message(ME, kept.answer.id)
    assert store.stored_bytes(ME) == stored(store)
    clock.pass_by(**DAY_AND_MORE)
    before = store.stored_bytes(ME)
    store.sweep()
    assert store.stored_bytes(ME) == stored(store) < before


def test_nothing_is_written_beyond_the_limit(limited: Store) -> None:
    begun = answered(limited, outcome=an_outcome("x" * 6_000))
    used = limited.stored_bytes(ME)
    new = NewTurn(action="send", model="m", answer_id="x", message_id="y", content="x" * 4_000)

    assert full(limited.begin_turn, ME, new)
    assert full(limited.begin_turn_with_history, ME, new, [])
    assert full(limited.add_version, ME, begun.answer.id, "ä" * 2_000)
    assert limited.stored_bytes(ME) == used
    with limited.database.read() as connection:
        assert connection.scalar(select(func.count()).select_from(messages)) == 2
    assert len(limited.conversations(ME)[0]) == 1


def test_a_running_answer_is_saved_beyond_the_limit_and_the_next_turn_is_refused(limited: Store) -> None:
    begun = limited.begin_turn(ME, a_turn())

    assert limited.finish(ME, begun.answer.id, an_outcome("x" * 20_000, status="stopped"), None)

    assert limited.message(ME, begun.answer.id).content == "x" * 20_000
    for action in ("send", "regenerate", "continue"):
        assert full(limited.begin_turn, ME, a_turn(action=action, conversation_id=begun.conversation_id))
    assert full(limited.fork, ME, begun.conversation_id, begun.answer.id)


def test_the_limit_is_for_each_person(limited: Store) -> None:
    answered(limited, outcome=an_outcome("x" * 20_000))

    assert limited.begin_turn(add_person(limited, "bob"), a_turn()).answer.status == "running"


def test_small_messages_count_for_more_than_their_texts(limited: Store) -> None:
    begun = answered(limited)

    with pytest.raises(Problem):
        for _ in range(20):
            limited.add_version(ME, begun.answer.id, "x")
