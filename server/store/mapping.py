"""Records and the columns that fill them: a record's fields have the names of its columns, in the same order."""

from dataclasses import fields
from typing import Any

from sqlalchemy import ColumnElement, case, exists, select

from server.store.records import Batch, Outcome, StoredConversation, StoredMessage
from server.store.schema import conversations, events, messages

CONVERSATION_EXISTS = conversations.c.deleted_at.is_(None)
MESSAGE_EXISTS = messages.c.deleted_at.is_(None)
"""The parent of a deleted message may exist; its children are deleted with it."""

IS_RUNNING = exists().where(
    messages.c.user_id == conversations.c.user_id,
    messages.c.conversation_id == conversations.c.id,
    messages.c.status == "running",
    MESSAGE_EXISTS,
)
CONVERSATION = [
    IS_RUNNING.label("running") if field.name == "running" else conversations.c[field.name]
    for field in fields(StoredConversation)
]


_SOURCE = messages.alias("source")


def message_column(name: str) -> ColumnElement[Any]:
    """Return the column of a message's field. A message of a fork may share the texts of its source."""
    if name not in ("content", "reasoning"):
        return messages.c[name]
    shared = select(_SOURCE.c[name]).where(
        _SOURCE.c.user_id == messages.c.user_id, _SOURCE.c.id == messages.c.source_id
    )
    text = case((messages.c.source_id.is_(None), messages.c[name]), else_=shared.correlate(messages).scalar_subquery())
    return text.label(name)


MESSAGE = [message_column(field.name) for field in fields(StoredMessage)]
BATCH = [events.c[field.name] for field in fields(Batch)]


def values(record: StoredMessage | Batch | Outcome) -> dict[str, Any]:
    """Return a record's fields by name."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
