"""Beginning turns: how the tree grows, and which turns are refused."""

from dataclasses import replace
from itertools import pairwise

import pytest

from server.problems import Problem
from server.store import Begun, Status, Store, StoredMessage
from server.store.tree import Tree
from server.turns.crash_recovery import interrupt_running
from tests.support.stores import ME, Clock, a_turn, add_person, an_outcome, answered


def refused(store: Store, user_id: str = ME, **turn: object) -> Problem:
    """Return why a turn cannot begin."""
    with pytest.raises(Problem) as raised:
        store.begin_turn(user_id, a_turn(**turn))
    return raised.value


def tree(store: Store, begun: Begun) -> dict[str, str | None]:
    """Return each message's parent, in the order they were stored."""
    _, messages = store.conversation(ME, begun.conversation_id)
    return {message.id: message.parent_id for message in messages}


def ids(path: list[StoredMessage]) -> list[str]:
    return [message.id for message in path]


def test_a_first_message_creates_a_conversation(store: Store, clock: Clock) -> None:
    begun = store.begin_turn(ME, a_turn(message_id="hello", content="Hello", answer_id="hi", title="Greeting"))

    conversation, messages = store.conversation(ME, begun.conversation_id)
    assert begun.is_new and not begun.repeated and begun.state is None
    assert (conversation.title, conversation.leaf_id, conversation.running) == ("Greeting", "hi", True)
    assert (conversation.created_at, conversation.updated_at) == (clock.time, clock.time)
    assert messages == [*begun.path, begun.answer]
    assert [(message.role, message.content, message.status) for message in messages] == [
        ("user", "Hello", "complete"),
        ("assistant", "", "running"),
    ]
    assert (begun.answer.model, begun.answer.created_at, begun.answer.ended_at) == ("guide", clock.time, None)


def test_a_message_without_a_parent_follows_the_current_leaf(store: Store, clock: Clock) -> None:
    first = answered(store)
    clock.pass_by(hours=1)

    second = store.begin_turn(ME, a_turn(conversation_id=first.conversation_id, title="unused"))

    assert not second.is_new and second.title == first.title
    assert ids(second.path) == [first.user_message_id, first.answer.id, second.user_message_id]
    conversation, _ = store.conversation(ME, first.conversation_id)
    assert (conversation.leaf_id, conversation.updated_at) == (second.answer.id, clock.time)


def test_a_turn_follows_the_chosen_leaf(store: Store) -> None:
    first = answered(store)
    answered(store, a_turn(conversation_id=first.conversation_id))
    store.change(ME, first.conversation_id, {"leaf_id": first.answer.id})

    again = store.begin_turn(ME, a_turn(conversation_id=first.conversation_id))

    assert ids(again.path) == [first.user_message_id, first.answer.id, again.user_message_id]


def test_an_edited_message_is_a_sibling(store: Store) -> None:
    first = answered(store)
    second = answered(store, a_turn(conversation_id=first.conversation_id))

    edited = store.begin_turn(ME, a_turn(conversation_id=first.conversation_id, parent_id=first.answer.id))

    assert tree(store, first) == {
        first.user_message_id: None,
        first.answer.id: first.user_message_id,
        second.user_message_id: first.answer.id,
        second.answer.id: second.user_message_id,
        edited.user_message_id: first.answer.id,
        edited.answer.id: edited.user_message_id,
    }
    assert ids(edited.path) == [first.user_message_id, first.answer.id, edited.user_message_id]


def test_an_edited_first_message_is_a_second_root(store: Store) -> None:
    first = answered(store)

    edited = store.begin_turn(ME, a_turn(conversation_id=first.conversation_id, parent_id=None))

    assert ids(edited.path) == [edited.user_message_id]
    assert tree(store, first)[edited.user_message_id] is None


