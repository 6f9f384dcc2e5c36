"""Turns that come with their history, as programs send it: what is new of it becomes messages."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from g4f_lite.messages import Message
from server.store import begin_turn, known_history
from server.store.databases.db_errors import refuse_unstorable
from server.store.records import TOLD_IN, Begun, NewTurn, StoredMessage
from server.store.tree import Place, Tree


def begin(tree: Tree, turn: NewTurn, history: Sequence[Message]) -> Begun:
    """Store what a turn begins with, in the conversation that goes on with it, or else in a new one.

    turn: a `send` that says neither where it happens nor what it follows.
    history: what was said before, oldest first: questions and answers in turns, an answer the last, if there is any.
    Raises: Problem("invalid_request") for what cannot be stored.
    """
    refuse_unstorable(*(message.content for message in history), turn.content)
    whole = [*history, Message("user", turn.content)]
    places = known_history.hashes(whole)
    hash_ = list(places)[-1]
    stored = known_history.longest(tree, whole, places)
    asked = (
        known_history.cut_off(tree, hash_) if not stored.last else stored.last if stored.length == len(whole) else None
    )
    if asked:
        there = replace(turn, conversation_id=asked.conversation_id, parent_id=asked.id)
        return begin_turn.begin(tree, replace(there, action="regenerate"))
    place = tree.lock(stored.last.conversation_id) if stored.last else tree.plant(turn.title)
    parent_id = _add(tree, place, history[stored.length :], stored.last and stored.last.id)
    begun = begin_turn.begin(tree, replace(turn, conversation_id=place.id, parent_id=parent_id))
    known_history.add(tree, begun.user_message_id, hash_)
    return replace(begun, is_new=place.is_new)


def _add(tree: Tree, place: Place, history: Sequence[Message], parent_id: str | None) -> str | None:
    """Store what was said behind a message, and return the id of the last one; None is the root."""
    new: list[StoredMessage] = []
    for message in history:
        new.append(_stored(tree, place.id, message, parent_id))
        parent_id = new[-1].id
    if new:
        tree.add(place, *new)
    return parent_id


def _stored(tree: Tree, conversation_id: str, message: Message, parent_id: str | None) -> StoredMessage:
    """Return a message that a program sent; of an answer, nobody knows who gave it."""
    is_answer = message.role == "assistant"
    return StoredMessage(
        id=str(uuid4()),
        conversation_id=conversation_id,
        parent_id=parent_id,
        role="assistant" if is_answer else "user",
        content=message.content,
        finish_reason="stop" if is_answer else None,
        last_seq=TOLD_IN if is_answer else 0,
        created_at=tree.now,
        ended_at=tree.now,
    )
