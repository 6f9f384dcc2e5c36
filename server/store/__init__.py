"""Conversations, messages and the events of running turns, stored in SQLite or PostgreSQL."""

from server.store.records import (
    ABSENT,
    Absent,
    Action,
    Batch,
    Begun,
    Branch,
    Hit,
    NewTurn,
    Outcome,
    Preset,
    Status,
    StoredConversation,
    StoredMessage,
    Versions,
    time_text,
)
from server.store.store import Store

__all__ = [
    "ABSENT",
    "Absent",
    "Action",
    "Batch",
    "Begun",
    "Branch",
    "Hit",
    "NewTurn",
    "Outcome",
    "Preset",
    "Status",
    "Store",
    "StoredConversation",
    "StoredMessage",
    "Versions",
    "time_text",
]
