"""Handwritten versions of answers, and forks of conversations."""

import pytest

from g4f_lite.messages import Message
from server.problems import Problem
from server.store import Begun, Store
from server.store.stored_bytes import PER_MESSAGE
from tests.support.stores import ME, Clock, a_turn, add_person, an_outcome, answered, stored

SAID = an_outcome(
    "Fine.",
    reasoning="Hm.",
    provider="up",
    answering={"provider": "up", "label": "Up", "model": "x"},
    usage={"input_tokens": 1, "output_tokens": 2, "cost": None, "estimated": False},
    finish_reason="stop",
    state={"provider": "up", "state": {"id": "7"}},
)


def refused(call, *arguments):
    with pytest.raises(Problem) as raised:
        call(*arguments)
    return raised.value.code


def test_a_handwritten_version_is_a_sibling_and_the_leaf(store: Store, clock: Clock) -> None:
    begun = answered(store, outcome=SAID)
    clock.pass_by(hours=1)

    written = store.add_version(ME, begun.answer.id, "Better.")

    conversation, messages = store.conversation(ME, begun.conversation_id)
    assert messages[-1] == written
    assert (written.parent_id, written.role, written.model) == (begun.user_message_id, "assistant", "guide")
    assert (written.status, written.content, written.reasoning) == ("complete", "Better.", "")
    assert (written.provider, written.answering, written.usage, written.state) == (None, None, None, None)
    assert (conversation.leaf_id, conversation.updated_at) == (written.id, clock.time)
    assert store.message(ME, begun.answer.id).content == "Fine."


def test_a_turn_continues_from_a_handwritten_version(store: Store) -> None:
    begun = answered(store, outcome=SAID)
    store.add_version(ME, begun.answer.id, "Better.")

    following = store.begin_turn(ME, a_turn(conversation_id=begun.conversation_id))

    assert [message.content for message in following.path[:2]] == [begun.path[0].content, "Better."]
    assert following.state is None


def test_only_an_ended_answer_gets_another_version(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())

    assert refused(store.add_version, ME, begun.answer.id, "x") == "conflict"
    assert refused(store.add_version, ME, begun.user_message_id, "x") == "invalid_request"
    assert refused(store.add_version, ME, "never", "x") == "unknown_message"
    assert refused(store.add_version, add_person(store, "other"), begun.answer.id, "x") == "unknown_message"
    store.finish(ME, begun.answer.id, SAID, None)
    assert refused(store.add_version, ME, begun.answer.id, "\0") == "invalid_request"
    store.delete(ME, begun.conversation_id)
    assert refused(store.add_version, ME, begun.answer.id, "x") == "unknown_message"


def test_a_fork_begins_with_the_path_to_its_message(store: Store, clock: Clock) -> None:
    first = answered(store, a_turn(params={"top_p": 0.5}, model="other"), SAID)
    answered(store, a_turn(conversation_id=first.conversation_id, model="other"))
    clock.pass_by(hours=1)

    copy = store.fork(ME, first.conversation_id, first.answer.id)

    source, originals = store.conversation(ME, first.conversation_id)
    found, copies = store.conversation(ME, copy.id)
    assert found == copy
    assert (copy.title, copy.model, copy.params) == (source.title, "other", {"top_p": 0.5})
    assert (copy.created_at, copy.updated_at, copy.leaf_id) == (clock.time, clock.time, copies[-1].id)
    assert [copies[0].parent_id, copies[1].parent_id] == [None, copies[0].id]
    assert not {message.id for message in copies} & {message.id for message in originals}
    for copied, original in zip(copies, originals, strict=False):
        for name in ("role", "content", "reasoning", "status", "model", "provider", "answering", "usage", "created_at"):
            assert getattr(copied, name) == getattr(original, name)


def test_a_fork_and_its_source_are_independent(store: Store) -> None:
    first = answered(store)
    copy = store.fork(ME, first.conversation_id, first.answer.id)

    answered(store, a_turn(conversation_id=copy.id))
    store.delete(ME, first.conversation_id)

    assert len(store.conversation(ME, copy.id)[1]) == 4


