"""One person's conversations as trees of messages: what a turn, a fork or a deletion reads and writes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid4

from sqlalchemy import ColumnElement, Connection, Select, bindparam, case, delete, func, insert, select, update

from server.problems import Problem
from server.store import stored_bytes
from server.store.databases.db_errors import unknown_conversation, unknown_message
from server.store.mapping import CONVERSATION_EXISTS, MESSAGE, MESSAGE_EXISTS, values
from server.store.records import ABSENT, NewTurn, StoredMessage
from server.store.schema import conversations, events, messages


def _path(*selected: ColumnElement[Any]) -> Select[Any]:
    """Return the query for the path to a message that is not deleted.

    Joining rows to a list of ids instead is slow without statistics.
    """
    columns = *selected, messages.c.sequence
    mine = messages.c.user_id == bindparam("user"), messages.c.conversation_id == bindparam("conversation")
    message = messages.c.id == bindparam("message")
    path = select(*columns).where(*mine, message, MESSAGE_EXISTS).cte("path", recursive=True)
    path = path.union_all(select(*columns).where(*mine, messages.c.id == path.c.parent_id))
    return select(*(path.c[column.name] for column in selected)).order_by(path.c.sequence)


_PATH = _path(*MESSAGE)  # a message's sequence number is always higher than its parent's

LONGEST_COPIED = 500
"""Characters of a message that a fork copies; copying and indexing longer ones would keep other writers waiting."""


def _path_to_copy() -> Select[Any]:
    """Return the query for a path with its short texts, and the ids of the messages that have its long ones."""
    length = func.length(messages.c.content) + func.length(messages.c.reasoning)
    source_id = case(
        (messages.c.source_id.is_not(None), messages.c.source_id), (length > LONGEST_COPIED, messages.c.id), else_=None
    )
    texts = {
        name: case((source_id.is_(None), messages.c[name]), else_="").label(name) for name in ("content", "reasoning")
    }
    columns = (texts.get(column.name, column) for column in MESSAGE)
    return _path(*columns, source_id.label("source_id"))


_PATH_TO_COPY = _path_to_copy()


class LockedConversation(NamedTuple):
    """A conversation to which no other transaction can add messages. `model` and `params` are stored with its leaf."""

    id: str
    title: str
    leaf_id: str | None
    model: str | None = None
    params: dict[str, Any] | None = None
    is_new: bool = False


class Tree:
    """One person's conversations within one writing transaction. `send`, `regenerate` and `continue_` store a turn."""

    def __init__(self, connection: Connection, user_id: str, now: datetime, most_bytes: int = 0) -> None:
        """most_bytes: the limit of what the person's messages may take up; 0 is no limit."""
        self.connection = connection
        self.user_id = user_id
        self.now = now
        self._most_bytes = most_bytes

    def enter(self, turn: NewTurn) -> tuple[LockedConversation, list[StoredMessage]]:
        """Lock the conversation of a turn, or create it, and read the messages from the root to the turn's parent.

        Returns: the conversation with the turn's model and parameters; no messages if the turn starts at the root.
        Raises: Problem with `unknown_conversation` or `unknown_message`.
        """
        is_new = turn.action == "send" and not turn.conversation_id
        conversation = self.create(turn.title) if is_new else self.lock(turn.conversation_id or "")
        params = conversation.params if turn.params is ABSENT else turn.params or None
        parent_id = conversation.leaf_id if turn.parent_id is ABSENT else turn.parent_id
        path = self.path(conversation, parent_id) if parent_id is not None else []
        if parent_id is not None and not path:
            raise unknown_message()
        return conversation._replace(model=turn.model, params=params), path

    def send(
        self, conversation: LockedConversation, parent_id: str | None, turn: NewTurn
    ) -> tuple[StoredMessage, StoredMessage]:
        """Store a question and its running answer, and return both. parent_id: None is the root."""
        question = StoredMessage(
            id=turn.message_id,
            conversation_id=conversation.id,
            parent_id=parent_id,
            role="user",
            content=turn.content,
            created_at=self.now,
            ended_at=self.now,
        )
        answer = self._answer(question, turn)
        self.add(conversation, question, answer)
        return question, answer

    def regenerate(self, conversation: LockedConversation, question: StoredMessage, turn: NewTurn) -> StoredMessage:
        """Store another running answer to a question, and return it."""
        answer = self._answer(question, turn)
        self.add(conversation, answer)
        return answer

    def continue_(self, conversation: LockedConversation, answer: StoredMessage, turn: NewTurn) -> StoredMessage:
        """Store that an answer is running again, and return it without the outcome and state of its last turn.

        Raises: Problem("storage_full").
        """
        running = replace(
            answer,
            status="running",
            model=turn.model,
            answering=None,
            attempts=[],
            usage=None,
            error=None,
            finish_reason=None,
            state=None,
            ended_at=None,
        )
        mine = messages.c.user_id == self.user_id, messages.c.id == answer.id
        before = self.connection.scalar(select(stored_bytes.sizes(self.connection)).where(*mine)) or 0
        self._count(stored_bytes.size(answer.content, answer.reasoning) - before)  # it no longer shares texts
        self.connection.execute(update(messages).where(*mine).values(**values(running), source_id=None))
        old = events.c.user_id == self.user_id, events.c.message_id == answer.id
        self.connection.execute(delete(events).where(*old))  # the answer will be read as one
        self._end_with(conversation, running)
        return running

    def stored_turn(
        self, question: StoredMessage
    ) -> tuple[LockedConversation, list[StoredMessage], StoredMessage | None]:
        """Lock the conversation of a question; return it, the path to the question, and the oldest answer that is left.

        The path is empty if the question is deleted. Raises: Problem("unknown_conversation").
        """
        conversation = self.lock(question.conversation_id)
        answers = select(*MESSAGE).where(
            messages.c.user_id == self.user_id, messages.c.parent_id == question.id, messages.c.role == "assistant"
        )
        row = self.connection.execute(answers.where(MESSAGE_EXISTS).order_by(messages.c.sequence).limit(1)).first()
        return conversation, self.path(conversation, question.id), StoredMessage(*row) if row else None

    def lock(self, conversation_id: str) -> LockedConversation:
        """Lock a conversation until the transaction ends. Raises: Problem("unknown_conversation")."""
        row = self.connection.execute(
            select(*(conversations.c[name] for name in ("id", "title", "leaf_id", "model", "params")))
            .where(conversations.c.user_id == self.user_id, conversations.c.id == conversation_id)
            .where(CONVERSATION_EXISTS)
            .with_for_update()  # SQLite has locked everything already
        ).first()
        if not row:
            raise unknown_conversation()
        return LockedConversation(*row)

    def lock_of(self, message_id: str) -> LockedConversation:
        """Lock the conversation of a message, which may be deleted itself.

        Raises: Problem("unknown_message"), also when the conversation is deleted.
        """
        found = self.find(message_id)
        if not found:
            raise unknown_message()
        try:
            return self.lock(found.conversation_id)
        except Problem:
            raise unknown_message() from None

    def create(self, title: str) -> LockedConversation:
        """Store a conversation without messages."""
        new = LockedConversation(str(uuid4()), title, leaf_id=None, is_new=True)
        row = {"user_id": self.user_id, "id": new.id, "title": title, "created_at": self.now, "updated_at": self.now}
        self.connection.execute(insert(conversations), row)
        return new

    def path(self, conversation: LockedConversation, message_id: str) -> list[StoredMessage]:
        """Return the messages from the root to this one; empty if it is not a message of the conversation."""
        names = {"user": self.user_id, "conversation": conversation.id, "message": message_id}
        return [StoredMessage(*row) for row in self.connection.execute(_PATH, names)]

    def find(self, message_id: str) -> StoredMessage | None:
        """Return a message of any conversation, deleted or not."""
        mine = messages.c.user_id == self.user_id
        row = self.connection.execute(select(*MESSAGE).where(mine, messages.c.id == message_id)).first()
        return StoredMessage(*row) if row else None

    def only(self, message: StoredMessage) -> Select[Any]:
        """Return a query for the user and the id of a message."""
        mine = messages.c.user_id == self.user_id, messages.c.id == message.id
        return select(messages.c.user_id, messages.c.id).where(*mine)

    def add(self, conversation: LockedConversation, *new: StoredMessage) -> None:
        """Store messages after all others of the conversation; the last one becomes its leaf.

        Raises: Problem("storage_full").
        """
        self._count(sum(stored_bytes.size(message.content, message.reasoning) for message in new))
        self._insert(conversation, [values(message) for message in new])
        self._end_with(conversation, new[-1])

    def path_to_copy(self, conversation: LockedConversation, message_id: str) -> list[tuple[StoredMessage, str | None]]:
        """Return the path without its long texts, which a copy shares; each message with the id of their source."""
        names = {"user": self.user_id, "conversation": conversation.id, "message": message_id}
        return [(StoredMessage(*row), source_id) for *row, source_id in self.connection.execute(_PATH_TO_COPY, names)]

    def add_copies(self, conversation: LockedConversation, copies: Sequence[tuple[StoredMessage, str | None]]) -> None:
        """Store copies of messages as `add` does, each with the id of the message whose texts it shares, or None.

        Raises: Problem("storage_full").
        """
        self._count(sum(stored_bytes.size(message.content, message.reasoning) for message, _ in copies))
        self._insert(conversation, [{**values(message), "source_id": source_id} for message, source_id in copies])
        self._end_with(conversation, copies[-1][0])

    def _insert(self, conversation: LockedConversation, new: Sequence[dict[str, Any]]) -> None:
        mine = messages.c.user_id == self.user_id, messages.c.conversation_id == conversation.id
        last = self.connection.scalar(select(func.max(messages.c.sequence)).where(*mine)) or 0
        rows = [{"user_id": self.user_id, "sequence": number, **row} for number, row in enumerate(new, last + 1)]
        self.connection.execute(insert(messages), rows)

    def set_leaf(self, conversation: LockedConversation, leaf_id: str | None) -> None:
        """Change the current leaf without making the conversation newer. None: it has no messages left."""
        mine = conversations.c.user_id == self.user_id, conversations.c.id == conversation.id
        self.connection.execute(update(conversations).where(*mine).values(leaf_id=leaf_id))

    def _count(self, added_bytes: int) -> None:
        stored_bytes.count(self.connection, self.user_id, added_bytes, self._most_bytes)

    def _answer(self, question: StoredMessage, turn: NewTurn) -> StoredMessage:
        return StoredMessage(
            id=turn.answer_id,
            conversation_id=question.conversation_id,
            parent_id=question.id,
            role="assistant",
            content="",
            status="running",
            model=turn.model,
            created_at=self.now,
            ended_at=None,
        )

    def _end_with(self, conversation: LockedConversation, leaf: StoredMessage) -> None:
        """Make a message the conversation's current leaf, and the conversation the newest."""
        mine = conversations.c.user_id == self.user_id, conversations.c.id == conversation.id
        changes = {
            "leaf_id": leaf.id,
            "model": conversation.model,
            "params": conversation.params,
            "updated_at": self.now,
        }
        self.connection.execute(update(conversations).where(*mine).values(**changes))
