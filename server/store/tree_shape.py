"""The shape of a conversation's tree, without its texts: parents, children and versions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, select

from server.store.records import AuthorRole, Status
from server.store.schema import messages


class Node(NamedTuple):
    """A message without its text. Its sequence number is higher than its parent's."""

    id: str
    parent_id: str | None
    sequence: int
    role: AuthorRole
    status: Status
    deleted_at: datetime | None


NODE = [messages.c[name] for name in Node._fields]


class TreeShape:
    """All messages of a conversation by id, deleted ones too, in the order they were stored."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self._children: dict[str | None, list[Node]] = defaultdict(list)
        for node in self.nodes.values():
            self._children[node.parent_id].append(node)

    @classmethod
    def read(cls, connection: Connection, user_id: str, conversation_id: str) -> "TreeShape":
        """Return the shape of a conversation; it is empty for an unknown conversation."""
        mine = messages.c.user_id == user_id, messages.c.conversation_id == conversation_id
        rows = connection.execute(select(*NODE).where(*mine).order_by(messages.c.sequence))
        return cls(Node(*row) for row in rows)

    def visible(self, message_id: str) -> bool:
        """Tell whether the message exists and is not deleted."""
        return message_id in self.nodes and self.nodes[message_id].deleted_at is None

    def path(self, message_id: str | None) -> list[Node]:
        """Return the path from the root to a message; empty if there is no such message."""
        found: list[Node] = []
        while message_id in self.nodes:
            found.append(self.nodes[message_id])
            message_id = found[-1].parent_id
        return found[::-1]

    def versions(self, node: Node) -> list[Node]:
        """Return the visible messages with the same parent, this one included."""
        return [other for other in self._children[node.parent_id] if other.deleted_at is None]

    def below(self, message_id: str | None) -> Iterator[Node]:
        """Yield a message and everything below it, deleted ones too; None: the whole conversation."""
        if message_id is None:
            yield from self.nodes.values()
            return
        left = [self.nodes[message_id]]
        while left:
            node = left.pop()
            yield node
            left += self._children[node.id]

    def newest(self, message_id: str | None) -> str | None:
        """Return the newest visible message at or below this one, which is always a leaf; None if there is none."""
        visible = (node for node in self.below(message_id) if node.deleted_at is None)
        newest = max(visible, key=lambda node: node.sequence, default=None)
        return newest and newest.id
