"""Listing, reading and changing conversations."""

from typing import Any

import pytest

from server.problems import Problem
from server.store import Store
from tests.support.stores import ME, Clock, a_turn, add_person, answered


def refusal(call: Any, *arguments: Any) -> tuple[str, str]:
    with pytest.raises(Problem) as raised:
        call(*arguments)
    return raised.value.code, raised.value.message


def titles(store: Store, before: str | None = None, limit: int = 50) -> tuple[list[str], str | None]:
    found, cursor = store.conversations(ME, before, limit)
    return [conversation.title for conversation in found], cursor


def all_titles(store: Store, limit: int) -> list[str]:
    """Return the titles of all pages; each page has at least one."""
    found, cursor = titles(store, limit=limit)
    while cursor and len(found) < 100:
        more, cursor = titles(store, cursor, limit)
        found += more
    return found


def test_the_newest_comes_first(store: Store, clock: Clock) -> None:
    begun = {}
    for title in ("a", "b", "c"):
        begun[title] = answered(store, a_turn(title=title))
        clock.pass_by(minutes=1)

    answered(store, a_turn(conversation_id=begun["a"].conversation_id))

    assert titles(store) == (["a", "c", "b"], None)


def test_pages_of_the_list_are_complete_when_times_are_equal(store: Store, clock: Clock) -> None:
    for number in range(11):
        answered(store, a_turn(title=f"{number:02}"))
        if number == 6:
            clock.pass_by(minutes=1)

    for limit in (1, 2, 3, 4, 10, 11):
        found = all_titles(store, limit)
        assert sorted(found) == [f"{number:02}" for number in range(11)]
        assert set(found[:4]) == {"07", "08", "09", "10"}
    assert titles(store, limit=11)[1] is None


def test_a_cursor_survives_new_conversations(store: Store, clock: Clock) -> None:
    for title in ("a", "b", "c"):
        answered(store, a_turn(title=title))
        clock.pass_by(minutes=1)
    _, cursor = titles(store, limit=1)

    answered(store, a_turn(title="d"))

    assert titles(store, cursor) == (["b", "a"], None)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "ä", "\0", "....", "MjAyNg==", "bm90LWEtdGltZSBpZA==", "MDAwMS0wMS0wMVQwMDowMDowMCsyMzowMCBpZA=="],
)
def test_an_invalid_cursor_is_refused(store: Store, cursor: str) -> None:
    assert refusal(store.conversations, ME, cursor)[0] == "invalid_request"


def test_an_empty_list_has_no_cursor(store: Store) -> None:
    assert store.conversations(ME) == ([], None)


def test_the_list_shows_running_conversations(store: Store) -> None:
    running, ended = store.begin_turn(ME, a_turn()), answered(store)

    found = {conversation.id: conversation.running for conversation in store.conversations(ME)[0]}

    assert found == {running.conversation_id: True, ended.conversation_id: False}


def test_a_conversation_can_be_changed(store: Store, clock: Clock) -> None:
    begun = answered(store)
    before, _ = store.conversation(ME, begun.conversation_id)
    clock.pass_by(minutes=1)

    changed = store.change(
        ME,
        begun.conversation_id,
        {"title": "New", "pinned": True, "archived": True, "leaf_id": begun.user_message_id},
    )

    assert (changed.title, changed.pinned, changed.archived) == ("New", True, True)
    assert changed.leaf_id == begun.user_message_id
    assert changed.updated_at == before.updated_at
    assert store.conversation(ME, begun.conversation_id)[0] == changed
    assert store.change(ME, begun.conversation_id, {}) == changed


def test_a_leaf_must_be_a_message_of_the_conversation(store: Store) -> None:
    begun, other = answered(store), answered(store)

    for leaf_id in ("never", other.answer.id):
        assert refusal(store.change, ME, begun.conversation_id, {"title": "x", "leaf_id": leaf_id})[0] == (
            "unknown_message"
        )
    assert store.conversation(ME, begun.conversation_id)[0].title == begun.title


def test_a_deleted_conversation_is_unknown(store: Store) -> None:
    begun, other = answered(store), answered(store)
    gone = begun.conversation_id
    store.delete(ME, gone)

    assert [conversation.id for conversation in store.conversations(ME)[0]] == [other.conversation_id]
    assert refusal(store.conversation, ME, gone) == refusal(store.conversation, ME, "never")
    assert refusal(store.change, ME, gone, {"title": "x"}) == refusal(store.change, ME, "never", {"title": "x"})
    assert refusal(store.delete, ME, gone) == refusal(store.delete, ME, "never")
    assert refusal(store.message, ME, begun.answer.id) == refusal(store.message, ME, "never")


def test_a_deleted_conversation_can_be_restored(store: Store) -> None:
    begun = answered(store)
    before = store.conversation(ME, begun.conversation_id)
    store.delete(ME, begun.conversation_id)

    store.change(ME, begun.conversation_id, {"deleted": False})

    assert store.conversation(ME, begun.conversation_id) == before


