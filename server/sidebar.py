"""The list of conversations, in groups by date."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from server.store import StoredConversation

AGES = ((0, "Today"), (1, "Yesterday"), (7, "Previous 7 days"), (30, "Previous 30 days"))
"""Days since the last change, at most, and what such a group is called."""


@dataclass(slots=True)
class Group:
    """Conversations under one heading, newest first."""

    name: str
    conversations: list[StoredConversation] = field(default_factory=list)


def groups(conversations: Iterable[StoredConversation], today: date) -> list[Group]:
    """Return the conversations in groups that are not empty, in the order in which they come.

    today: in the time zone of this machine, which is the reader's own at localhost.
    """
    found: dict[str, Group] = {}
    for conversation in conversations:
        name = _name(conversation, today)
        found.setdefault(name, Group(name)).conversations.append(conversation)
    return sorted(found.values(), key=lambda group: group.name != "Pinned")


def _name(conversation: StoredConversation, today: date) -> str:
    if conversation.pinned:
        return "Pinned"
    age = (today - conversation.updated_at.astimezone().date()).days
    return next((name for days, name in AGES if age <= days), "Older")
