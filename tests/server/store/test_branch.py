"""The part of a branch that a page shows."""

import pytest

from server.problems import Problem
from server.store import Begun, Branch, Store, Versions
from tests.support.stores import ME, a_turn, add_person, answered


@pytest.fixture
def long(store: Store) -> list[str]:
    """The ids of a conversation and its messages."""
    begun = answered(store)
    ids = [begun.conversation_id, begun.user_message_id, begun.answer.id]
    for _ in range(9):
        begun = answered(store, a_turn(conversation_id=begun.conversation_id))
        ids += [begun.user_message_id, begun.answer.id]
    return ids


def shown(branch: Branch) -> list[str]:
    return [message.id for message in branch.messages]


def refused(store: Store, conversation_id: str, user_id: str = ME, **wish: str) -> str:
    with pytest.raises(Problem) as raised:
        store.branch(user_id, conversation_id, **wish)
    return raised.value.code


def other_answer(store: Store, begun: Begun) -> Begun:
    return answered(store, a_turn("regenerate", conversation_id=begun.conversation_id, parent_id=begun.user_message_id))


def followed(store: Store, begun: Begun, **members: object) -> Begun:
    return answered(store, a_turn(conversation_id=begun.conversation_id, **members))


def test_a_short_conversation_is_shown_whole(store: Store, long: list[str]) -> None:
    conversation_id, *ids = long

    branch = store.branch(ME, conversation_id)

    conversation, messages = store.conversation(ME, conversation_id)
    assert (branch.conversation, branch.messages) == (conversation, messages)
    assert (branch.versions, branch.earlier) == ({}, None)
    assert shown(branch) == ids


def test_a_long_conversation_is_shown_from_its_end_backwards(store: Store, long: list[str]) -> None:
    conversation_id, *ids = long

    branch = store.branch(ME, conversation_id, limit=8)
    assert (shown(branch), branch.earlier) == (ids[12:], ids[12])
    branch = store.branch(ME, conversation_id, before=branch.earlier, limit=8)
    assert (shown(branch), branch.earlier) == (ids[4:12], ids[4])
    branch = store.branch(ME, conversation_id, before=branch.earlier, limit=8)
    assert (shown(branch), branch.earlier) == (ids[:4], None)
    branch = store.branch(ME, conversation_id, before=ids[0], limit=8)
    assert (shown(branch), branch.earlier) == ([], None)


def test_a_conversation_of_exactly_the_limit_has_no_earlier_messages(store: Store, long: list[str]) -> None:
    conversation_id, *ids = long

    branch = store.branch(ME, conversation_id, limit=20)

    assert (shown(branch), branch.earlier) == (ids, None)


def test_a_found_message_is_shown_with_some_before_and_all_after_it(store: Store, long: list[str]) -> None:
    conversation_id, *ids = long

    branch = store.branch(ME, conversation_id, through=ids[8], limit=2)
    assert (shown(branch), branch.earlier) == (ids[3:], ids[3])
    branch = store.branch(ME, conversation_id, through=ids[2], limit=2)
    assert (shown(branch), branch.earlier) == (ids, None)


def test_versions_are_counted_and_lead_to_the_leaves_of_their_neighbours(store: Store) -> None:
    first = answered(store)
    below_first = followed(store, first)
    second = other_answer(store, first)
    third = other_answer(store, first)
    below_third = followed(store, third)

    answers = {branch.messages[1].id: branch.versions for branch in (
        store.branch(ME, first.conversation_id, leaf_id=begun.answer.id) for begun in (first, second, third)
    )}  # fmt: skip

    assert answers == {
        first.answer.id: {first.answer.id: Versions(1, 3, None, second.answer.id)},
        second.answer.id: {second.answer.id: Versions(2, 3, below_first.answer.id, below_third.answer.id)},
        third.answer.id: {third.answer.id: Versions(3, 3, second.answer.id, None)},
    }


def test_an_edited_question_is_a_version_too(store: Store) -> None:
    first = answered(store)
    edited = followed(store, first, parent_id=None)

    branch = store.branch(ME, first.conversation_id)

    assert branch.versions == {edited.user_message_id: Versions(2, 2, first.answer.id, None)}


def test_a_branch_ends_at_the_newest_message_below_the_leaf(store: Store) -> None:
    first = answered(store)
    below_first = followed(store, first)
    other_answer(store, first)

    branch = store.branch(ME, first.conversation_id, leaf_id=first.answer.id)

    assert shown(branch)[-1] == below_first.answer.id
    assert branch.conversation.leaf_id != below_first.answer.id, "reading a branch does not change the leaf"


def test_a_branch_through_a_message_is_the_current_one_or_its_newest(store: Store) -> None:
    first = answered(store)
    second = followed(store, first)
    third = followed(store, first, parent_id=first.answer.id)

    assert shown(store.branch(ME, first.conversation_id, through=first.answer.id))[-1] == third.answer.id
    assert shown(store.branch(ME, first.conversation_id, through=second.user_message_id))[-1] == second.answer.id
    assert shown(store.branch(ME, first.conversation_id, before=second.user_message_id)) == [
        first.user_message_id,
        first.answer.id,
    ]


def test_deleted_messages_are_in_no_versions_and_no_branch(store: Store) -> None:
    first = answered(store)
    second, third = other_answer(store, first), other_answer(store, first)
    store.delete_message(ME, second.answer.id)

    branch = store.branch(ME, first.conversation_id)
    assert branch.versions == {third.answer.id: Versions(2, 2, first.answer.id, None)}
    for wish in ({"leaf_id": second.answer.id}, {"before": second.answer.id}, {"through": second.answer.id}):
        assert refused(store, first.conversation_id, **wish) == "unknown_message"
    store.delete_message(ME, first.answer.id)
    assert store.branch(ME, first.conversation_id).versions == {}
    store.delete_message(ME, first.user_message_id)
    assert store.branch(ME, first.conversation_id).messages == []


def test_missing_messages_are_unknown(store: Store) -> None:
    begun, other = answered(store), answered(store)

    assert refused(store, "never") == "unknown_conversation"
    assert refused(store, begun.conversation_id, add_person(store, "other")) == "unknown_conversation"
    for wish in ({"leaf_id": "never"}, {"before": other.answer.id}, {"through": "\0"}):
        assert refused(store, begun.conversation_id, **wish) == "unknown_message"
