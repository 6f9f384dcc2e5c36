"""One way through a conversation's tree, as far as a page shows it."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.store.databases.db_errors import unknown_message
from server.store.mapping import MESSAGE
from server.store.records import Branch, StoredConversation, StoredMessage, Versions
from server.store.schema import messages
from server.store.tree_shape import Bone, Skeleton


class Wish(NamedTuple):
    """Which part of which way is wanted, see `Store.branch`."""

    leaf_id: str | None
    before: str | None
    through: str | None
    limit: int
    lead: int


def branch(connection: Connection, user_id: str, conversation: StoredConversation, wish: Wish) -> Branch:
    """Return the wanted part of a way. Raises: Problem("unknown_message") for what is not there, or hidden."""
    skeleton = Skeleton.read(connection, user_id, conversation.id)
    way = _way(skeleton, conversation.leaf_id, wish)
    begin, end = _window(way, wish)
    shown = way[begin:end]
    return Branch(
        conversation=conversation,
        messages=_messages(connection, user_id, shown),
        versions={bone.id: versions for bone in shown if (versions := _versions(skeleton, bone))},
        earlier=way[begin].id if begin else None,
    )


def _way(skeleton: Skeleton, current_leaf: str | None, wish: Wish) -> list[Bone]:
    if any(not skeleton.visible(one) for one in (wish.leaf_id, wish.before, wish.through) if one):
        raise unknown_message()
    leaf = current_leaf if current_leaf and skeleton.visible(current_leaf) else None  # deleted just now
    way = skeleton.path(skeleton.newest(wish.leaf_id) if wish.leaf_id else leaf or skeleton.newest(None))
    point = wish.before or wish.through
    if point and all(bone.id != point for bone in way):
        way = skeleton.path(skeleton.newest(point))
    return way


def _window(way: Sequence[Bone], wish: Wish) -> tuple[int, int]:
    places = {bone.id: place for place, bone in enumerate(way)}
    end = places[wish.before] if wish.before else len(way)
    if wish.through and not wish.before:
        return max(0, places[wish.through] - wish.lead), end
    return max(0, end - wish.limit), end


def _messages(connection: Connection, user_id: str, shown: Sequence[Bone]) -> list[StoredMessage]:
    mine = messages.c.user_id == user_id, messages.c.id.in_([bone.id for bone in shown])
    rows = connection.execute(select(*MESSAGE).where(*mine).order_by(messages.c.sequence))
    return [StoredMessage(*row) for row in rows]


def _versions(skeleton: Skeleton, bone: Bone) -> Versions | None:
    """Return which of several versions this is; None where there is only one."""
    ids = [other.id for other in skeleton.versions(bone)]
    if len(ids) < 2:
        return None
    place = ids.index(bone.id)
    return Versions(
        number=place + 1,
        count=len(ids),
        previous=skeleton.newest(ids[place - 1]) if place else None,
        next=skeleton.newest(ids[place + 1]) if place + 1 < len(ids) else None,
    )