def test_a_regenerated_answer_is_a_sibling_of_the_old_one(store: Store) -> None:
    first = answered(store)

    again = store.begin_turn(
        ME,
        a_turn("regenerate", conversation_id=first.conversation_id, parent_id=first.user_message_id, model="other"),
    )

    assert tree(store, first)[again.answer.id] == first.user_message_id
    assert again.user_message_id == first.user_message_id
    assert again.path == first.path
    assert (again.answer.model, again.answer.content) == ("other", "")
    assert store.message(ME, first.answer.id).content == "Fine."


def test_regenerate_without_a_parent_asks_the_last_question_again(store: Store) -> None:
    first = answered(store)
    second = answered(store, a_turn(conversation_id=first.conversation_id))

    again = store.begin_turn(ME, a_turn("regenerate", conversation_id=first.conversation_id))

    assert again.user_message_id == second.user_message_id
    assert ids(again.path) == [first.user_message_id, first.answer.id, second.user_message_id]


def test_a_continued_answer_is_the_same_message_running_again(store: Store) -> None:
    failed = an_outcome("Half of", status="failed", error={"code": "stream_cut"}, last_seq=7, provider="one")
    first = answered(store, outcome=failed)

    more = store.begin_turn(ME, a_turn("continue", conversation_id=first.conversation_id, parent_id=first.answer.id))

    assert more.answer == store.message(ME, first.answer.id)
    assert (more.answer.status, more.answer.content, more.answer.last_seq) == ("running", "Half of", 7)
    assert (more.answer.error, more.answer.ended_at, more.answer.provider) == (None, None, "one")
    assert more.user_message_id == first.user_message_id
    assert more.path == [*first.path, more.answer]
    assert len(tree(store, first)) == 2


def test_continue_without_a_parent_continues_the_current_leaf(store: Store) -> None:
    first = answered(store)

    more = store.begin_turn(ME, a_turn("continue", conversation_id=first.conversation_id))

    assert more.answer.id == first.answer.id


def test_a_continued_answer_becomes_the_leaf(store: Store) -> None:
    first = answered(store)
    answered(store, a_turn("regenerate", conversation_id=first.conversation_id))

    store.begin_turn(ME, a_turn("continue", conversation_id=first.conversation_id, parent_id=first.answer.id))

    assert store.conversation(ME, first.conversation_id)[0].leaf_id == first.answer.id


def test_the_state_is_that_of_the_answer_before_the_question(store: Store) -> None:
    first = answered(store, outcome=an_outcome(state={"thread": 1}))
    there = {"conversation_id": first.conversation_id}
    second = answered(store, a_turn(**there), an_outcome(state={"thread": 2}))

    assert store.begin_turn(ME, a_turn(**there, parent_id=second.answer.id)).state == {"thread": 2}
    assert store.begin_turn(ME, a_turn("regenerate", **there, parent_id=second.user_message_id)).state == {"thread": 1}
    assert store.begin_turn(ME, a_turn(**there, parent_id=first.answer.id)).state == {"thread": 1}
    assert store.begin_turn(ME, a_turn("regenerate", **there, parent_id=first.user_message_id)).state is None
    assert store.begin_turn(ME, a_turn(**there, parent_id=None)).state is None


@pytest.mark.parametrize("status", ["complete", "stopped", "failed", "interrupted"])
def test_a_state_does_not_outlive_an_answer_that_left_none(store: Store, status: Status) -> None:
    first = answered(store, outcome=an_outcome(state={"thread": 1}))
    there = {"conversation_id": first.conversation_id}
    second = answered(store, a_turn(**there), an_outcome(status=status, provider="another"))

    assert store.begin_turn(ME, a_turn(**there)).state is None
    assert store.begin_turn(ME, a_turn("continue", **there, parent_id=second.answer.id)).state is None
    assert store.begin_turn(ME, a_turn("regenerate", **there, parent_id=second.user_message_id)).state == {"thread": 1}


