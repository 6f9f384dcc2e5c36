"""The list of conversations: a page of it, in groups by date."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from server.store import Store, StoredConversation
from server.translatable import N_

PINNED = N_("Pinned")
AGES = (
    (0, N_("Today")),
    (1, N_("Yesterday")),
    (7, N_("Previous 7 days")),
    (30, N_("Previous 30 days")),
)
"""Days since the last change, at most, and what such a group is called."""
OLDER = N_("Older")

PAGE = 50
"""Conversations on a page of the list."""
MOST_AT_ONCE = 1000
"""What somebody who went further down than this sees again after a change; the rest is fetched anew."""
MOST_PINNED = 500
"""Conversations at the top of the list; more than anybody can tell apart."""


@dataclass(slots=True)
class Group:
    """Conversations under one heading, newest first. `name` is to be translated."""

    name: str
    conversations: list[StoredConversation] = field(default_factory=list)


def listed(
    store: Store, user: str, *, archived: bool, before: str | None, count: int
) -> tuple[list[StoredConversation], str | None]:
    """Return a page of the list, and the cursor of the next. Those that are pinned are all on the first.

    count: how many somebody sees already, who wants to see as many again.
    Raises: Problem("invalid_request") for what was never a cursor.
    """
    if archived:
        return store.conversations(user, before, _limit(count), archived=True)
    pinned = [] if before else store.conversations(user, limit=MOST_PINNED, archived=False, pinned=True)[0]
    found, older = store.conversations(user, before, _limit(count - len(pinned)), archived=False, pinned=False)
    return [*pinned, *found], older


def groups(conversations: Iterable[StoredConversation], now: datetime) -> list[Group]:
    """Return the conversations in groups that are not empty, in the order in which they come.

    now: in the reader's time zone, or without one in that of this machine, which is the reader's own at localhost.
    """
    found: dict[str, Group] = {}
    for conversation in conversations:
        name = _name(conversation, now)
        found.setdefault(name, Group(name)).conversations.append(conversation)
    return sorted(found.values(), key=lambda group: group.name != PINNED)


def _limit(count: int) -> int:
    return max(PAGE, min(count, MOST_AT_ONCE))


def _name(conversation: StoredConversation, now: datetime) -> str:
    if conversation.pinned:
        return PINNED
    age = (now.date() - conversation.updated_at.astimezone(now.tzinfo).date()).days
    return next((name for days, name in AGES if age <= days), OLDER)
