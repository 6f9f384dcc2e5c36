"""Repeat messages: a fork of a conversation, and a handwritten version of an answer."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from server.problems import Problem
from server.store import conversations
from server.store.begin_turn import WAIT
from server.store.databases.db_errors import refuse_unstorable, unknown_message
from server.store.records import EVENTS_OF_WRITTEN_ANSWER, StoredMessage
from server.store.tree import Tree

NO_ANSWER = "Only answers can be edited in place. To edit a question, send it again as a new message."


def add_version(tree: Tree, message_id: str, content: str) -> StoredMessage:
    """Store another version of an answer, which becomes the conversation's leaf.

    Raises: Problem with `unknown_message`; `invalid_request` for a question; `conflict` while the answer is running.
    """
    refuse_unstorable(content)
    conversation = tree.lock_of(message_id)
    original = conversations.message(tree.connection, tree.user_id, message_id)
    if original.role != "assistant":
        raise Problem("invalid_request", NO_ANSWER)
    if original.status == "running":
        raise Problem("conflict", WAIT)
    version = _version(tree, original, content)
    tree.add(conversation, version)
    return version


def fork(tree: Tree, conversation_id: str, message_id: str) -> str:
    """Repeat the path to a message in a new conversation, and return its id. Long texts are shared, not copied.

    Raises: Problem with `unknown_conversation` or `unknown_message`; `conflict` while an answer on the path is running.
    """
    source = tree.lock(conversation_id)
    path = tree.path_to_copy(source, message_id)
    if not path:
        raise unknown_message()
    if any(message.status == "running" for message, _ in path):
        raise Problem("conflict", WAIT)
    copy = tree.create(source.title)._replace(model=source.model, params=source.params)
    copies = _copied([message for message, _ in path], copy.id)
    tree.add_copies(copy, [(copied, source_id) for copied, (_, source_id) in zip(copies, path, strict=True)])
    return copy.id


def _version(tree: Tree, original: StoredMessage, content: str) -> StoredMessage:
    return StoredMessage(
        id=str(uuid4()),
        conversation_id=original.conversation_id,
        parent_id=original.parent_id,
        role="assistant",
        content=content,
        model=original.model,
        finish_reason="stop",
        last_seq=EVENTS_OF_WRITTEN_ANSWER,
        created_at=tree.now,
        ended_at=tree.now,
    )


def _copied(path: Sequence[StoredMessage], conversation_id: str) -> list[StoredMessage]:
    ids = [str(uuid4()) for _ in path]
    return [
        replace(message, id=id_, parent_id=parent_id, conversation_id=conversation_id)
        for message, id_, parent_id in zip(path, ids, [None, *ids[:-1]], strict=True)
    ]
