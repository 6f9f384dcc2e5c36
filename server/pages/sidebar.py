"""The sidebar's list of conversations: the query for a page of it, and the groups by date."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from flask import request

from server.current.identity import user_id
from server.current.services import services
from server.store import Store, StoredConversation
from server.translatable import N_
from server.web.preferences import time_zone
from server.web.request_json import query_flag

PINNED = N_("Pinned")
AGES = (
    (0, N_("Today")),
    (1, N_("Yesterday")),
    (7, N_("Previous 7 days")),
    (30, N_("Previous 30 days")),
)
"""The greatest number of days since the last change, and the name of the group."""
OLDER = N_("Older")

PAGE = 50
"""Conversations on a page of the list."""
MOST_AT_ONCE = 1000
"""Conversations that are sent again to a reader who has scrolled further; the rest is fetched when needed."""
MOST_PINNED = 500
"""Pinned conversations at the top of the list."""


@dataclass(slots=True)
class Group:
    """Conversations under one heading, newest first. `name` is to be translated."""

    name: str
    conversations: list[StoredConversation] = field(default_factory=list)


@dataclass(frozen=True)
class ConversationList:
    """The context of `sidebar/_conversations.html`."""

    groups: list[Group]
    older: str | None
    """The cursor of the next page of the list."""
    current_id: str
    """The id of the open conversation, or an empty text."""
    archived: bool
    """Whether the list is of the archived ones."""


def conversation_list(current_id: str, before: str | None) -> ConversationList:
    """Return the list that the request asks for with `archived` and `count`.

    before: the cursor of a page.
    Raises: Problem("invalid_request").
    """
    archived, count = query_flag(request, "archived") or False, request.args.get("count", 0, int)
    listed, older = page_of_list(services().store, user_id(), archived=archived, before=before, count=count)
    return ConversationList(groups(listed, datetime.now(time_zone())), older, current_id, archived)


def page_of_list(
    store: Store, user: str, *, archived: bool, before: str | None, count: int
) -> tuple[list[StoredConversation], str | None]:
    """Return a page of the list and the cursor of the next page. All pinned conversations are on the first page.

    count: how many the reader sees already, to get as many again.
    Raises: Problem("invalid_request") for an invalid cursor.
    """
    if archived:
        return store.conversations(user, before, _limit(count), archived=True)
    pinned = [] if before else store.conversations(user, limit=MOST_PINNED, archived=False, pinned=True)[0]
    found, older = store.conversations(user, before, _limit(count - len(pinned)), archived=False, pinned=False)
    return [*pinned, *found], older


def groups(conversations: Iterable[StoredConversation], now: datetime) -> list[Group]:
    """Return the conversations in groups, the pinned ones first; there is no empty group.

    now: in the reader's time zone; if that is unknown in the server's, which is the same one at localhost.
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
