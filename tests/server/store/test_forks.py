"""Handwritten versions of answers, and forks of conversations."""

import pytest

from server.problems import Problem
from server.store import Store
from tests.support.stores import ME, Clock, a_turn, add_person, an_outcome, answered

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
