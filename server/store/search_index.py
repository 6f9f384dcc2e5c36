"""Search conversation titles and messages with the index of the database.

SQLite uses FTS5 with trigrams, which finds three characters or more; words of one or two characters are searched as the
beginnings of trigrams. PostgreSQL uses pg_trgm, or reads all messages if the extension is missing.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import merge
from itertools import islice, product
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

from server.store.databases.db_errors import no_cursor, refuse_unstorable
from server.store.mapping import CONVERSATION_EXISTS, MESSAGE_EXISTS
from server.store.records import Hit
from server.store.schema import Moment, conversations, messages

_TERM = re.compile(r'"([^"]*)"|"?([^\s"]+)')
"""A quoted phrase or a single word. A quotation mark without a partner is left out."""

SHORTEST_TRIGRAM = 3
MOST_TRIGRAMS = 256
"""A beginning of more trigrams than this is so common that reading messages finds it soon."""
NEWEST = 2_000
"""Messages in which short words are searched before the index, which is slow for common ones."""

searchable = table("searchable", column("id", Integer), column("user_id", Text), column("message_id", Text))
search_index = table("search_index", column("rowid", Integer))
search_terms = table("search_terms", column("term", Text))


class Cursor(NamedTuple):
    """Where a page of hits ended: the last title, by when its conversation changed and its id, and the last message."""

    changed_at: datetime | None
    conversation_id: str | None
    message_id: str | None


def search(
    connection: Connection, user_id: str, query: str, before: str | None, limit: int
) -> tuple[list[Hit], str | None]:
    """Return hits, the newest first, and the cursor of the next page.

    A conversation changed when its last message was made, or later, so its title comes before them.
    """
    refuse_unstorable(query)
    wanted, cursor = words(query), _decoded(before)
    if not wanted:
        return [], None
    titles = _titles(connection, user_id, wanted, cursor, limit + 1)
    texts = _messages(connection, user_id, wanted, cursor, limit + 1)
    found = list(islice(merge(titles, texts, key=lambda hit: hit.at, reverse=True), limit + 1))
    return found[:limit], _encoded(_advanced(cursor, found[:limit])) if len(found) > limit else None


def words(query: str) -> list[str]:
    """Return the words and quoted phrases of a query. A text matches if it has all of them, in any order and case.

    There are no operators: brackets, stars and AND are searched as they are written.
    """
    found = (" ".join((phrase or word).split()) for phrase, word in _TERM.findall(query))
    return list(dict.fromkeys(text for text in found if text))


def _titles(connection: Connection, user_id: str, words: Sequence[str], cursor: Cursor, limit: int) -> list[Hit]:
    """Return conversations by their titles, the last changed first."""
    found = select(
        conversations.c.id,
        conversations.c.title,
        conversations.c.archived,
        null(),
        null(),
        conversations.c.title,
        conversations.c.updated_at,
    ).where(conversations.c.user_id == user_id, CONVERSATION_EXISTS)
    found = found.where(*(_holds(connection, conversations.c.title, word) for word in words))
    if cursor.changed_at:
        changed = literal(cursor.changed_at, Moment), literal(cursor.conversation_id)
        found = found.where(tuple_(conversations.c.updated_at, conversations.c.id) < tuple_(*changed))
    return _hits(connection, found, [conversations.c.updated_at.desc(), conversations.c.id.desc()], limit)


def _messages(connection: Connection, user_id: str, words: Sequence[str], cursor: Cursor, limit: int) -> list[Hit]:
    """Return messages by their texts, the last ended first."""
    by_index = _by_trigrams if connection.dialect.name == "sqlite" else _by_pattern
    return by_index(connection, _readable(user_id), user_id, words, cursor.message_id, limit)


def _readable(user_id: str) -> Select[Any]:
    """Return the query for all messages that have ended and are not deleted."""
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
        MESSAGE_EXISTS,
        conversations.c.user_id == user_id,
        conversations.c.id == messages.c.conversation_id,
        CONVERSATION_EXISTS,
    )


def _by_trigrams(
    connection: Connection, found: Select[Any], user_id: str, words: Sequence[str], before: str | None, limit: int
) -> list[Hit]:
    # Without the concatenation SQLite may read all messages of the person and ask the index about each.
    mine = searchable.c.user_id.concat("") == user_id
    found = found.where(mine, searchable.c.message_id == messages.c.id)
    end, short = _end(connection, user_id, before), [word for word in words if len(word) < SHORTEST_TRIGRAM]
    indexed = [_quoted(word) for word in words if word not in short]
    if short and len(hits := _matching(connection, found, indexed, short, (end - NEWEST, end), limit)) == limit:
        return hits
    scanned = []
    for word in short:
        trigrams = _trigrams(connection, word)
        if not trigrams:
            return []
        if len(trigrams) > MOST_TRIGRAMS:
            scanned.append(word)
        else:
            indexed.append(" OR ".join(map(_quoted, trigrams)))
    return _matching(connection, found, indexed, scanned, (0, end), limit)


def _end(connection: Connection, user_id: str, before: str | None) -> int:
    """Return the number after the last message to search; 0 if the previous page ended with a message now gone."""
    end = select(func.max(searchable.c.id) + 1)
    if before:
        end = select(searchable.c.id).where(searchable.c.user_id == user_id, searchable.c.message_id == before)
    return connection.scalar(end) or 0


def _matching(
    connection: Connection,
    found: Select[Any],
    indexed: Sequence[str],
    scanned: Sequence[str],
    numbers: tuple[int, int],
    limit: int,
) -> list[Hit]:
    """Return the newest messages that match all expressions in the index and have all scanned words.

    numbers: the first message to search, and the one after the last.
    """
    number = search_index.c.rowid if indexed else searchable.c.id
    if indexed:
        match = literal_column("search_index").op("MATCH")(" AND ".join(f"({expression})" for expression in indexed))
        found = found.where(number == searchable.c.id, match)
    found = found.where(*(_holds(connection, messages.c.content, word) for word in scanned))
    return _hits(connection, found.where(number >= numbers[0], number < numbers[1]), [number.desc()], limit)


def _by_pattern(
    connection: Connection, found: Select[Any], user_id: str, words: Sequence[str], before: str | None, limit: int
) -> list[Hit]:
    # A generic plan would be wrong either for rare or for common words.
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_custom_plan")
    found = found.where(*(_holds(connection, messages.c.content, word) for word in words))
    position = messages.c.ended_at, messages.c.id
    if before:
        last = select(*position).where(messages.c.user_id == user_id, messages.c.id == before)
        found = found.where(tuple_(*position) < last.scalar_subquery())
    return _hits(connection, found, [column.desc() for column in position], limit)


def _hits(connection: Connection, found: Select[Any], order: Sequence[ColumnElement[Any]], limit: int) -> list[Hit]:
    return [Hit(*row) for row in connection.execute(found.order_by(*order).limit(limit))]


def _trigrams(connection: Connection, beginning: str) -> Sequence[str]:
    """Return the indexed trigrams with this beginning, at most one more than MOST_TRIGRAMS."""
    term, beginning = search_terms.c.term, beginning.lower()
    matching = select(term).where(term >= beginning, term < beginning + "\U0010ffff")
    return connection.scalars(matching.limit(MOST_TRIGRAMS + 1)).all()


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _holds(connection: Connection, text: ColumnElement[str], word: str) -> ColumnElement[bool]:
    """Return the condition that a text has a word in any case; SQLite's LIKE folds the case of ASCII only."""
    if connection.dialect.name != "sqlite":
        return text.icontains(word, autoescape=True)
    return or_(*(text.contains(spelling, autoescape=True) for spelling in _spellings(word)))


