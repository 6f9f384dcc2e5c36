"""The titles and messages that have all words, each kind of database by its own index.

In SQLite that is FTS5 by trigrams, which finds three characters or more; one or two are looked for as the beginnings of
trigrams. In PostgreSQL it is pg_trgm where there is one, and reading everything where there is not.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Text,
    column,
    func,
    literal,
    literal_column,
    null,
    or_,
    select,
    table,
    tuple_,
)

from server.store.records import Hit
from server.store.schema import Moment, conversations, messages

SHORTEST_TRIGRAM = 3
MOST_TRIGRAMS = 256
"""What begins more of them is so common that it is found soon by looking."""
NEWEST = 2_000
"""Messages in which a short word is looked for before the index is asked, which takes long about a common one."""

searchable = table("searchable", column("id", Integer), column("user_id", Text), column("message_id", Text))
search_index = table("search_index", column("rowid", Integer))
search_terms = table("search_terms", column("term", Text))


class Place(NamedTuple):
    """Where a page of hits ended: behind the title of a conversation that had changed then, and behind a message."""

    changed_at: datetime | None
    conversation_id: str | None
    message_id: str | None


def titles(connection: Connection, user_id: str, words: Sequence[str], place: Place, limit: int) -> list[Hit]:
    """Return conversations by their titles, the last changed first."""
    found = select(
        conversations.c.id,
        conversations.c.title,
        conversations.c.archived,
        null(),
        null(),
        conversations.c.title,
        conversations.c.updated_at,
    ).where(conversations.c.user_id == user_id, conversations.c.deleted_at.is_(None))
    found = found.where(*(_holds(connection, conversations.c.title, word) for word in words))
    if place.changed_at:
        changed = literal(place.changed_at, Moment), literal(place.conversation_id)
        found = found.where(tuple_(conversations.c.updated_at, conversations.c.id) < tuple_(*changed))
    return _hits(connection, found, [conversations.c.updated_at.desc(), conversations.c.id.desc()], limit)


def messages_with(connection: Connection, user_id: str, words: Sequence[str], place: Place, limit: int) -> list[Hit]:
    """Return messages by what they say, the last ended first."""
    by_index = _by_trigrams if connection.dialect.name == "sqlite" else _by_pattern
    return by_index(connection, _readable(user_id), user_id, words, place.message_id, limit)


def _readable(user_id: str) -> Select[Any]:
    """Return the query for all that has ended and is not deleted."""
    return select(
        messages.c.conversation_id,
        conversations.c.title,
        conversations.c.archived,
        messages.c.id,
        messages.c.role,
        messages.c.content,
        messages.c.created_at,
    ).where(
        messages.c.user_id == user_id,
        messages.c.status != "running",
        messages.c.deleted_at.is_(None),  # what follows a deleted message is marked, too
        conversations.c.user_id == user_id,
        conversations.c.id == messages.c.conversation_id,
        conversations.c.deleted_at.is_(None),
    )


def _by_trigrams(
    connection: Connection, found: Select[Any], user_id: str, words: Sequence[str], before: str | None, limit: int
) -> list[Hit]:
    # Without the concatenation SQLite may choose to go through a person's messages, asking the index about each.
    mine = searchable.c.user_id.concat("") == user_id
    found = found.where(mine, searchable.c.message_id == messages.c.id)
    end, short = _end(connection, user_id, before), [word for word in words if len(word) < SHORTEST_TRIGRAM]
    asked = [_quoted(word) for word in words if word not in short]
    if short and len(hits := _matching(connection, found, asked, short, (end - NEWEST, end), limit)) == limit:
        return hits
    looked_for = []
    for word in short:
        trigrams = _trigrams(connection, word)
        if not trigrams:
            return []
        if len(trigrams) > MOST_TRIGRAMS:
            looked_for.append(word)
        else:
            asked.append(" OR ".join(map(_quoted, trigrams)))
    return _matching(connection, found, asked, looked_for, (0, end), limit)


def _end(connection: Connection, user_id: str, before: str | None) -> int:
    """Return the number behind the last message to look at; 0 where a page ended with what is gone."""
    end = select(func.max(searchable.c.id) + 1)
    if before:
        end = select(searchable.c.id).where(searchable.c.user_id == user_id, searchable.c.message_id == before)
    return connection.scalar(end) or 0


def _matching(
    connection: Connection,
    found: Select[Any],
    asked: Sequence[str],
    looked_for: Sequence[str],
    numbers: tuple[int, int],
    limit: int,
) -> list[Hit]:
    """Return the newest of what the index knows by all expressions, and of what has all words to look for."""
    number = search_index.c.rowid if asked else searchable.c.id
    if asked:
        match = literal_column("search_index").op("MATCH")(" AND ".join(f"({one})" for one in asked))
        found = found.where(number == searchable.c.id, match)
    found = found.where(*(_holds(connection, messages.c.content, word) for word in looked_for))
    return _hits(connection, found.where(number >= numbers[0], number < numbers[1]), [number.desc()], limit)


def _by_pattern(
    connection: Connection, found: Select[Any], user_id: str, words: Sequence[str], before: str | None, limit: int
) -> list[Hit]:
    # A plan made for any words at all would be wrong for the rare or for the common ones.
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
    found = found.where(*(_holds(connection, messages.c.content, word) for word in words))
    place = messages.c.ended_at, messages.c.id
    if before:
        mark = select(*place).where(messages.c.user_id == user_id, messages.c.id == before)
        found = found.where(tuple_(*place) < mark.scalar_subquery())
    return _hits(connection, found, [column.desc() for column in place], limit)


def _hits(connection: Connection, found: Select[Any], order: Sequence[ColumnElement[Any]], limit: int) -> list[Hit]:
    return [Hit(*row) for row in connection.execute(found.order_by(*order).limit(limit))]


def _trigrams(connection: Connection, beginning: str) -> Sequence[str]:
    """Return the trigrams of all messages that begin so, as the index writes them; too many, if there are too many."""
    term, beginning = search_terms.c.term, beginning.lower()
    there = select(term).where(term >= beginning, term < beginning + "\U0010ffff")
    return connection.scalars(there.limit(MOST_TRIGRAMS + 1)).all()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _holds(connection: Connection, text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Return the condition that a text has a word in either case; SQLite's LIKE knows the cases of ASCII only."""
    if connection.dialect.name != "sqlite":
        return text.icontains(word, autoescape=True)
    return or_(*(text.contains(spelling, autoescape=True) for spelling in _spellings(word)))


def _spellings(word: str) -> set[str]:
    """Return a word in the cases it is likely to be written in; a short one in all."""
    if word.isascii():
        return {word}
    if len(word) < SHORTEST_TRIGRAM:
        return {"".join(cases) for cases in product(*({one.lower(), one.upper()} for one in word))}
    return {word, word.lower(), word.upper(), word.capitalize(), word.title()}
