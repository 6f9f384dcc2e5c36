"""Searching on each kind of database."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, event, make_url, text, update

from g4f_lite.errors import ConfigError
from server.problems import Problem
from server.store import Store, search_index
from server.store.schema import messages
from server.store.search_index import words
from server.turns.crash_recovery import interrupt_running
from tests.support.stores import (
    ME,
    Clock,
    a_batch,
    a_turn,
    add_person,
    an_outcome,
    answered,
    content,
    on_postgresql,
    on_sqlite,
)


def found(store: Store, query: str, user_id: str = ME) -> list[str]:
    """Return the texts of the hits, in order."""
    return [hit.text for hit in store.search(user_id, query)[0]]


def say(store: Store, text: str, answer: str = "#", title: str = "#") -> str:
    """Store a question and its answer, and return the conversation's id."""
    return answered(store, a_turn(content=text, title=title), an_outcome(answer)).conversation_id


def delete_message(store: Store, message_id: str, at: Any) -> None:
    with store.database.write() as connection:
        connection.execute(update(messages).where(messages.c.id == message_id).values(deleted_at=at))


@contextmanager
def without_rights() -> Iterator[str]:
    """Give the address of an empty database whose user may only create tables."""
    address, name = make_url(os.environ["CHAT_TEST_POSTGRES"]), f"chat_{uuid4().hex}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {name}"))
        connection.execute(text(f"CREATE DATABASE {name}"))
        theirs = address.set(database=name)
        try:
            inside = create_engine(theirs, isolation_level="AUTOCOMMIT")
            with inside.connect() as other:
                other.execute(text(f"GRANT CREATE ON SCHEMA public TO {name}"))
            inside.dispose()
            yield theirs.update_query_dict({"options": f"-crole={name}"}).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name}"))
            connection.execute(text(f"DROP ROLE {name}"))
    engine.dispose()


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("pump", "How does a heat pump work?"),
        ("PUMP heat", "How does a heat pump work?"),
        ("um", "How does a heat pump work?"),
        ("?", "How does a heat pump work?"),
        ('"heat pump"', "How does a heat pump work?"),
        ("热泵", "空气源热泵"),
        ("源", "空气源热泵"),
        ("空气源", "空气源热泵"),
        ("泵", "空气源热泵"),
        ("ヒートポ", "ヒートポンプの仕組み"),
        ("ÄRGER", "So ein ärger"),
        ("är", "So ein Ärger"),
        ("ПРИВЕТ", "привет"),
        ("да", "ДА"),
        ("ot", "foot"),
        ("t", "foot"),
        ("🦊", "a 🦊 in the snow"),
        ("don't", "I don't know"),
        ("c++", "C++ or Rust"),
    ],
)
def test_a_part_of_a_text_is_found_in_any_script_and_case(store: Store, query: str, text: str) -> None:
    say(store, text, answer="")
    say(store, "zzz", answer="zzz")

    assert found(store, query) == [text]


@pytest.mark.parametrize(
    "query", ["heat winter", '"pump heat"', "heatpump", "heat zq", "qq", "绿", "he*", "h%t", "h_at"]
)
def test_a_text_must_have_all_words_as_they_are_written(store: Store, query: str) -> None:
    say(store, "heat pump")

    assert found(store, query) == []


@pytest.mark.parametrize(
    "text", ['say "so"', "a AND b OR c NOT d", "50% of it", "a_b\\c", "f(x) {y}: [z]^*", "-minus", "col:umn", "'", "/"]
)
def test_special_characters_of_a_database_are_plain_text(store: Store, text: str) -> None:
    say(store, f"Look: {text}!", answer="")

    assert found(store, text.replace('"', "")) == [f"Look: {text}!"]


@pytest.mark.parametrize("query", ["", "  ", '""'])
def test_an_empty_query_finds_nothing(store: Store, query: str) -> None:
    say(store, "Hello")

    assert store.search(ME, query) == ([], None)


@pytest.mark.parametrize("query", ["a\0b", "\ud800"])
def test_text_that_cannot_be_stored_is_refused(store: Store, query: str) -> None:
    with pytest.raises(Problem) as raised:
        store.search(ME, query)

    assert raised.value.code == "invalid_request"


def test_questions_and_answers_are_found_with_their_conversation(store: Store, clock: Clock) -> None:
    begun = answered(store, a_turn(content="Is it warm?", title="Weather"), an_outcome("It is warm."))
    store.change(ME, begun.conversation_id, {"archived": True})

    hits, cursor = store.search(ME, "warm")

    assert cursor is None
    assert {hit.message_id: (hit.role, hit.text) for hit in hits} == {
        begun.user_message_id: ("user", "Is it warm?"),
        begun.answer.id: ("assistant", "It is warm."),
    }
    assert {(hit.conversation_id, hit.title, hit.archived, hit.at) for hit in hits} == {
        (begun.conversation_id, "Weather", True, clock.time)
    }


