"""Begin turns of programs, which send the whole history: find what is stored of it, and store the rest.

A program names no conversation, so the history itself identifies it. Each question is stored with a hash of itself and
all messages before it, which is the hash of a prefix of later requests. Answers, and the messages after them, are
compared by their texts.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple
from uuid import uuid4

from sqlalchemy import delete, insert, select

from g4f_lite.messages import Message
from server.store import begin_turn
from server.store.databases.db_errors import refuse_unstorable
from server.store.mapping import CONVERSATION_EXISTS, MESSAGE_EXISTS, message_column
from server.store.records import EVENTS_OF_WRITTEN_ANSWER, AuthorRole, Begun, NewTurn, Status, StoredMessage
from server.store.schema import conversations, history_hashes, messages
from server.store.tree import LockedConversation, Tree

MOST_COMPARED = 200
"""Questions stored and compared per hash, the newest first. Of more conversations with the same beginning, the oldest
are not found."""
CUT = "stopped", "failed", "interrupted"
"""States of answers of which the program may have less than is stored, and after which it may ask again."""


class KnownMessage(NamedTuple):
    """A stored message of a history. model: None if the answer was not given here."""

    id: str
    conversation_id: str
    parent_id: str | None
    role: AuthorRole
    content: str
    status: Status
    model: str | None


class KnownHistory(NamedTuple):
    """The stored part of a history. length: how many of its messages; last: None if there are none."""

    length: int = 0
    last: KnownMessage | None = None


_COLUMNS = [message_column(name) for name in KnownMessage._fields]


def begin(tree: Tree, turn: NewTurn, history: Sequence[Message]) -> Begun:
    """Store the beginning of a turn in the conversation with this history, or else in a new one.

    turn: a `send` without a conversation and a parent.
    history: the messages before it, oldest first: questions and answers alternate; the last, if any, is an answer.
    Raises: Problem("invalid_request") for texts that cannot be stored.
    """
    refuse_unstorable(*(message.content for message in history), turn.content)
    whole = [*history, Message("user", turn.content)]
    positions = _hashes(whole)
    hash_ = list(positions)[-1]
    known = _longest(tree, whole, positions)
    if repeated := _repeated(tree, known, hash_, len(whole)):
        regenerate = replace(turn, action="regenerate", conversation_id=repeated.conversation_id, parent_id=repeated.id)
        return begin_turn.begin(tree, regenerate)
    conversation = tree.lock(known.last.conversation_id) if known.last else tree.create(turn.title)
    parent_id = _add(tree, conversation, history[known.length :], known.last and known.last.id)
    begun = begin_turn.begin(tree, replace(turn, conversation_id=conversation.id, parent_id=parent_id))
    _store_hash(tree, begun.user_message_id, hash_)
    return replace(begun, is_new=conversation.is_new)


def _repeated(tree: Tree, known: KnownHistory, hash_: str, length: int) -> KnownMessage | None:
    """Return the stored question that the program asks again."""
    if not known.last:
        return _cut_off(tree, hash_)
    return known.last if known.length == length else None


def _add(tree: Tree, conversation: LockedConversation, history: Sequence[Message], parent_id: str | None) -> str | None:
    """Store messages below a parent, and return the id of the last one. None is the root."""
    new: list[StoredMessage] = []
    for message in history:
        new.append(_stored(tree, conversation.id, message, parent_id))
        parent_id = new[-1].id
    if new:
        tree.add(conversation, *new)
    return parent_id


def _stored(tree: Tree, conversation_id: str, message: Message, parent_id: str | None) -> StoredMessage:
    """Return a message that a program sent; the provider of an answer is unknown."""
    is_answer = message.role == "assistant"
    return StoredMessage(
        id=str(uuid4()),
        conversation_id=conversation_id,
        parent_id=parent_id,
        role="assistant" if is_answer else "user",
        content=message.content,
        finish_reason="stop" if is_answer else None,
        last_seq=EVENTS_OF_WRITTEN_ANSWER if is_answer else 0,
        created_at=tree.now,
        ended_at=tree.now,
    )


def _hashes(history: Sequence[Message]) -> dict[str, int]:
    """Return the position of each question by the hash of all messages up to it. White space makes no difference."""
    found, digest = dict[str, int](), hashlib.blake2b(digest_size=16)
    for position, message in enumerate(history):
        digest.update(f"{message.role} {_normalized(message.content)}\0".encode())
        if message.role == "user":
            found[digest.hexdigest()] = position
    return found


def _store_hash(tree: Tree, question_id: str, hash_: str) -> None:
    """Store the hash of a question, and remove those of the same value that are no longer compared."""
    same = history_hashes.c.user_id == tree.user_id, history_hashes.c.hash == hash_
    newest_first = select(history_hashes.c.created_at).where(*same).order_by(history_hashes.c.created_at.desc())
    last = newest_first.offset(MOST_COMPARED - 1).limit(1).scalar_subquery()
    tree.connection.execute(delete(history_hashes).where(*same, history_hashes.c.created_at <= last))
    row = {"user_id": tree.user_id, "message_id": question_id, "hash": hash_, "created_at": tree.now}
    tree.connection.execute(insert(history_hashes), row)


def _longest(tree: Tree, history: Sequence[Message], positions: Mapping[str, int]) -> KnownHistory:
    """Return how much of a history is stored: up to an answer that was given here, and the messages after it.

    positions: as `_hashes` returns them.
    """
    length, last = _answered(tree, history, positions)
    while last and length < len(history) and (child := _child(tree, last, history[length])):
        length, last = length + 1, child
    return KnownHistory(length, last)


def _cut_off(tree: Tree, hash_: str) -> KnownMessage | None:
    """Return the newest question of this hash if its newest answer was cut off."""
    newest = list(_questions(tree, [hash_]))[:1]
    answers = _answers(tree, newest)
    return _question(tree, newest[0]) if answers and answers[-1].status in CUT else None


def _answered(tree: Tree, history: Sequence[Message], positions: Mapping[str, int]) -> KnownHistory:
    """Return the part that ends with the last answer that was given here."""
    asked_before = [hash_ for hash_, position in positions.items() if position + 1 < len(history)]
    found, hash_of = KnownHistory(), _questions(tree, asked_before)
    for answer in _answers(tree, list(hash_of)):
        length = positions[hash_of[answer.parent_id or ""]] + 2
        if length >= found.length and answer.model and _was_received(answer, history[length - 1]):
            found = KnownHistory(length, answer)
    return found


def _questions(tree: Tree, hashes: Sequence[str]) -> dict[str, str]:
    """Return the hashes of questions by their ids, the newest first."""
    mine = history_hashes.c.user_id == tree.user_id, history_hashes.c.hash.in_(hashes)
    found = select(history_hashes.c.message_id, history_hashes.c.hash).where(*mine)
    newest_first = found.order_by(history_hashes.c.created_at.desc()).limit(MOST_COMPARED)
    return {message_id: hash_ for message_id, hash_ in tree.connection.execute(newest_first)}


def _answers(tree: Tree, question_ids: Sequence[str]) -> list[KnownMessage]:
    """Return the answers to questions, in the order they were stored, without running and deleted ones."""
    joined = (conversations.c.user_id == messages.c.user_id) & (conversations.c.id == messages.c.conversation_id)
    ended = CONVERSATION_EXISTS, MESSAGE_EXISTS, messages.c.status != "running"
    mine = messages.c.user_id == tree.user_id, messages.c.parent_id.in_(question_ids)
    query = select(*_COLUMNS).join_from(messages, conversations, joined).where(*mine, *ended)
    rows = tree.connection.execute(query.order_by(messages.c.created_at, messages.c.sequence))
    return [KnownMessage(*row) for row in rows]


def _child(tree: Tree, parent: KnownMessage, message: Message) -> KnownMessage | None:
    """Return the newest child with this role and text; nothing can follow an answer that is running."""
    mine = messages.c.user_id == tree.user_id, messages.c.parent_id == parent.id
    ended = select(*_COLUMNS).where(*mine, MESSAGE_EXISTS, messages.c.status != "running")
    children = (KnownMessage(*row) for row in tree.connection.execute(ended.order_by(messages.c.sequence.desc())))
    wanted = message.role, _normalized(message.content)
    return next((child for child in children if (child.role, _normalized(child.content)) == wanted), None)


def _question(tree: Tree, message_id: str) -> KnownMessage:
    mine = messages.c.user_id == tree.user_id, messages.c.id == message_id
    return KnownMessage(*tree.connection.execute(select(*_COLUMNS).where(*mine)).one())


def _was_received(answer: KnownMessage, message: Message) -> bool:
    """Tell whether the program has this answer, or the beginning of one that was cut off."""
    stored, received = _normalized(answer.content), _normalized(message.content)
    return stored == received or (answer.status in CUT and stored.startswith(received))


def _normalized(text: str) -> str:
    return " ".join(text.split())
