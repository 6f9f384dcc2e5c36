"""Deleting and restoring messages with everything below them."""

from dataclasses import replace
from itertools import pairwise

import pytest

from server.problems import Problem
from server.store import Begun, NewTurn, Store
from server.store.tree import Tree
from tests.support.stores import ME, Clock, a_turn, add_person, answered


def refused(call, *arguments):
    with pytest.raises(Problem) as raised:
        call(*arguments)
    return raised.value.code


def left(store: Store, begun: Begun) -> set[str]:
    """Return the ids of the visible messages."""
    return {message.id for message in store.conversation(ME, begun.conversation_id)[1]}


def leaf(store: Store, begun: Begun) -> str | None:
    return store.summary(ME, begun.conversation_id).leaf_id


def followed(store: Store, begun: Begun, **members: object) -> Begun:
    """Ask again in the same conversation, and end the answer."""
    return answered(store, a_turn(conversation_id=begun.conversation_id, **members))


def again(begun: Begun) -> NewTurn:
    return a_turn("regenerate", conversation_id=begun.conversation_id, parent_id=begun.user_message_id)


def test_a_message_is_deleted_with_everything_below_it(store: Store) -> None:
    first = answered(store)
    second = followed(store, first)
    third = followed(store, first)

    found, running = store.delete_message(ME, second.user_message_id)

    assert (found.id, found.leaf_id, running) == (first.conversation_id, first.answer.id, [])
    assert left(store, first) == {first.user_message_id, first.answer.id}
    for gone in (second.user_message_id, second.answer.id, third.user_message_id, third.answer.id):
        assert refused(store.message, ME, gone) == "unknown_message"
        assert refused(store.delete_message, ME, gone) == "unknown_message"
        assert refused(store.add_version, ME, gone, "x") == "unknown_message"
        assert refused(store.fork, ME, first.conversation_id, gone) == "unknown_message"
        assert refused(store.change, ME, first.conversation_id, {"leaf_id": gone}) == "unknown_message"
        for action in ("send", "regenerate", "continue"):
            turn = a_turn(action, conversation_id=first.conversation_id, parent_id=gone)
            assert refused(store.begin_turn, ME, turn) == "unknown_message"


def test_the_newest_remaining_leaf_becomes_the_current_one(store: Store) -> None:
    first = answered(store)
    other = answered(store, again(first))
    below_other = followed(store, first, parent_id=other.answer.id)
    newest = answered(store, again(first))

    assert store.delete_message(ME, newest.answer.id)[0].leaf_id == below_other.answer.id
    assert store.delete_message(ME, other.answer.id)[0].leaf_id == first.answer.id
    assert store.delete_message(ME, first.answer.id)[0].leaf_id == first.user_message_id
    assert store.delete_message(ME, first.user_message_id)[0].leaf_id is None
    assert left(store, first) == set()
    assert followed(store, first).path[0].parent_id is None


def test_another_root_becomes_the_leaf_when_one_is_deleted(store: Store) -> None:
    first = answered(store)
    edited = followed(store, first, parent_id=None)

    assert store.delete_message(ME, edited.user_message_id)[0].leaf_id == first.answer.id


def test_a_leaf_on_another_branch_stays(store: Store) -> None:
    first = answered(store)
    other = answered(store, again(first))

    assert store.delete_message(ME, first.answer.id)[0].leaf_id == other.answer.id


def test_deleting_does_not_make_a_conversation_newer(store: Store, clock: Clock) -> None:
    begun = answered(store)
    before = store.summary(ME, begun.conversation_id).updated_at
    clock.pass_by(hours=1)

    assert store.delete_message(ME, begun.answer.id)[0].updated_at == before
    assert store.restore_message(ME, begun.answer.id).updated_at == before


def test_messages_deleted_together_are_restored_together(store: Store, clock: Clock) -> None:
    first = answered(store)
    second, third = followed(store, first), followed(store, first)
    store.delete_message(ME, third.user_message_id)
    clock.pass_by(minutes=1)
    store.delete_message(ME, second.user_message_id)

    found = store.restore_message(ME, second.user_message_id)

    assert found.leaf_id == second.answer.id
    assert left(store, first) == {
        first.user_message_id,
        first.answer.id,
        second.user_message_id,
        second.answer.id,
    }
    assert store.restore_message(ME, third.user_message_id).leaf_id == third.answer.id
    assert len(left(store, first)) == 6


def test_restoring_an_existing_message_only_makes_it_the_leaf(store: Store) -> None:
    first = answered(store)
    other = answered(store, again(first))

    assert store.restore_message(ME, first.answer.id).leaf_id == first.answer.id
    assert left(store, first) == {first.user_message_id, first.answer.id, other.answer.id}


def test_a_message_whose_parent_is_deleted_cannot_be_restored(store: Store) -> None:
    begun = answered(store)
    store.delete_message(ME, begun.user_message_id)

    assert refused(store.restore_message, ME, begun.answer.id) == "unknown_message"
    assert left(store, begun) == set()