def test_a_title_is_found_before_the_messages_of_its_conversation(store: Store, clock: Clock) -> None:
    old = say(store, "Old news", title="Old NEWS of Ärzte")
    clock.pass_by(minutes=1)
    new = say(store, "New news", title="Another")

    hits, _ = store.search(ME, "news")

    assert [(hit.conversation_id, hit.text, hit.role) for hit in hits] == [
        (new, "New news", "user"),
        (old, "Old NEWS of Ärzte", None),
        (old, "Old news", "user"),
    ]
    assert (hits[1].message_id, hits[1].title) == (None, "Old NEWS of Ärzte")
    assert found(store, "news ärzte") == ["Old NEWS of Ärzte"]


def test_a_deleted_conversation_is_not_found_until_it_is_restored(store: Store) -> None:
    conversation = say(store, "treasure", title="treasure chest")
    store.delete(ME, conversation)

    assert found(store, "treasure") == []
    store.change(ME, conversation, {"deleted": False})
    assert sorted(found(store, "treasure")) == ["treasure", "treasure chest"]


def test_a_deleted_message_is_not_found_until_it_is_restored(store: Store, clock: Clock) -> None:
    begun = answered(store, a_turn(content="gold one"), an_outcome("gold two"))

    delete_message(store, begun.answer.id, clock.time)
    assert found(store, "gold") == ["gold one"]
    delete_message(store, begun.answer.id, None)
    assert len(found(store, "gold")) == 2


def test_other_peoples_messages_are_not_found(store: Store) -> None:
    other = add_person(store, "other")
    answered(store, a_turn(content="secret", title="secret"), an_outcome("secret"), user_id=other)

    assert (found(store, "secret"), found(store, "se"), len(found(store, "secret", other))) == ([], [], 3)


def test_an_answer_is_found_once_it_has_ended(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn(content="x"))
    store.append([a_batch(begun, 1, content("a unicorn"))])
    assert found(store, "unicorn") == []

    store.finish(ME, begun.answer.id, an_outcome("a unicorn", status="stopped"), None)

    assert found(store, "unicorn") == ["a unicorn"]


def test_a_continued_answer_is_found_by_its_new_words(store: Store) -> None:
    begun = answered(store, outcome=an_outcome("a unicorn", status="stopped"))
    again = a_turn("continue", conversation_id=begun.conversation_id)

    store.begin_turn(ME, again)
    assert found(store, "unicorn") == []
    store.finish(ME, begun.answer.id, an_outcome("a unicorn and a phoenix"), None)

    assert found(store, "phoenix") == found(store, "unicorn") == ["a unicorn and a phoenix"]


def test_an_interrupted_answer_is_found_by_its_saved_text(store: Store) -> None:
    begun = store.begin_turn(ME, a_turn())
    store.append([a_batch(begun, 1, content("a unicorn"))])

    interrupt_running(store, {"code": "stream_cut", "message": "Died."})

    assert found(store, "unicorn") == ["a unicorn"]


def test_a_changed_text_is_found_by_its_new_words(store: Store) -> None:
    begun = answered(store, outcome=an_outcome("a unicorn"))

    with store.database.write() as connection:
        connection.execute(update(messages).where(messages.c.id == begun.answer.id).values(content="a phoenix"))

    assert (found(store, "unicorn"), found(store, "phoenix")) == ([], ["a phoenix"])


def test_an_sqlite_without_trigrams_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 33, 9))

    with pytest.raises(ConfigError, match="search needs"):
        Store(f"sqlite:///{tmp_path}/chat.db").open()


@on_sqlite
def test_removed_messages_leave_the_index(store: Store, clock: Clock) -> None:
    store.delete(ME, say(store, "a unicorn", answer="unicorns"))
    clock.pass_by(days=2)

    store.sweep()

    with store.database.read() as connection:
        assert connection.exec_driver_sql("SELECT * FROM searchable").all() == []
        assert connection.exec_driver_sql("SELECT term FROM search_terms").all() == []


