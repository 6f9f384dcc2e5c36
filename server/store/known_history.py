"""Where the conversation is stored already whose history a program sends again.

A program names no conversation, so it is found by what was said: each question that a program asks is stored with a
hash of it and of all before it, which is a prefix of what comes with later ones. The answer to it, and what follows
that, are the same if their texts are.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from g4f_lite.messages import Message
from server.store.records import AuthorRole, Status
from server.store.schema import conversations, messages, prefixes
from server.store.tree import VISIBLE, Tree

MOST_COMPARED = 200
"""Questions that are looked at, the newest first, and that are stored of one hash: of more than so many conversations
that began alike, the oldest are not found."""
CUT = "stopped", "failed", "interrupted"
"""Answers of which the program may have less than is stored, and after which it may ask again."""


class Node(NamedTuple):
    """A message in the tree, as far as it matters here. model: None where nobody answered here."""

    id: str
    conversation_id: str
    parent_id: str | None
    role: AuthorRole
    content: str
    status: Status
    model: str | None


class Prefix(NamedTuple):
    """What is stored of a history. length: how many of its messages; without a last node none is."""

    length: int = 0
    last: Node | None = None


NODE = [messages.c[name] for name in Node._fields]


def hashes(history: Sequence[Message]) -> dict[str, int]:
    """Return the place of each question by the hash of all up to there. White space makes no difference."""
    found, digest = dict[str, int](), hashlib.blake2b(digest_size=16)
    for place, message in enumerate(history):
        digest.update(f"{message.role} {_words(message.content)}\0".encode())
        if message.role == "user":
            found[digest.hexdigest()] = place
    return found


def add(tree: Tree, question_id: str, hash_: str) -> None:
    """Store the hash of a question, in the place of those that are no longer looked at."""
    same = prefixes.c.user_id == tree.user_id, prefixes.c.hash == hash_
    newest_first = select(prefixes.c.created_at).where(*same).order_by(prefixes.c.created_at.desc())
    last = newest_first.offset(MOST_COMPARED - 1).limit(1).scalar_subquery()
    tree.connection.execute(delete(prefixes).where(*same, prefixes.c.created_at <= last))
    row = {"user_id": tree.user_id, "message_id": question_id, "hash": hash_, "created_at": tree.now}
    tree.connection.execute(insert(prefixes), row)


def longest(tree: Tree, history: Sequence[Message], places: Mapping[str, int]) -> Prefix:
    """Return how much of a history is stored: up to an answer that was given here, and from there on.

    places: as `hashes` returns them.
    """
    length, last = _answered(tree, history, places)
    while last and length < len(history) and (following := _following(tree, last, history[length])):
        length, last = length + 1, following
    return Prefix(length, last)


def cut_off(tree: Tree, hash_: str) -> Node | None:
    """Return the newest question of this hash if its newest answer was cut off."""
    newest = list(_questions(tree, [hash_]))[:1]
    answers = _answers(tree, newest)
    return _question(tree, newest[0]) if answers and answers[-1].status in CUT else None


def _answered(tree: Tree, history: Sequence[Message], places: Mapping[str, int]) -> Prefix:
    """Return what ends with the last answer that was given here."""
    found, hash_of = Prefix(), _questions(tree, [hash_ for hash_, place in places.items() if place + 1 < len(history)])
    for answer in _answers(tree, list(hash_of)):
        length = places[hash_of[answer.parent_id or ""]] + 2
        if length >= found.length and answer.model and _was_received(answer, history[length - 1]):
            found = Prefix(length, answer)
    return found


def _questions(tree: Tree, hashes: Sequence[str]) -> dict[str, str]:
    """Return the hashes of questions by their ids, the newest first."""
    mine = prefixes.c.user_id == tree.user_id, prefixes.c.hash.in_(hashes)
    newest_first = select(prefixes.c.message_id, prefixes.c.hash).where(*mine).order_by(prefixes.c.created_at.desc())
    return {message_id: hash_ for message_id, hash_ in tree.connection.execute(newest_first.limit(MOST_COMPARED))}


def _answers(tree: Tree, question_ids: Sequence[str]) -> list[Node]:
    """Return the answers to questions, in the order they were stored, without those that are running or gone."""
    home = (conversations.c.user_id == messages.c.user_id) & (conversations.c.id == messages.c.conversation_id)
    there = conversations.c.deleted_at.is_(None), VISIBLE, messages.c.status != "running"
    mine = messages.c.user_id == tree.user_id, messages.c.parent_id.in_(question_ids)
    query = select(*NODE).join_from(messages, conversations, home).where(*mine, *there)
    rows = tree.connection.execute(query.order_by(messages.c.created_at, messages.c.sequence))
    return [Node(*row) for row in rows]


def _following(tree: Tree, node: Node, message: Message) -> Node | None:
    """Return the newest child that says this; nothing can follow an answer that is running."""
    mine = messages.c.user_id == tree.user_id, messages.c.parent_id == node.id
    there = select(*NODE).where(*mine, VISIBLE, messages.c.status != "running")
    nodes = (Node(*row) for row in tree.connection.execute(there.order_by(messages.c.sequence.desc())))
    said = message.role, _words(message.content)
    return next((one for one in nodes if (one.role, _words(one.content)) == said), None)


def _question(tree: Tree, message_id: str) -> Node:
    mine = messages.c.user_id == tree.user_id, messages.c.id == message_id
    return Node(*tree.connection.execute(select(*NODE).where(*mine)).one())


def _was_received(answer: Node, message: Message) -> bool:
    """Tell whether a program has this answer, or of one that was cut off what had come."""
    stored, received = _words(answer.content), _words(message.content)
    return stored == received or (answer.status in CUT and stored.startswith(received))


def _words(text: str) -> str:
    return " ".join(text.split())
