"""Delete conversations and messages, restore them within a day, and remove them for good after it.

A message is deleted together with everything below it, so reading one message need not check its ancestors.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, select, tuple_, update

from server.store import shared_texts, stored_bytes
from server.store.databases.db_errors import unknown_conversation, unknown_message
from server.store.mapping import CONVERSATION_EXISTS
from server.store.schema import conversations, messages
from server.store.tree import Tree
from server.store.tree_shape import Node, TreeShape

UNDO = timedelta(days=1)
"""How long a deleted conversation or message can be restored."""
_MARK = (
    update(messages)
    .where(messages.c.user_id == bindparam("user"), messages.c.id == bindparam("message"))
    .values(deleted_at=bindparam("moment", type_=messages.c.deleted_at.type))
)


def delete_conversation(connection: Connection, user_id: str, conversation_id: str, now: datetime) -> None:
    """Delete a conversation so that it can be restored. Raises: Problem("unknown_conversation")."""
    mine = conversations.c.user_id == user_id, conversations.c.id == conversation_id, CONVERSATION_EXISTS
    if not connection.execute(update(conversations).where(*mine).values(deleted_at=now)).rowcount:
        raise unknown_conversation()


def delete_all_conversations(connection: Connection, user_id: str, now: datetime) -> int:
    """Delete every conversation of a person so that each can be restored, and return how many there were."""
    mine = update(conversations).where(conversations.c.user_id == user_id, CONVERSATION_EXISTS)
    return connection.execute(mine.values(deleted_at=now)).rowcount


def delete_message(tree: Tree, message_id: str) -> tuple[str, list[str]]:
    """Delete a message and everything below it; if the current leaf is among them, the conversation gets another.

    Returns: the conversation's id, and the ids of the deleted answers that are still running.
    Raises: Problem("unknown_message").
    """
    locked = tree.lock_of(message_id)
    shape = TreeShape.read(tree.connection, tree.user_id, locked.id)
    if not shape.visible(message_id):
        raise unknown_message()
    deleted = [node for node in shape.below(message_id) if node.deleted_at is None]
    _mark(tree, deleted, tree.now)
    if locked.leaf_id in {node.id for node in deleted}:
        left = TreeShape.read(tree.connection, tree.user_id, locked.id)
        tree.set_leaf(locked, left.newest(left.nodes[message_id].parent_id))
    return locked.id, [node.id for node in deleted if node.status == "running"]


def restore_message(tree: Tree, message_id: str) -> str:
    """Restore a message and everything deleted together with it; the newest below it becomes the current leaf.

    Returns: the conversation's id.
    Raises: Problem("unknown_message"), also when it is too late, or when the message's parent is deleted.
    """
    locked = tree.lock_of(message_id)
    shape = TreeShape.read(tree.connection, tree.user_id, locked.id)
    _require_restorable(tree, shape, shape.nodes[message_id])
    together = shape.nodes[message_id].deleted_at
    _mark(tree, [node for node in shape.below(message_id) if node.deleted_at == together], None)
    tree.set_leaf(locked, TreeShape.read(tree.connection, tree.user_id, locked.id).newest(message_id))
    return locked.id


def sweep(connection: Connection, now: datetime) -> None:
    """Remove what was deleted too long ago to be restored."""
    deleted = select(messages.c.user_id, messages.c.id).where(messages.c.deleted_at < now - UNDO)
    old = deleted.cte("old", recursive=True)
    follows = and_(messages.c.user_id == old.c.user_id, messages.c.parent_id == old.c.id)
    old = old.union(select(messages.c.user_id, messages.c.id).join(old, follows))  # each once, however deep
    gone = tuple_(messages.c.user_id, messages.c.id).in_(select(old.c.user_id, old.c.id))
    _remove_messages(connection, gone)
    removed = conversations.c.deleted_at < now - UNDO
    of_removed = tuple_(messages.c.user_id, messages.c.conversation_id).in_(
        select(conversations.c.user_id, conversations.c.id).where(removed)
    )
    _remove_messages(connection, of_removed)
    connection.execute(delete(conversations).where(removed))


def _remove_messages(connection: Connection, gone: ColumnElement[bool]) -> None:
    shared_texts.hand_over(connection, select(messages.c.user_id, messages.c.id).where(gone))
    stored_bytes.uncount(connection, select(messages.c.user_id, stored_bytes.sizes(connection)).where(gone))
    connection.execute(delete(messages).where(gone))


def _require_restorable(tree: Tree, shape: TreeShape, node: Node) -> None:
    too_late = node.deleted_at is not None and node.deleted_at < tree.now - UNDO
    if too_late or (node.parent_id is not None and not shape.visible(node.parent_id)):
        raise unknown_message()


def _mark(tree: Tree, nodes: Iterable[Node], moment: datetime | None) -> None:
    rows = [{"user": tree.user_id, "message": node.id, "moment": moment} for node in nodes]
    tree.connection.execute(_MARK, rows)