def test_after_a_day_it_is_too_late(store: Store, clock: Clock) -> None:
    begun = answered(store)
    store.delete_message(ME, begun.answer.id)

    clock.pass_by(days=1)
    store.sweep()
    assert store.restore_message(ME, begun.answer.id).leaf_id == begun.answer.id

    store.delete_message(ME, begun.answer.id)
    clock.pass_by(days=1, seconds=1)
    assert refused(store.restore_message, ME, begun.answer.id) == "unknown_message"
    assert leaf(store, begun) == begun.user_message_id


def test_the_id_of_a_deleted_message_is_taken_until_it_is_removed(store: Store, clock: Clock) -> None:
    first = answered(store)
    second = followed(store, first)
    turn = a_turn(conversation_id=first.conversation_id, message_id=second.user_message_id)
    store.delete_message(ME, second.user_message_id)

    assert refused(store.begin_turn, ME, turn) == "conflict"
    clock.pass_by(days=2)
    assert refused(store.begin_turn, ME, turn) == "conflict"
    store.sweep()
    assert store.begin_turn(ME, turn).user_message_id == second.user_message_id


def test_a_message_sent_again_after_its_answer_was_deleted_is_a_conflict(store: Store) -> None:
    begun = answered(store)
    store.delete_message(ME, begun.answer.id)

    repeated = a_turn(conversation_id=begun.conversation_id, message_id=begun.user_message_id)

    assert refused(store.begin_turn, ME, repeated) == "conflict"


def test_the_messages_of_a_deleted_conversation_are_unknown(store: Store) -> None:
    begun = answered(store)
    store.delete(ME, begun.conversation_id)

    assert refused(store.delete_message, ME, begun.answer.id) == "unknown_message"
    assert refused(store.restore_message, ME, begun.answer.id) == "unknown_message"


def test_other_peoples_messages_are_unknown(store: Store) -> None:
    other = add_person(store, "other")
    begun = answered(store)

    assert refused(store.delete_message, other, begun.answer.id) == "unknown_message"
    store.delete_message(ME, begun.answer.id)
    assert refused(store.restore_message, other, begun.answer.id) == "unknown_message"
    assert left(store, begun) == {begun.user_message_id}


def test_deletion_keeps_two_peoples_equal_ids_apart(store: Store, clock: Clock) -> None:
    other, turn = add_person(store, "other"), a_turn()
    mine, theirs = answered(store, turn), answered(store, turn, user_id=other)

    store.delete_message(other, theirs.user_message_id)
    clock.pass_by(days=2)
    store.sweep()

    assert left(store, mine) == {mine.user_message_id, mine.answer.id}
    assert store.conversation(other, theirs.conversation_id)[1] == []


def test_deleted_running_answers_are_returned_and_not_listed_as_running(store: Store) -> None:
    first = answered(store)
    running = store.begin_turn(ME, a_turn(conversation_id=first.conversation_id))

    found, ids = store.delete_message(ME, running.user_message_id)

    assert (ids, found.running) == ([running.answer.id], False)


def a_deep_conversation(store: Store, depth: int) -> Begun:
    """Return a conversation with this many messages after its first two, each below the previous one."""
    begun = answered(store)
    parent_ids = [begun.answer.id, *(f"deep-{number}" for number in range(depth))]
    deep = [
        replace(begun.answer, id=id_, parent_id=parent_id, status="complete") for parent_id, id_ in pairwise(parent_ids)
    ]
    with store.database.write() as connection:
        tree = Tree(connection, ME, begun.answer.created_at)
        tree.add(tree.lock(begun.conversation_id), *deep)
    return begun


def test_a_thousand_messages_are_deleted_restored_and_removed(store: Store, clock: Clock) -> None:
    begun = a_deep_conversation(store, 1_000)

    store.delete_message(ME, begun.answer.id)
    assert left(store, begun) == {begun.user_message_id}
    assert store.restore_message(ME, begun.answer.id).leaf_id == "deep-999"
    store.delete_message(ME, begun.answer.id)
    clock.pass_by(days=2)
    store.sweep()

    assert refused(store.restore_message, ME, begun.answer.id) == "unknown_message"
    with store.database.read() as connection:
        assert Tree(connection, ME, clock.time).find("deep-999") is None


def test_a_message_deleted_before_the_clock_was_set_back_is_removed_with_its_parent(store: Store, clock: Clock) -> None:
    begun = answered(store)
    clock.pass_by(hours=2)
    store.delete_message(ME, begun.answer.id)
    clock.pass_by(hours=-2)
    store.delete_message(ME, begun.user_message_id)

    clock.pass_by(hours=25)
    store.sweep()

    assert refused(store.restore_message, ME, begun.answer.id) == "unknown_message"
    with store.database.read() as connection:
        assert Tree(connection, ME, clock.time).find(begun.answer.id) is None