@pytest.mark.parametrize(("hours", "left"), [(23, True), (25, False)])
def test_a_deletion_can_be_undone_for_a_day(store: Store, clock: Clock, hours: int, left: bool) -> None:
    begun, other = answered(store), answered(store)
    store.delete(ME, begun.conversation_id)
    clock.pass_by(hours=hours)

    store.sweep()

    if left:
        assert store.change(ME, begun.conversation_id, {"deleted": False}).id == begun.conversation_id
    else:
        assert refusal(store.change, ME, begun.conversation_id, {"deleted": False})[0] == "unknown_conversation"
    assert store.message(ME, other.answer.id).content == "Fine."


def test_other_peoples_conversations_are_unknown(store: Store) -> None:
    bob = add_person(store, "bob")
    begun = answered(store)
    mine = begun.conversation_id

    assert store.conversations(bob) == ([], None)
    assert refusal(store.conversation, bob, mine) == refusal(store.conversation, bob, "never")
    assert refusal(store.message, bob, begun.answer.id) == refusal(store.message, bob, "never")
    assert refusal(store.delete, bob, mine) == refusal(store.delete, bob, "never")
    for changes in ({"title": "x"}, {"leaf_id": begun.answer.id}, {"deleted": False}, {}):
        assert refusal(store.change, bob, mine, changes) == refusal(store.change, bob, "never", changes)
    assert store.conversation(ME, mine)[0].title == begun.title


def test_a_leaf_of_somebody_else_is_unknown(store: Store) -> None:
    bob = add_person(store, "bob")
    mine, theirs = answered(store), answered(store, user_id=bob)

    def choose(leaf_id: str) -> tuple[str, str]:
        return refusal(store.change, bob, theirs.conversation_id, {"leaf_id": leaf_id})

    assert choose(mine.answer.id) == choose("never")


TEXTS = {
    "astral": "\U0001f9d1\u200d\U0001f680 \U00020bb7 \U0010ffff",
    "right to left": "שלום \u202eעולם\u202c مرحبا",
    "composed and not": "é e\u0301 ﬁ \u00a0\u200b\ufeff",
    "line ends": "\r\n \n\r \u2028 \u2029 \x85 \x0b\x0c ",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f",
    "quotes": "'\"`\\%_;--<script>&amp; ${HOME} %s :name ?",
    "empty": "",
    "a mebibyte": "aä\U0001f600\n" * (1024 * 1024 // 8),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_text_is_stored_unchanged(store: Store, text: str) -> None:
    begun = store.begin_turn(ME, a_turn(content=text, title=text))

    conversation, messages = store.conversation(ME, begun.conversation_id)

    assert messages[0].content == text
    assert conversation.title == text
    assert begun.path[0].content == text


def test_all_conversations_of_one_person_are_deleted_at_once(store):
    other = add_person(store, "other")
    mine, archived, theirs = answered(store), answered(store), answered(store, user_id=other)
    store.change(ME, archived.conversation_id, {"archived": True})
    assert store.count(ME) == 2

    assert store.delete_all(ME) == 2

    assert (store.count(ME), store.count(other)) == (0, 1)
    store.change(ME, mine.conversation_id, {"deleted": False})
    assert store.count(ME) == 1
    assert store.summary(other, theirs.conversation_id)


def test_an_id_with_a_zero_character_is_unknown(store: Store) -> None:
    begun = answered(store)
    conversation_id, message_id = begun.conversation_id, begun.answer.id

    for zero in ("\0", f"{message_id}\0", f"{conversation_id}\0"):
        for code, attempt in (
            ("unknown_conversation", lambda id_: store.conversation(ME, id_)),
            ("unknown_conversation", lambda id_: store.change(ME, id_, {"pinned": True})),
            ("unknown_conversation", lambda id_: store.delete(ME, id_)),
            ("unknown_conversation", lambda id_: store.fork(ME, id_, message_id)),
            ("unknown_conversation", lambda id_: store.begin_turn(ME, a_turn(conversation_id=id_))),
            ("unknown_message", lambda id_: store.message(ME, id_)),
            ("unknown_message", lambda id_: store.delete_message(ME, id_)),
            ("unknown_message", lambda id_: store.restore_message(ME, id_)),
            ("unknown_message", lambda id_: store.add_version(ME, id_, "x")),
            ("unknown_message", lambda id_: store.fork(ME, conversation_id, id_)),
            ("unknown_message", lambda id_: store.branch(ME, conversation_id, leaf_id=id_)),
            ("unknown_message", lambda id_: store.change(ME, conversation_id, {"leaf_id": id_})),
            (
                "unknown_message",
                lambda id_: store.begin_turn(ME, a_turn(conversation_id=conversation_id, parent_id=id_)),
            ),
            ("not_found", lambda id_: store.presets.remove(ME, id_)),
        ):
            with pytest.raises(Problem) as raised:
                attempt(zero)
            assert raised.value.code == code
        assert not store.has_message(ME, zero)
        assert store.batches(ME, zero, 0) == []