@on_sqlite
def test_the_index_survives_a_vacuum(store: Store, tmp_path: Any) -> None:
    gone = [say(store, f"number {number}") for number in range(20)]
    for conversation in gone[:10]:
        store.delete(ME, conversation)
    say(store, "a unicorn")

    copy = store.database.snapshot("copy")
    with store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM conversations WHERE deleted_at IS NOT NULL")
    again = Store(f"sqlite:///{copy}")
    again.open()

    assert found(again, "unicorn") == found(store, "unicorn") == ["a unicorn"]
    assert len(found(again, "number")) == len(found(store, "number")) == 10
    again.close()


@on_sqlite
def test_a_word_that_begins_too_many_trigrams_is_searched_in_the_texts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "MOST_TRIGRAMS", 2)
    texts = ["ДАР", "да нет", "дал", "дам"]
    for word in texts:
        say(store, word)

    assert sorted(found(store, "да")) == texts
    assert found(store, "да нет") == ["да нет"]


@on_sqlite
@pytest.mark.parametrize("newest", [0, 2, 100])
def test_a_short_word_is_found_among_the_newest_messages_and_older_ones(
    store: Store, monkeypatch: pytest.MonkeyPatch, newest: int
) -> None:
    monkeypatch.setattr(search_index, "NEWEST", newest)
    for texts in ("Da eins", "nichts", "dA zwei", "dort", "da drei"):
        say(store, texts)

    hits, cursor = store.search(ME, "da", limit=2)

    assert [hit.text for hit in hits] == ["da drei", "dA zwei"]
    assert [hit.text for hit in store.search(ME, "da", cursor, limit=2)[0]] == ["Da eins"]
    assert found(store, "da drei") == ["da drei"]


@on_sqlite
@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("unicorn", "SCAN search_index VIRTUAL"),
        ("un", "SCAN search_index VIRTUAL"),
        ("??", "SEARCH searchable USING INT"),
    ],
)
def test_messages_are_read_from_the_newest_and_only_as_needed(
    store: Store, monkeypatch: pytest.MonkeyPatch, query: str, first: str
) -> None:
    say(store, "a unicorn???")
    monkeypatch.setattr(search_index, "MOST_TRIGRAMS", 1 if query == "??" else 256)

    with store.database.read() as connection:
        asked: list[Any] = []
        event.listen(connection, "before_cursor_execute", lambda *arguments: asked.append(arguments[2:4]))
        assert search_index.search(connection, ME, query, None, 2)
        statement, values = asked[-1]
        plan = [step for *_, step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]

    assert plan[0].startswith(first)
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan


def test_pages_of_hits_are_complete(store: Store, clock: Clock) -> None:
    for number in range(7):
        say(store, f"gold {number}", answer=f"more gold {number}", title=f"gold title {number}")
        if number % 3:
            clock.pass_by(minutes=1)
    everything, _ = store.search(ME, "gold", limit=100)
    assert len(everything) == 21

    for limit in (1, 2, 5, 20, 21):
        hits, cursor = store.search(ME, "gold", limit=limit)
        while cursor:
            more, cursor = store.search(ME, "gold", cursor, limit)
            hits += more
        assert {(hit.conversation_id, hit.text) for hit in hits} == {
            (hit.conversation_id, hit.text) for hit in everything
        }
        assert len(hits) == 21
        assert [hit.at for hit in hits] == sorted((hit.at for hit in hits), reverse=True)


@pytest.mark.parametrize(
    "cursor", ["", "x", "ä", "....", "W10=", "WzEsMiwzXQ==", "WyJ4IiwgImEiLCAiYiJd", "W251bGwsIG51bGwsIDFd"]
)
def test_an_invalid_cursor_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(Problem) as raised:
        store.search(ME, "gold", cursor)

    assert raised.value.code == "invalid_request"


@on_postgresql
def test_without_its_extension_search_works_and_the_log_says_what_is_missing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    with without_rights() as url:
        poor = Store(url)
        poor.open()
        say(poor, "a unicorn")

        assert found(poor, "UNICORN") == ["a unicorn"]
        assert [record.getMessage() for record in caplog.records if "pg_trgm" in record.getMessage()] != []
        poor.close()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", []),
        (" \t\n　", []),
        ('"" " "', []),
        ("heat pump", ["heat", "pump"]),
        ('  "heat  pump"  winter ', ["heat pump", "winter"]),
        ('a"b c"d', ["a", "b c", "d"]),
        ('"no end', ["no", "end"]),
        ('5" disk', ["5", "disk"]),
        ("a OR b* (c) -d NEAR", ["a", "OR", "b*", "(c)", "-d", "NEAR"]),
        ("twice twice", ["twice"]),
        ("热泵　冬天", ["热泵", "冬天"]),
    ],
)
def test_a_query_is_words_and_phrases_and_nothing_else(query, found):
    assert words(query) == found
