"""The store of conversations, messages and running answers. One method is one transaction."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, exists, select
from sqlalchemy.exc import IntegrityError

from g4f_lite.messages import Message
from server.store import (
    begin_turn,
    conversations,
    deletion,
    event_batches,
    forks,
    known_history,
    search_index,
    stored_bytes,
    stored_usage,
)
from server.store.branch import Window, branch
from server.store.databases.database import BUSY_TIMEOUT_S, database
from server.store.databases.server_lock import ServerLock
from server.store.event_batches import Ending
from server.store.migrate import migrate
from server.store.presets import Presets
from server.store.records import Batch, Begun, Branch, Hit, NewTurn, Outcome, StoredConversation, StoredMessage
from server.store.schema import messages, users
from server.store.stored_usage import StoredUsage
from server.store.tree import Tree


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """May be called from any thread. Once a method returns, its changes are durable.

    Other people's ids are treated like ids that do not exist.
    Raises: Problem, with `storage_unavailable` or `busy` from every method.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_timeout_s: float = BUSY_TIMEOUT_S,
        now: Callable[[], datetime] = utc_now,
        most_bytes: Callable[[], int] = lambda: 0,
    ) -> None:
        """Check the address; the first connection is made later.

        url: `sqlite:///path` or `postgresql+psycopg://...`. Raises: ConfigError.
        busy_timeout_s: how long to wait for a lock that another writer holds.
        most_bytes: returns the limit of what a person's messages may take up; 0 is no limit.
        """
        self.database = database(url, busy_timeout_s)
        self.presets = Presets(self.database, now)
        self.token_usage = StoredUsage(self.database, now)
        self.now = now
        self._most_bytes = most_bytes
        self._lock = ServerLock(self.database)

    def open(self) -> list[str]:
        """Create the folder and the schema, or update an older schema after taking a snapshot.

        Returns: sentences for the log on what was done; none if the schema was up to date.
        Raises: ConfigError if the schema is newer than this program.
        """
        self.database.open()
        return migrate(self.database)

    def lock(self) -> None:
        """Keep other servers away from this database until `close`: a second one would interrupt running answers.

        Call it before `open`, so that no other process changes the schema under a running server. PostgreSQL drops the
        lock with its connection, SQLite with the lock file; a later call takes it again. While that fails, no turn can
        begin.
        Raises: Problem if another process has the lock.
        """
        self._lock.take()

    def close(self) -> None:
        """Release the lock and all connections for good."""
        self._lock.close()

    def ping(self) -> None:
        """Query the database. Raises: Problem if it does not answer, or if another process has the lock."""
        self._lock.require()
        with self.database.read() as connection:
            connection.execute(select(users.c.id).limit(1)).first()

    def begin_turn(self, user_id: str, turn: NewTurn) -> Begun:
        """Store the beginning of a turn: the person's message, and a running answer as the conversation's new leaf.

        Raises: Problem with `invalid_request`, `conflict`, `unknown_conversation`, `unknown_message` or `storage_full`.
        """
        try:
            return self._begin_turn(user_id, turn)
        except IntegrityError:  # on PostgreSQL another writer can be first with the same message id
            return self._begin_turn(user_id, turn)

    def _tree(self, connection: Connection, user_id: str) -> Tree:
        return Tree(connection, user_id, self.now(), self._most_bytes())

    def _begin_turn(self, user_id: str, turn: NewTurn) -> Begun:
        self._lock.require()
        with self.database.write() as connection:
            return begin_turn.begin(self._tree(connection, user_id), turn)

    def begin_turn_with_history(self, user_id: str, turn: NewTurn, history: Sequence[Message]) -> Begun:
        """Store the beginning of a program's turn, and the part of its history that is not stored yet.

        turn: a `send` without a conversation and a parent; the history identifies them.
        history: the messages before it, oldest first: questions and answers alternate; the last, if any, is an answer.
        Raises: Problem with `invalid_request` or `storage_full`.
        """
        self._lock.require()
        with self.database.write() as connection:
            return known_history.begin(self._tree(connection, user_id), turn, history)

    def append(self, new: Sequence[Batch]) -> set[tuple[str, str]]:
        """Store batches of running answers.

        A batch that is stored already stays unchanged, so a failed call can be repeated.
        Returns: the user and id of each message that has ended or is unknown; its batches are dropped.
        """
        if not new:
            return set()
        with self.database.write() as connection:
            return event_batches.append(connection, new)

    def finish(self, user_id: str, message_id: str, outcome: Outcome, batch: Batch | None) -> bool:
        """Store the outcome of a running answer, and its last events; an ended or unknown answer stays unchanged.

        Returns: whether the answer has this outcome now. A failed call can be repeated.
        """
        with self.database.write() as connection:
            if batch:
                event_batches.append(connection, [batch])
            return event_batches.finish(connection, user_id, message_id, outcome, self.now())

    def end_running(self, ending: Ending) -> int:
        """End every running answer, and return how many there were."""
        with self.database.write() as connection:
            return event_batches.end_running(connection, ending, self.now())

    def batches(self, user_id: str, message_id: str, after: int) -> list[Batch]:
        """Return the saved events after `after`, in order; the first batch may begin before it."""
        with self.database.read() as connection:
            return event_batches.after(connection, user_id, message_id, after)

    def message(self, user_id: str, message_id: str) -> StoredMessage:
        """Return a message. Raises: Problem("unknown_message")."""
        with self.database.read() as connection:
            return conversations.message(connection, user_id, message_id)

    def has_message(self, user_id: str, message_id: str) -> bool:
        """Tell whether a person has a message with this id, deleted or not."""
        mine = messages.c.user_id == user_id, messages.c.id == message_id
        with self.database.read() as connection:
            return bool(connection.scalar(select(exists().where(*mine))))

    def conversations(
        self, user_id: str, before: str | None = None, limit: int = 50, **marks: bool
    ) -> tuple[list[StoredConversation], str | None]:
        """Return a page of conversations, the newest first, and the cursor for the next page, or None.

        before: the cursor of the previous page. marks: required values of `archived` and `pinned`.
        Raises: Problem("invalid_request") for an invalid cursor.
        """
        with self.database.read() as connection:
            return conversations.page(connection, user_id, before, limit, marks)

    def conversation(self, user_id: str, conversation_id: str) -> tuple[StoredConversation, list[StoredMessage]]:
        """Return a conversation and all messages of its tree, in the order they were stored.

        Raises: Problem("unknown_conversation").
        """
        with self.database.read() as connection:
            found = conversations.conversation(connection, user_id, conversation_id)
            return found, conversations.all_messages(connection, user_id, conversation_id)

    def branch(
        self,
        user_id: str,
        conversation_id: str,
        leaf_id: str | None = None,
        before: str | None = None,
        through: str | None = None,
        limit: int = 40,
        lead: int = 5,
    ) -> Branch:
        """Return the last messages of a branch, at most `limit`; only their texts are read.

        leaf_id: the branch ends at the newest message at or below this one, instead of at the current leaf.
        before: return the messages before this one, from another branch if the branch does not contain it.
        through: return all messages from `lead` before this one, from another branch if the branch does not contain it.
        Raises: Problem with `unknown_conversation` or `unknown_message`.
        """
        with self.database.read() as connection:
            conversation = conversations.conversation(connection, user_id, conversation_id)
            return branch(connection, user_id, conversation, Window(leaf_id, before, through, limit, lead))

    def summary(self, user_id: str, conversation_id: str) -> StoredConversation:
        """Return a conversation without its messages. Raises: Problem("unknown_conversation")."""
        with self.database.read() as connection:
            return conversations.conversation(connection, user_id, conversation_id)

    def search(
        self, user_id: str, query: str, before: str | None = None, limit: int = 30
    ) -> tuple[list[Hit], str | None]:
        """Return titles and messages with all words of a query, the newest first, and the cursor for the next page.

        A title comes before the messages of its conversation. Deleted conversations and messages are not found.
        Raises: Problem("invalid_request") for an invalid cursor, or text that cannot be stored.
        """
        with self.database.read() as connection:
            return search_index.search(connection, user_id, query, before, limit)

    def change(self, user_id: str, conversation_id: str, changes: Mapping[str, Any]) -> StoredConversation:
        """Change any of `title`, `pinned`, `archived`, `leaf_id`, `model` and `params`.

        `deleted: False` restores a deleted conversation.
        Raises: Problem with `unknown_conversation`; `unknown_message` if the leaf is in another conversation.
        """
        with self.database.write() as connection:
            return conversations.change(connection, user_id, conversation_id, changes)

    def delete(self, user_id: str, conversation_id: str) -> None:
        """Delete a conversation; for a day `change` can restore it. Raises: Problem("unknown_conversation")."""
        with self.database.write() as connection:
            deletion.delete_conversation(connection, user_id, conversation_id, self.now())

    def delete_message(self, user_id: str, message_id: str) -> tuple[StoredConversation, list[str]]:
        """Delete a message and everything below it; for a day `restore_message` undoes it.

        Returns: the conversation with its new leaf, and the ids of the deleted answers that are still running.
        Raises: Problem("unknown_message").
        """
        with self.database.write() as connection:
            conversation_id, running = deletion.delete_message(self._tree(connection, user_id), message_id)
            return conversations.conversation(connection, user_id, conversation_id), running

    def restore_message(self, user_id: str, message_id: str) -> StoredConversation:
        """Restore a message and everything deleted together with it; the newest below it becomes the leaf.

        Raises: Problem("unknown_message").
        """
        with self.database.write() as connection:
            conversation_id = deletion.restore_message(self._tree(connection, user_id), message_id)
            return conversations.conversation(connection, user_id, conversation_id)

    def add_version(self, user_id: str, message_id: str, content: str) -> StoredMessage:
        """Store another version of an answer, written by hand; it becomes the conversation's leaf.

        Raises: Problem with `unknown_message`; `invalid_request` for a question; `conflict` while the answer runs;
        `storage_full`.
        """
        with self.database.write() as connection:
            return forks.add_version(self._tree(connection, user_id), message_id, content)

    def fork(self, user_id: str, conversation_id: str, message_id: str) -> StoredConversation:
        """Repeat the path from the root to a message in a new conversation; long texts are shared.

        Raises: Problem with `unknown_conversation` or `unknown_message`; `conflict` while an answer on the path runs;
        `storage_full`.
        """
        with self.database.write() as connection:
            copy_id = forks.fork(self._tree(connection, user_id), conversation_id, message_id)
            return conversations.conversation(connection, user_id, copy_id)

    def stored_bytes(self, user_id: str) -> int:
        """Return what a person's messages take up, deleted ones too until they are removed."""
        with self.database.read() as connection:
            return stored_bytes.of(connection, user_id)

    def count(self, user_id: str) -> int:
        """Return how many conversations a person has, archived ones too."""
        with self.database.read() as connection:
            return conversations.count(connection, user_id)

    def delete_all(self, user_id: str) -> int:
        """Delete every conversation of a person, as `delete` does, and return how many there were."""
        with self.database.write() as connection:
            return deletion.delete_all_conversations(connection, user_id, self.now())

    def sweep(self) -> None:
        """Remove the events of answers that ended ten minutes ago, and what was deleted or used a day ago."""
        now = self.now()
        with self.database.write() as connection:
            event_batches.sweep(connection, now)
            deletion.sweep(connection, now)
            stored_usage.sweep(connection, now)
