"""What is kept: conversations, messages and the events of unfinished turns, in SQLite or PostgreSQL."""

from server.store.records import (
    ABSENT,
    Absent,
    Action,
    Batch,
    Begun,
    Hit,
    NewTurn,
    Outcome,
    Status,
    StoredConversation,
    StoredMessage,
    time_text,
)
from server.store.store import Store

__all__ = [
    "ABSENT",
    "Absent",
    "Action",
    "Batch",
    "Begun",
    "Hit",
    "NewTurn",
    "Outcome",
    "Status",
    "Store",
    "StoredConversation",
    "StoredMessage",
    "time_text",
]