def test_a_state_is_kept_over_a_question_without_an_answer(store: Store) -> None:
    first = answered(store, outcome=an_outcome(state={"thread": 1}))
    there = {"conversation_id": first.conversation_id}
    second = answered(store, a_turn(**there))

    assert store.begin_turn(ME, a_turn(**there, parent_id=second.user_message_id)).state == {"thread": 1}


def test_a_continued_answer_uses_its_state_up(store: Store) -> None:
    first = answered(store, outcome=an_outcome("Half", state={"thread": 1}))
    more = a_turn("continue", conversation_id=first.conversation_id)

    continued = store.begin_turn(ME, more)

    assert continued.state == {"thread": 1}
    assert store.message(ME, first.answer.id).state is None
    store.finish(ME, first.answer.id, an_outcome("Half of it"), None)
    assert store.begin_turn(ME, more).state is None
    store.finish(ME, first.answer.id, an_outcome("Half of it all", state={"thread": 3}), None)
    assert store.begin_turn(ME, more).state == {"thread": 3}


def test_a_process_that_died_while_continuing_an_answer_leaves_no_state(store: Store) -> None:
    first = answered(store, outcome=an_outcome("Half", state={"thread": 1}))
    more = a_turn("continue", conversation_id=first.conversation_id)
    store.begin_turn(ME, more)
    interrupt_running(store, {"code": "stream_cut", "message": "Died."})

    assert store.begin_turn(ME, more).state is None


def test_a_message_sent_twice_is_the_same_turn(store: Store) -> None:
    turn = a_turn()
    first = answered(store, turn)
    there = first.conversation_id
    answered(store, a_turn("regenerate", conversation_id=there))

    for conversation_id in (None, there):
        again = store.begin_turn(
            ME, replace(turn, conversation_id=conversation_id, answer_id="unused", content="other")
        )

        assert again.repeated and not again.is_new
        assert again.answer == store.message(ME, first.answer.id)
        assert (again.conversation_id, again.path, again.title) == (there, first.path, first.title)
    assert len(tree(store, first)) == 3


def test_a_message_id_cannot_be_reused_in_another_conversation(store: Store) -> None:
    turn = a_turn()
    answered(store, turn)
    elsewhere = answered(store)

    problem = refused(store, message_id=turn.message_id, conversation_id=elsewhere.conversation_id)

    assert problem.code == "conflict"


def test_an_answers_id_cannot_be_a_message_id(store: Store) -> None:
    first = answered(store)

    assert refused(store, message_id=first.answer.id).code == "conflict"


def test_a_message_of_a_deleted_conversation_does_not_restore_it(store: Store) -> None:
    turn = a_turn()
    first = answered(store, turn)
    store.delete(ME, first.conversation_id)

    assert refused(store, message_id=turn.message_id).code == "unknown_conversation"


@pytest.mark.parametrize("action", ["send", "regenerate", "continue"])
def test_unknown_and_deleted_conversations_are_unknown(store: Store, action: str) -> None:
    first = answered(store)
    store.delete(ME, first.conversation_id)

    for conversation_id in ("never", first.conversation_id):
        problem = refused(store, action=action, conversation_id=conversation_id)
        assert problem.code == "unknown_conversation"


@pytest.mark.parametrize("action", ["send", "regenerate", "continue"])
def test_a_parent_is_a_message_of_the_conversation(store: Store, action: str) -> None:
    first, other = answered(store), answered(store)

    for parent_id in ("never", other.user_message_id, other.answer.id):
        problem = refused(store, action=action, conversation_id=first.conversation_id, parent_id=parent_id)
        assert problem.code == "unknown_message"
    assert len(tree(store, first)) == 2


def test_a_new_conversation_has_no_parents(store: Store) -> None:
    first = answered(store)

    assert refused(store, parent_id=first.answer.id).code == "unknown_message"
    assert len(store.conversations(ME)[0]) == 1