def test_some_messages_cannot_be_forked(store: Store) -> None:
    first, other = answered(store), answered(store)
    running = store.begin_turn(ME, a_turn(conversation_id=first.conversation_id))

    assert refused(store.fork, ME, first.conversation_id, running.answer.id) == "conflict"
    assert refused(store.fork, ME, first.conversation_id, other.answer.id) == "unknown_message"
    assert refused(store.fork, ME, "never", first.answer.id) == "unknown_conversation"
    assert refused(store.fork, add_person(store, "other"), first.conversation_id, first.answer.id) == (
        "unknown_conversation"
    )
    assert len(store.conversation(ME, store.fork(ME, first.conversation_id, running.user_message_id).id)[1]) == 3


LONG = "A long text. " * 100


def forked(store: Store) -> tuple[Begun, str]:
    """Return a turn with a long answer, and the id of that answer in a fork of a fork."""
    begun = answered(store, outcome=an_outcome(LONG, reasoning=LONG))
    copy = store.fork(ME, begun.conversation_id, begun.answer.id)
    assert copy.leaf_id
    again = store.fork(ME, copy.id, copy.leaf_id)
    assert again.leaf_id
    return begun, again.leaf_id


def test_a_fork_takes_up_no_space_for_long_texts_and_shows_them(store: Store) -> None:
    begun, copy_id = forked(store)

    assert store.stored_bytes(ME) == stored(store) < 2 * len(LONG) + 7 * PER_MESSAGE
    copy = store.message(ME, copy_id)
    assert (copy.content, copy.reasoning) == (LONG, LONG)
    assert store.conversation(ME, copy.conversation_id)[1][-1] == copy
    assert store.branch(ME, copy.conversation_id).messages[-1] == copy
    following = store.begin_turn(ME, a_turn(conversation_id=copy.conversation_id))
    assert following.path[1].content == LONG
    assert store.message(ME, begun.answer.id).content == LONG


def test_a_program_that_continues_a_fork_finds_it(store: Store) -> None:
    begun, copy_id = forked(store)
    store.delete(ME, begun.conversation_id)
    question = begun.path[-1].content
    history = [Message("user", question), Message("assistant", LONG)]
    copy = store.message(ME, copy_id)
    answered(store, a_turn(conversation_id=copy.conversation_id))

    found = store.begin_turn_with_history(ME, a_turn(content="And?"), history)

    assert [message.content for message in found.path] == [question, LONG, "And?"]


def test_a_fork_keeps_its_texts_when_the_original_is_removed(store: Store, clock: Clock) -> None:
    begun, copy_id = forked(store)
    store.delete(ME, begun.conversation_id)
    clock.pass_by(days=1, minutes=1)
    store.sweep()

    assert store.message(ME, copy_id).content == LONG
    assert store.stored_bytes(ME) == stored(store) > len(LONG)
    assert store.search(ME, "long text")[0]
    store.delete_message(ME, store.branch(ME, store.conversations(ME)[0][0].id).messages[-1].id)
    clock.pass_by(days=1, minutes=1)
    store.sweep()

    left = [message for one in store.conversations(ME)[0] for message in store.conversation(ME, one.id)[1]]
    assert [message.content for message in left if message.role == "assistant"] == [LONG]
    assert store.stored_bytes(ME) == stored(store)


def test_continuing_an_answer_changes_no_fork_and_continuing_a_fork_no_original(store: Store) -> None:
    begun, copy_id = forked(store)
    copy = store.message(ME, copy_id)
    for conversation_id, more in ((begun.conversation_id, "first"), (copy.conversation_id, "second")):
        again = store.begin_turn(ME, a_turn(action="continue", conversation_id=conversation_id))
        assert again.answer.content == LONG
        store.finish(ME, again.answer.id, an_outcome(LONG + more, last_seq=9), None)

    assert store.message(ME, begun.answer.id).content == LONG + "first"
    assert store.message(ME, copy_id).content == LONG + "second"
    between = next(
        one for one in store.conversations(ME)[0] if one.id not in (begun.conversation_id, copy.conversation_id)
    )
    assert store.conversation(ME, between.id)[1][-1].content == LONG
    assert store.stored_bytes(ME) == stored(store)


def test_removing_everything_together_leaves_nothing(store: Store, clock: Clock) -> None:
    forked(store)
    store.delete_all(ME)
    clock.pass_by(days=1, minutes=1)
    store.sweep()

    assert store.stored_bytes(ME) == stored(store) == 0
