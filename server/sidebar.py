"""The list of conversations, in groups by date."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from server.languages import N_
from server.store import StoredConversation

PINNED = N_("Pinned")
AGES = (
    (0, N_("Today")),
    (1, N_("Yesterday")),
    (7, N_("Previous 7 days")),
    (30, N_("Previous 30 days")),
)
"""Days since the last change, at most, and what such a group is called."""
OLDER = N_("Older")


@dataclass(slots=True)
class Group:
    """Conversations under one heading, newest first. `name` is to be translated."""

    name: str
    conversations: list[StoredConversation] = field(default_factory=list)


def groups(conversations: Iterable[StoredConversation], now: datetime) -> list[Group]:
    """Return the conversations in groups that are not empty, in the order in which they come.

    now: in the reader's time zone, or without one in that of this machine, which is the reader's own at localhost.
    """
    found: dict[str, Group] = {}
    for conversation in conversations:
        name = _name(conversation, now)
        found.setdefault(name, Group(name)).conversations.append(conversation)
    return sorted(found.values(), key=lambda group: group.name != PINNED)


def _name(conversation: StoredConversation, now: datetime) -> str:
    if conversation.pinned:
        return PINNED
    age = (now.date() - conversation.updated_at.astimezone(now.tzinfo).date()).days
    return next((name for days, name in AGES if age <= days), OLDER)