def test_nothing_follows_an_answer_that_is_still_running(store: Store) -> None:
    first = store.begin_turn(ME, a_turn())
    there = {"conversation_id": first.conversation_id}

    assert refused(store, **there).code == "conflict"
    assert refused(store, **there, parent_id=first.answer.id).code == "conflict"
    assert refused(store, action="continue", **there).code == "conflict"


def test_another_branch_may_run_at_the_same_time(store: Store) -> None:
    first = store.begin_turn(ME, a_turn())
    there = {"conversation_id": first.conversation_id}

    beside = store.begin_turn(ME, a_turn("regenerate", **there, parent_id=first.user_message_id))
    edited = store.begin_turn(ME, a_turn(**there, parent_id=None))

    assert {store.message(ME, begun.answer.id).status for begun in (first, beside, edited)} == {"running"}


@pytest.mark.parametrize("action", ["regenerate", "continue"])
def test_regenerate_and_continue_need_a_conversation_and_a_message(store: Store, action: str) -> None:
    first = answered(store)
    wrong = {"regenerate": first.answer.id, "continue": first.user_message_id}[action]

    assert refused(store, action=action).code == "invalid_request"
    assert refused(store, action=action, conversation_id=first.conversation_id, parent_id=None).code == (
        "invalid_request"
    )
    assert refused(store, action=action, conversation_id=first.conversation_id, parent_id=wrong).code == (
        "invalid_request"
    )


def test_other_peoples_ids_are_unknown(store: Store) -> None:
    bob = add_person(store, "bob")
    mine = answered(store)
    theirs = answered(store, user_id=bob)

    for conversation_id in ("never", mine.conversation_id):
        assert refused(store, bob, conversation_id=conversation_id).code == "unknown_conversation"
    for parent_id in ("never", mine.answer.id):
        problem = refused(store, bob, conversation_id=theirs.conversation_id, parent_id=parent_id)
        assert problem.code == "unknown_message"


def test_two_people_may_use_the_same_message_id(store: Store) -> None:
    bob = add_person(store, "bob")
    turn = a_turn(content="mine")
    store.begin_turn(ME, turn)

    theirs = store.begin_turn(bob, replace(turn, content="theirs"))

    assert not theirs.repeated
    assert store.message(ME, turn.message_id).content == "mine"
    assert store.message(bob, turn.message_id).content == "theirs"


def test_two_people_may_have_conversations_with_the_same_id(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.store.tree.uuid4", lambda: "same")
    bob = add_person(store, "bob")
    turn = a_turn(content="mine")
    mine = answered(store, turn)
    theirs = answered(store, replace(turn, content="theirs"), user_id=bob)
    assert mine.conversation_id == theirs.conversation_id == "same"

    further = store.begin_turn(bob, a_turn(conversation_id="same"))

    assert [message.content for message in further.path[:2]] == ["theirs", "Fine."]
    assert ids(store.conversation(bob, "same")[1]) == ids([*further.path, further.answer])
    assert store.conversation(ME, "same")[0].leaf_id == mine.answer.id
    store.delete(bob, "same")
    assert [message.content for message in store.conversation(ME, "same")[1]] == ["mine", "Fine."]


def test_a_conversation_may_be_thousands_of_messages_deep(store: Store, clock: Clock) -> None:
    begun = answered(store)
    parents = [begun.answer.id, *(f"deep-{number}" for number in range(3_000))]
    deep = [replace(begun.path[0], id=id_, parent_id=parent_id) for parent_id, id_ in pairwise(parents)]
    with store.database.write() as connection:
        trunk = Tree(connection, ME, clock())
        trunk.add(trunk.lock(begun.conversation_id), *deep)

    assert len(store.begin_turn(ME, a_turn(conversation_id=begun.conversation_id)).path) == 3_003

    store.delete(ME, begun.conversation_id)
    clock.pass_by(days=2)
    store.sweep()
    assert refused(store, conversation_id=begun.conversation_id).code == "unknown_conversation"
