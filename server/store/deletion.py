"""A message and all that follows it: hidden, brought back for a day, then forgotten.

What follows a hidden message is hidden, too: whoever asks for one message need not look at its way.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, bindparam, delete, select, tuple_, update

from server.store.databases.db_errors import unknown_message
from server.store.schema import messages
from server.store.tree import Tree
from server.store.tree_shape import Bone, Skeleton

UNDO = timedelta(days=1)
"""How long a hidden message can be brought back."""
MARK = (
    update(messages)
    .where(messages.c.user_id == bindparam("user"), messages.c.id == bindparam("message"))
    .values(deleted_at=bindparam("moment", type_=messages.c.deleted_at.type))
)


def hide(tree: Tree, message_id: str) -> tuple[str, list[str]]:
    """Hide a message and all that follows it; if the current leaf is among them, the conversation gets another.

    Returns: the conversation's id, and the ids of the hidden answers that are still running.
    Raises: Problem("unknown_message").
    """
    place = tree.home(message_id)
    skeleton = Skeleton.read(tree.connection, tree.user_id, place.id)
    if not skeleton.visible(message_id):
        raise unknown_message()
    hidden = [bone for bone in skeleton.below(message_id) if bone.deleted_at is None]
    _mark(tree, hidden, tree.now)
    if place.leaf_id in {bone.id for bone in hidden}:
        left = Skeleton.read(tree.connection, tree.user_id, place.id)
        tree.turn_to(place, left.newest(left.bones[message_id].parent_id))
    return place.id, [bone.id for bone in hidden if bone.status == "running"]


def bring_back(tree: Tree, message_id: str) -> str:
    """Show a message again, and what was hidden together with it; the newest below it becomes the current leaf.

    Returns: the conversation's id.
    Raises: Problem("unknown_message"), also when it is too late, or when what the message follows is hidden.
    """
    place = tree.home(message_id)
    skeleton = Skeleton.read(tree.connection, tree.user_id, place.id)
    _require_in_time(tree, skeleton, skeleton.bones[message_id])
    together = skeleton.bones[message_id].deleted_at
    _mark(tree, [bone for bone in skeleton.below(message_id) if bone.deleted_at == together], None)
    tree.turn_to(place, Skeleton.read(tree.connection, tree.user_id, place.id).newest(message_id))
    return place.id


def sweep(connection: Connection, now: datetime) -> None:
    """Forget what was hidden too long ago to be brought back, and all that follows it."""
    hidden = select(messages.c.user_id, messages.c.id).where(messages.c.deleted_at < now - UNDO)
    old = hidden.cte("old", recursive=True)
    follows = and_(messages.c.user_id == old.c.user_id, messages.c.parent_id == old.c.id)
    old = old.union(select(messages.c.user_id, messages.c.id).join(old, follows))  # each once, deep as it may be
    gone = tuple_(messages.c.user_id, messages.c.id).in_(select(old.c.user_id, old.c.id))
    connection.execute(delete(messages).where(gone))


def _require_in_time(tree: Tree, skeleton: Skeleton, bone: Bone) -> None:
    too_late = bone.deleted_at is not None and bone.deleted_at < tree.now - UNDO
    if too_late or (bone.parent_id is not None and not skeleton.visible(bone.parent_id)):
        raise unknown_message()


def _mark(tree: Tree, bones: Iterable[Bone], moment: datetime | None) -> None:
    rows = [{"user": tree.user_id, "message": bone.id, "moment": moment} for bone in bones]
    tree.connection.execute(MARK, rows)
