"""Search over titles and messages, as one list in pages."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from heapq import merge
from itertools import islice

from sqlalchemy import Connection

from server.store import search_index
from server.store.databases.db_errors import no_cursor, refuse_unstorable
from server.store.records import Hit
from server.store.search_index import Place
from server.store.search_words import words


def search(
    connection: Connection, user_id: str, query: str, before: str | None, limit: int
) -> tuple[list[Hit], str | None]:
    """Return hits, the newest first, and the cursor behind which there are more.

    A conversation changed when its last message was made, or later, so its title comes before them.
    """
    refuse_unstorable(query)
    wanted, place = words(query), _place(before)
    if not wanted:
        return [], None
    titles = search_index.titles(connection, user_id, wanted, place, limit + 1)
    messages = search_index.messages_with(connection, user_id, wanted, place, limit + 1)
    found = list(islice(merge(titles, messages, key=lambda hit: hit.at, reverse=True), limit + 1))
    return found[:limit], _cursor(place, found[:limit]) if len(found) > limit else None


def _cursor(place: Place, hits: Sequence[Hit]) -> str:
    title = next((hit for hit in reversed(hits) if hit.message_id is None), None)
    message = next((hit for hit in reversed(hits) if hit.message_id), None)
    place = Place(
        changed_at=title.at if title else place.changed_at,
        conversation_id=title.conversation_id if title else place.conversation_id,
        message_id=message.message_id if message else place.message_id,
    )
    written = place.changed_at and place.changed_at.isoformat(), place.conversation_id, place.message_id
    return urlsafe_b64encode(json.dumps(written).encode()).decode()


def _place(cursor: str | None) -> Place:
    if cursor is None:
        return Place(None, None, None)
    try:
        changed_at, conversation_id, message_id = json.loads(urlsafe_b64decode(cursor))
        moment = changed_at and datetime.fromisoformat(changed_at).astimezone(UTC)
        if not all(text is None or isinstance(text, str) for text in (conversation_id, message_id)):
            raise no_cursor()
        refuse_unstorable(conversation_id or "", message_id or "")
    except (ValueError, TypeError, OverflowError):
        raise no_cursor() from None
    return Place(moment, conversation_id, message_id)
