"""Conversations as trees of messages: the way from the root to a message, and how messages are added."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update

from server.problems import Problem
from server.store.databases.db_errors import unknown_conversation, unknown_message
from server.store.mapping import MESSAGE, values
from server.store.records import StoredMessage
from server.store.schema import conversations, messages

VISIBLE = messages.c.deleted_at.is_(None)
"""What a hidden message follows may be visible; what follows it never is."""


def _path() -> Select[Any]:
    """Return the query for the way to a message that is not hidden.

    Joining rows to a list of ids instead is slow without statistics.
    """
    columns = *MESSAGE, messages.c.sequence
    mine = messages.c.user_id == bindparam("user"), messages.c.conversation_id == bindparam("conversation")
    message = messages.c.id == bindparam("message")
    way = select(*columns).where(*mine, message, VISIBLE).cte("way", recursive=True)
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
        self.connection = connection
        self.user_id = user_id
        self.now = now

    def lock(self, conversation_id: str) -> Place:
        """Return a conversation that nobody else adds to before the transaction ends.

        Raises: Problem("unknown_conversation").
        """
        row = self.connection.execute(
            select(*(conversations.c[name] for name in ("id", "title", "leaf_id", "model", "params")))
            .where(conversations.c.user_id == self.user_id, conversations.c.id == conversation_id)
            .where(conversations.c.deleted_at.is_(None))
            .with_for_update()  # SQLite has locked everything already
        ).first()
        if not row:
            raise unknown_conversation()
        return Place(*row)

    def home(self, message_id: str) -> Place:
        """Return the conversation of a message, be that hidden or not; locked, like `lock` does it.

        Raises: Problem("unknown_message"), also when the conversation was deleted.
        """
        found = self.find(message_id)
        if not found:
            raise unknown_message()
        try:
            return self.lock(found.conversation_id)
        except Problem:
            raise unknown_message() from None

    def plant(self, title: str) -> Place:
        """Make a conversation without messages."""
        place = Place(str(uuid4()), title, leaf_id=None, is_new=True)
        row = {"user_id": self.user_id, "id": place.id, "title": title, "created_at": self.now, "updated_at": self.now}
        self.connection.execute(insert(conversations), row)
        return place

    def path(self, place: Place, message_id: str) -> list[StoredMessage]:
        """Return the messages from the root to this one; empty if it is not a message of the conversation."""
        names = {"user": self.user_id, "conversation": place.id, "message": message_id}
        return [StoredMessage(*row) for row in self.connection.execute(_PATH, names)]

    def find(self, message_id: str) -> StoredMessage | None:
        """Return a message of any conversation, a hidden one too."""
        mine = messages.c.user_id == self.user_id
        row = self.connection.execute(select(*MESSAGE).where(mine, messages.c.id == message_id)).first()
        return StoredMessage(*row) if row else None

    def first_answer(self, question: StoredMessage) -> StoredMessage | None:
        """Return the oldest answer to a question that is left."""
        answers = select(*MESSAGE).where(
            messages.c.user_id == self.user_id, messages.c.parent_id == question.id, messages.c.role == "assistant"
        )
        row = self.connection.execute(answers.where(VISIBLE).order_by(messages.c.sequence).limit(1)).first()
        return StoredMessage(*row) if row else None

    def add(self, place: Place, *new: StoredMessage) -> None:
        """Store messages behind all others of the conversation; the last one becomes its leaf."""
        mine = messages.c.user_id == self.user_id, messages.c.conversation_id == place.id
        last = self.connection.scalar(select(func.max(messages.c.sequence)).where(*mine)) or 0
        numbered = enumerate(new, last + 1)
        rows = [{"user_id": self.user_id, "sequence": number, **values(message)} for number, message in numbered]
        self.connection.execute(insert(messages), rows)
        self.point(place, new[-1])

    def run_again(self, answer: StoredMessage) -> None:
        """Store an answer's new state, which is to be running."""
        mine = messages.c.user_id == self.user_id
        self.connection.execute(update(messages).where(mine, messages.c.id == answer.id).values(**values(answer)))

    def point(self, place: Place, leaf: StoredMessage) -> None:
        """Make a message the conversation's current leaf, and the conversation the newest."""
        mine = conversations.c.user_id == self.user_id, conversations.c.id == place.id
        now = {"leaf_id": leaf.id, "model": place.model, "params": place.params, "updated_at": self.now}
        self.connection.execute(update(conversations).where(*mine).values(**now))

    def turn_to(self, place: Place, leaf_id: str | None) -> None:
        """Make a message the current leaf of a conversation that is as new as before; None: there is no message."""
        mine = conversations.c.user_id == self.user_id, conversations.c.id == place.id
        self.connection.execute(update(conversations).where(*mine).values(leaf_id=leaf_id))
