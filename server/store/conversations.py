"""List, read and change conversations."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, tuple_, update

from server.store.databases.db_errors import no_cursor, refuse_unstorable, unknown_conversation, unknown_message
from server.store.mapping import CONVERSATION, CONVERSATION_EXISTS, MESSAGE, MESSAGE_EXISTS
from server.store.records import StoredConversation, StoredMessage
from server.store.schema import Id, Moment, conversations, messages

CHANGEABLE = "title", "pinned", "archived", "leaf_id", "model", "params"


def page(
    connection: Connection, user_id: str, before: str | None, limit: int, marks: Mapping[str, bool]
) -> tuple[list[StoredConversation], str | None]:
    """Return conversations, the newest first, and the cursor of the next page.

    marks: required values of `archived` and `pinned`.
    """
    marked = [conversations.c[name].is_(value) for name, value in marks.items()]
    mine = select(*CONVERSATION).where(conversations.c.user_id == user_id, CONVERSATION_EXISTS, *marked)
    if before is not None:
        mine = mine.where(tuple_(conversations.c.updated_at, conversations.c.id) < _after(before))
    newest_first = conversations.c.updated_at.desc(), conversations.c.id.desc()
    rows = connection.execute(mine.order_by(*newest_first).limit(limit + 1)).all()
    found = [StoredConversation(*row) for row in rows[:limit]]
    return found, _cursor(found[-1]) if len(rows) > limit else None


def conversation(connection: Connection, user_id: str, conversation_id: str) -> StoredConversation:
    """Return a conversation without its messages. Raises: Problem("unknown_conversation")."""
    mine = conversations.c.user_id == user_id, conversations.c.id == conversation_id
    row = connection.execute(select(*CONVERSATION).where(*mine, CONVERSATION_EXISTS)).first()
    if not row:
        raise unknown_conversation()
    return StoredConversation(*row)


def all_messages(connection: Connection, user_id: str, conversation_id: str) -> list[StoredMessage]:
    """Return all messages of a conversation's tree except deleted ones, in the order they were stored."""
    mine = messages.c.user_id == user_id, messages.c.conversation_id == conversation_id, MESSAGE_EXISTS
    rows = connection.execute(select(*MESSAGE).where(*mine).order_by(messages.c.sequence))
    return [StoredMessage(*row) for row in rows]


def message(connection: Connection, user_id: str, message_id: str) -> StoredMessage:
    """Return a message. Raises: Problem("unknown_message"), also when it or its conversation is deleted."""
    mine = messages.c.user_id == user_id, messages.c.id == message_id, MESSAGE_EXISTS
    home = conversations.c.user_id == messages.c.user_id, conversations.c.id == messages.c.conversation_id
    row = connection.execute(select(*MESSAGE).where(*mine, *home, CONVERSATION_EXISTS)).first()
    if not row:
        raise unknown_message()
    return StoredMessage(*row)


def change(
    connection: Connection, user_id: str, conversation_id: str, changes: Mapping[str, Any]
) -> StoredConversation:
    """Change the fields in CHANGEABLE, and restore a deleted conversation if `deleted` is False."""
    values = {name: changes[name] for name in CHANGEABLE if name in changes}
    refuse_unstorable(values.get("title", ""))
    if changes.get("deleted") is False:
        _update(connection, user_id, conversation_id, {"deleted_at": None})
    changed = conversation(connection, user_id, conversation_id)
    if "leaf_id" in values and message(connection, user_id, values["leaf_id"]).conversation_id != changed.id:
        raise unknown_message()
    if values:
        _update(connection, user_id, conversation_id, values)
    return conversation(connection, user_id, conversation_id)


def count(connection: Connection, user_id: str) -> int:
    """Return how many conversations a person has."""
    mine = (
        select(func.count()).select_from(conversations).where(conversations.c.user_id == user_id, CONVERSATION_EXISTS)
    )
    return connection.execute(mine).scalar_one()


def _update(connection: Connection, user_id: str, conversation_id: str, values: Mapping[str, Any]) -> None:
    mine = conversations.c.user_id == user_id, conversations.c.id == conversation_id
    connection.execute(update(conversations).where(*mine).values(**values))


def _cursor(last: StoredConversation) -> str:
    return urlsafe_b64encode(f"{last.updated_at.isoformat()} {last.id}".encode()).decode()


def _after(cursor: str) -> ColumnElement[Any]:
    try:
        moment, conversation_id = urlsafe_b64decode(cursor).decode().split(" ", 1)
        updated_at = datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        raise no_cursor() from None
    return tuple_(literal(updated_at, Moment), literal(conversation_id, Id))
