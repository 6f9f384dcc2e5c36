"""Saving the events of an answer while it runs, and its outcome when it ends."""

import pytest

from server.store import Batch, Store
from tests.support.stores import (
    ME,
    Clock,
    a_batch,
    a_turn,
    add_person,
    an_outcome,
    answered,
    content,
    empty,
)


def test_batches_are_read_from_where_the_reader_is(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())
    batches = [a_batch(begun, seq, content("a"), content("b"), content("c")) for seq in (1, 4, 7)]
    store.append(batches)

    def read(after: int) -> list[Batch]:
        return store.batches(ME, begun.answer.id, after)

    assert read(0) == batches
    assert read(2) == batches
    assert read(3) == batches[1:]
    assert read(8) == batches[2:]
    assert read(9) == []


def test_one_call_saves_batches_of_many_messages(store: Store) -> None:
    first, second = store.begin_turn(ME, a_turn()), store.begin_turn(ME, a_turn())

    store.append([a_batch(first, 1, content("a")), a_batch(second, 1, content("b")), a_batch(first, 2, content("c"))])

    assert len(store.batches(ME, first.answer.id, 0)) == 2
    assert len(store.batches(ME, second.answer.id, 0)) == 1


def test_an_empty_list_of_batches_is_accepted(store: Store) -> None:
    store.append([])


def test_a_batch_that_was_saved_is_not_saved_twice(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())
    batch = a_batch(begun, 1, content("once"))

    assert store.append([batch]) == set()
    assert store.append([batch, a_batch(begun, 2, content("more"))]) == set()

    assert [found.first_seq for found in store.batches(ME, begun.answer.id, 0)] == [1, 2]


def test_late_batches_are_dropped(store: Store) -> None:
    gone, ended, running = store.begin_turn(ME, a_turn()), answered(store), store.begin_turn(ME, a_turn())
    empty_of(store, gone.conversation_id)

    dropped = store.append([a_batch(begun, 1, content("late")) for begun in (gone, ended, running)])

    assert dropped == {(ME, gone.answer.id), (ME, ended.answer.id)}

    assert store.batches(ME, gone.answer.id, 0) == []
    assert store.batches(ME, ended.answer.id, 0) == []
    assert len(store.batches(ME, running.answer.id, 0)) == 1


def empty_of(store: Store, conversation_id: str) -> None:
    """Remove a conversation for good."""
    store.delete(ME, conversation_id)
    with store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM conversations WHERE deleted_at IS NOT NULL")


def test_another_persons_batches_are_not_read_and_not_written(store: Store) -> None:
    bob = add_person(store, "bob")
    begun = store.begin_turn(ME, a_turn())
    store.append([a_batch(begun, 1, content("mine"))])

    store.append([a_batch(begun, 2, content("theirs"), user_id=bob)])

    assert store.batches(bob, begun.answer.id, 0) == []
    assert len(store.batches(ME, begun.answer.id, 0)) == 1


def test_an_outcome_is_stored_unchanged(store: Store, clock: Clock) -> None:
    begun = store.begin_turn(ME, a_turn())
    outcome = an_outcome(
        "Whole.",
        status="failed",
        reasoning="Hm.",
        provider="ollama",
        answering={"provider": "ollama", "label": "Ollama", "model": "m", "notices": ["Cut\u2026", "\0 \ud83d"]},
        attempts=[{"provider": "h2o", "error": {"code": "provider_timeout"}}],
        usage={"input_tokens": 1, "output_tokens": 2, "cost": None, "estimated": True},
        error={"code": "stream_cut", "message": "It broke off."},
        finish_reason="length",
        state={"thread": "x", "list": [1, None]},
        last_seq=9,
    )
    clock.pass_by(seconds=5)

    store.finish(ME, begun.answer.id, outcome, a_batch(begun, 1, content("Whole.")))

    message = store.message(ME, begun.answer.id)
    assert {name: getattr(message, name) for name in outcome.__slots__} == {
        name: getattr(outcome, name) for name in outcome.__slots__
    }
    assert message.ended_at == clock.time
    assert store.batches(ME, begun.answer.id, 0) == [a_batch(begun, 1, content("Whole."))]
    assert not store.conversation(ME, begun.conversation_id)[0].running


def test_an_answer_ends_once(store: Store) -> None:
    begun = answered(store, outcome=an_outcome("first"))

    assert not store.finish(ME, begun.answer.id, an_outcome("second", last_seq=9), a_batch(begun, 1, content("second")))
    assert not store.finish(ME, "never", an_outcome("third"), None)

    assert store.message(ME, begun.answer.id).content == "first"
    assert store.batches(ME, begun.answer.id, 0) == []


def test_another_persons_answer_is_not_ended(store: Store) -> None:
    bob = add_person(store, "bob")
    begun = store.begin_turn(ME, a_turn())

    store.finish(bob, begun.answer.id, an_outcome("theirs"), None)

    assert store.message(ME, begun.answer.id).status == "running"


def test_text_of_a_model_that_cannot_be_stored_is_replaced(store: Store) -> None:
    begun, other = store.begin_turn(ME, a_turn()), store.begin_turn(ME, a_turn())
    store.append([a_batch(begun, 1, content("half \ud83d")), a_batch(other, 1, content("\ud83d\ude00"))])
    assert "half \ufffd" in store.batches(ME, begun.answer.id, 0)[0].lines
    assert "\U0001f600" in store.batches(ME, other.answer.id, 0)[0].lines

    store.finish(ME, begun.answer.id, an_outcome("a\0b \ud83d", reasoning="\udc00"), None)

    message = store.message(ME, begun.answer.id)
    assert (message.content, message.reasoning) == ("a\ufffdb \ufffd", "\ufffd")


@pytest.mark.parametrize(("minutes", "left"), [(9.9, 1), (10.1, 0)])
def test_events_are_kept_for_ten_minutes(store: Store, clock: Clock, minutes: float, left: int) -> None:
    ended, running = store.begin_turn(ME, a_turn()), store.begin_turn(ME, a_turn())
    store.append([a_batch(running, 1, content("a"))])
    store.finish(ME, ended.answer.id, an_outcome(), a_batch(ended, 1, content("a")))

    clock.pass_by(minutes=minutes)
    store.sweep()

    assert len(store.batches(ME, ended.answer.id, 0)) == left
    assert len(store.batches(ME, running.answer.id, 0)) == 1


def test_events_of_a_deleted_conversation_go_with_it(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())
    store.append([a_batch(begun, 1, content("a"))])

    empty(store.database)

    assert store.batches(ME, begun.answer.id, 0) == []
