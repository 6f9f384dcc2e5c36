"""Records and the columns that fill them: a record's fields have the names of its columns, in the same order."""

from dataclasses import fields
from typing import Any

from sqlalchemy import exists

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
MESSAGE = [messages.c[field.name] for field in fields(StoredMessage)]
BATCH = [events.c[field.name] for field in fields(Batch)]


def values(record: StoredMessage | Batch | Outcome) -> dict[str, Any]:
    """Return a record's fields by name."""
    return {field.name: getattr(record, field.name) for field in fields(record)}
