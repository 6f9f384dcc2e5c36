"""The shape of a conversation's tree, without its texts: what follows what, and where it leads."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.store.records import AuthorRole, Status
from server.store.schema import messages


class Bone(NamedTuple):
    """A message, as far as its place in the tree goes. Its sequence number is higher than its parent's."""

    id: str
    parent_id: str | None
    sequence: int
    role: AuthorRole
    status: Status
    deleted_at: datetime | None


BONE = [messages.c[name] for name in Bone._fields]


class Skeleton:
    """All messages of a conversation by id, in the order they were stored, hidden ones too."""

    def __init__(self, bones: Iterable[Bone]) -> None:
        self.bones = {bone.id: bone for bone in bones}
        self._followers: dict[str | None, list[Bone]] = defaultdict(list)
        for bone in self.bones.values():
            self._followers[bone.parent_id].append(bone)

    @classmethod
    def read(cls, connection: Connection, user_id: str, conversation_id: str) -> "Skeleton":
        """Return the shape of a conversation; of one that is not there, it has no bones."""
        mine = messages.c.user_id == user_id, messages.c.conversation_id == conversation_id
        rows = connection.execute(select(*BONE).where(*mine).order_by(messages.c.sequence))
        return cls(Bone(*row) for row in rows)

    def visible(self, message_id: str) -> bool:
        """Tell whether there is such a message, and it was not deleted."""
        return message_id in self.bones and self.bones[message_id].deleted_at is None

    def path(self, message_id: str | None) -> list[Bone]:
        """Return the way from the root to a message; empty when there is no such message."""
        found: list[Bone] = []
        while message_id in self.bones:
            found.append(self.bones[message_id])
            message_id = found[-1].parent_id
        return found[::-1]

    def versions(self, bone: Bone) -> list[Bone]:
        """Return the visible messages that have the same parent, this one among them."""
        return [other for other in self._followers[bone.parent_id] if other.deleted_at is None]

    def below(self, message_id: str | None) -> Iterator[Bone]:
        """Yield a message and all that follows it, hidden ones too; None: all of the conversation."""
        if message_id is None:
            yield from self.bones.values()
            return
        left = [self.bones[message_id]]
        while left:
            bone = left.pop()
            yield bone
            left += self._followers[bone.id]

    def newest(self, message_id: str | None) -> str | None:
        """Return the newest visible message at or below this one, which nothing visible follows; None if none is."""
        visible = (bone for bone in self.below(message_id) if bone.deleted_at is None)
        newest = max(visible, key=lambda bone: bone.sequence, default=None)
        return newest and newest.id