def _spellings(word: str) -> set[str]:
    """Return a word in the cases in which it is likely to be written; a short word in all."""
    if word.isascii():
        return {word}
    if len(word) < SHORTEST_TRIGRAM:
        return {"".join(cases) for cases in product(*({letter.lower(), letter.upper()} for letter in word))}
    return {word, word.lower(), word.upper(), word.capitalize(), word.title()}


def _advanced(cursor: Cursor, hits: Sequence[Hit]) -> Cursor:
    title = next((hit for hit in reversed(hits) if hit.message_id is None), None)
    message = next((hit for hit in reversed(hits) if hit.message_id), None)
    return Cursor(
        changed_at=title.at if title else cursor.changed_at,
        conversation_id=title.conversation_id if title else cursor.conversation_id,
        message_id=message.message_id if message else cursor.message_id,
    )


def _encoded(cursor: Cursor) -> str:
    members = cursor.changed_at and cursor.changed_at.isoformat(), cursor.conversation_id, cursor.message_id
    return urlsafe_b64encode(json.dumps(members).encode()).decode()


def _decoded(cursor: str | None) -> Cursor:
    """Return a cursor that a program sends back. Raises: Problem("invalid_request")."""
    if cursor is None:
        return Cursor(None, None, None)
    try:
        changed_at, conversation_id, message_id = json.loads(urlsafe_b64decode(cursor))
        moment = changed_at and datetime.fromisoformat(changed_at).astimezone(UTC)
        if not all(id_ is None or isinstance(id_, str) for id_ in (conversation_id, message_id)):
            raise no_cursor()
        refuse_unstorable(conversation_id or "", message_id or "")
    except (ValueError, TypeError, OverflowError):
        raise no_cursor() from None
    return Cursor(moment, conversation_id, message_id)
