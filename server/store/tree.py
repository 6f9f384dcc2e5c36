"""Conversations as trees of messages: the way from the root to a message, and how messages are added."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from server.store.failures import unknown_conversation
from server.store.records import StoredMessage
from server.store.rows import MESSAGE, values
from server.store.schema import conversations, messages


def _path() -> Select[Any]:
    """Return the query for the way to a message. Joining rows to a list of ids instead is slow without statistics."""
    columns = *MESSAGE, messages.c.sequence
    mine = messages.c.user_id == bindparam("user"), messages.c.conversation_id == bindparam("conversation")
    way = select(*columns).where(*mine, messages.c.id == bindparam("message")).cte("way", recursive=True)
    way = way.union_all(select(*columns).where(*mine, messages.c.id == way.c.parent_id))
    return select(*(way.c[column.name] for column in MESSAGE)).order_by(way.c.sequence)


_PATH = _path()  # a message's sequence number is always higher than its parent's


class Place(NamedTuple):
    """The conversation a turn happens in. `model` and `params` are stored with its leaf."""

    id: str
    title: str
    leaf_id: str | None
    model: str | None = None
    params: dict[str, Any] | None = None
    is_new: bool = False


class Tree:
    """One person's conversations, inside of one transaction that writes."""

    def __init__(self, connection: Connection, user_id: str, now: datetime) -> None:
        self.now = now
        self._connection = connection
        self._user_id = user_id

    def lock(self, conversation_id: str) -> Place:
        """Return a conversation that nobody else adds to before the transaction ends.

        Raises: Problem("unknown_conversation").
        """
        row = self._connection.execute(
            select(*(conversations.c[name] for name in ("id", "title", "leaf_id", "model", "params")))
            .where(conversations.c.user_id == self._user_id, conversations.c.id == conversation_id)
            .where(conversations.c.deleted_at.is_(None))
            .with_for_update()  # SQLite has locked everything already
        ).first()
        if not row:
            raise unknown_conversation()
        return Place(*row)

    def plant(self, title: str) -> Place:
        """Make a conversation without messages."""
        place = Place(str(uuid4()), title, leaf_id=None, is_new=True)
        row = {"user_id": self._user_id, "id": place.id, "title": title, "created_at": self.now, "updated_at": self.now}
        self._connection.execute(insert(conversations), row)
        return place

    def path(self, place: Place, message_id: str) -> list[StoredMessage]:
        """Return the messages from the root to this one; empty if it is not a message of the conversation."""
        names = {"user": self._user_id, "conversation": place.id, "message": message_id}
        return [StoredMessage(*row) for row in self._connection.execute(_PATH, names)]

    def find(self, message_id: str) -> StoredMessage | None:
        """Return a message of any conversation, a deleted one too."""
        mine = messages.c.user_id == self._user_id
        row = self._connection.execute(select(*MESSAGE).where(mine, messages.c.id == message_id)).first()
        return StoredMessage(*row) if row else None

    def first_answer(self, question: StoredMessage) -> StoredMessage:
        """Return the oldest answer to a question."""
        answers = select(*MESSAGE).where(
            messages.c.user_id == self._user_id, messages.c.parent_id == question.id, messages.c.role == "assistant"
        )
        return StoredMessage(*self._connection.execute(answers.order_by(messages.c.sequence).limit(1)).one())

    def add(self, place: Place, *new: StoredMessage) -> None:
        """Store messages behind all others of the conversation; the last one becomes its leaf."""
        mine = messages.c.user_id == self._user_id, messages.c.conversation_id == place.id
        last = self._connection.scalar(select(func.max(messages.c.sequence)).where(*mine)) or 0
        numbered = enumerate(new, last + 1)
        rows = [{"user_id": self._user_id, "sequence": number, **values(message)} for number, message in numbered]
        self._connection.execute(insert(messages), rows)
        self.point(place, new[-1])

    def run_again(self, answer: StoredMessage) -> None:
        """Store an answer's new state, which is to be running."""
        mine = messages.c.user_id == self._user_id
        self._connection.execute(update(messages).where(mine, messages.c.id == answer.id).values(**values(answer)))

    def point(self, place: Place, leaf: StoredMessage) -> None:
        """Make a message the conversation's current leaf, and the conversation the newest."""
        mine = conversations.c.user_id == self._user_id, conversations.c.id == place.id
        now = {"leaf_id": leaf.id, "model": place.model, "params": place.params, "updated_at": self.now}
        self._connection.execute(update(conversations).where(*mine).values(**now))
