"""The part of a branch that a page shows: its last messages, with the versions of each."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.store.databases.db_errors import unknown_message
from server.store.mapping import MESSAGE
from server.store.records import Branch, StoredConversation, StoredMessage, Versions
from server.store.schema import messages
from server.store.tree_shape import Node, TreeShape


class Window(NamedTuple):
    """Which part of which branch to read, see `Store.branch`."""

    leaf_id: str | None
    before: str | None
    through: str | None
    limit: int
    lead: int


def branch(connection: Connection, user_id: str, conversation: StoredConversation, window: Window) -> Branch:
    """Return a part of a branch. Raises: Problem("unknown_message") for a message that is missing or deleted."""
    shape = TreeShape.read(connection, user_id, conversation.id)
    path = _path(shape, conversation.leaf_id, window)
    begin, end = _range(path, window)
    shown = path[begin:end]
    return Branch(
        conversation=conversation,
        messages=_messages(connection, user_id, shown),
        versions={node.id: versions for node in shown if (versions := _versions(shape, node))},
        earlier=path[begin].id if begin else None,
    )


def _path(shape: TreeShape, current_leaf: str | None, window: Window) -> list[Node]:
    if any(not shape.visible(id_) for id_ in (window.leaf_id, window.before, window.through) if id_):
        raise unknown_message()
    leaf = current_leaf if current_leaf and shape.visible(current_leaf) else None  # deleted just now
    path = shape.path(shape.newest(window.leaf_id) if window.leaf_id else leaf or shape.newest(None))
    required = window.before or window.through
    if required and all(node.id != required for node in path):
        path = shape.path(shape.newest(required))
    return path


def _range(path: Sequence[Node], window: Window) -> tuple[int, int]:
    positions = {node.id: position for position, node in enumerate(path)}
    end = positions[window.before] if window.before else len(path)
    if window.through and not window.before:
        return max(0, positions[window.through] - window.lead), end
    return max(0, end - window.limit), end


def _messages(connection: Connection, user_id: str, shown: Sequence[Node]) -> list[StoredMessage]:
    mine = messages.c.user_id == user_id, messages.c.id.in_([node.id for node in shown])
    rows = connection.execute(select(*MESSAGE).where(*mine).order_by(messages.c.sequence))
    return [StoredMessage(*row) for row in rows]


def _versions(shape: TreeShape, node: Node) -> Versions | None:
    """Return which of several versions this is; None if it is the only one."""
    ids = [other.id for other in shape.versions(node)]
    if len(ids) < 2:
        return None
    position = ids.index(node.id)
    return Versions(
        number=position + 1,
        count=len(ids),
        previous=shape.newest(ids[position - 1]) if position else None,
        next=shape.newest(ids[position + 1]) if position + 1 < len(ids) else None,
    )
