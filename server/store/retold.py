"""Turns that come with all that was said before them, as programs send it: what is new of it becomes messages."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from server.store import turns, ways
from server.store.failures import refuse_unstorable
from server.store.records import Begun, NewTurn, Said, StoredMessage
from server.store.tree import Place, Tree

TOLD_IN = 3
"""Events that tell an answer that nobody gave here: start, content, finish."""


def begin(tree: Tree, turn: NewTurn, before: Sequence[Said]) -> Begun:
    """Store what a turn begins with, in the conversation that goes on with it, or else in a new one.

    turn: a `send` that says neither where it happens nor what it follows.
    before: what was said, oldest first: questions and answers in turns, an answer the last, if there is any.
    Raises: Problem("invalid_request") for what cannot be stored.
    """
    refuse_unstorable(*(said.content for said in before), turn.content)
    said = [*before, Said("user", turn.content)]
    places = ways.hashes(said)
    hash_ = list(places)[-1]
    way = ways.stored(tree, said, places)
    asked = ways.cut_off(tree, hash_) if not way.last else way.last if way.length == len(said) else None
    if asked:
        there = replace(turn, conversation_id=asked.conversation_id, parent_id=asked.id)
        return turns.begin(tree, replace(there, action="regenerate"))
    place = tree.lock(way.last.conversation_id) if way.last else tree.plant(turn.title)
    parent_id = _retell(tree, place, before[way.length :], way.last and way.last.id)
    begun = turns.begin(tree, replace(turn, conversation_id=place.id, parent_id=parent_id))
    ways.note(tree, begun.user_message_id, hash_)
    return replace(begun, is_new=place.is_new)


def _retell(tree: Tree, place: Place, before: Sequence[Said], parent_id: str | None) -> str | None:
    """Store what was said behind a message, and return the id of the last one; None is the root."""
    told: list[StoredMessage] = []
    for said in before:
        told.append(_message(tree, place.id, said, parent_id))
        parent_id = told[-1].id
    if told:
        tree.add(place, *told)
    return parent_id


def _message(tree: Tree, conversation_id: str, said: Said, parent_id: str | None) -> StoredMessage:
    """Return a message that a program told; of an answer, nobody knows who gave it."""
    is_answer = said.role == "assistant"
    return StoredMessage(
        id=str(uuid4()),
        conversation_id=conversation_id,
        parent_id=parent_id,
        role=said.role,
        content=said.content,
        reasoning="",
        status="complete",
        model=None,
        provider=None,
        attempts=[],
        usage=None,
        error=None,
        finish_reason="stop" if is_answer else None,
        state=None,
        last_seq=TOLD_IN if is_answer else 0,
        created_at=tree.now,
        ended_at=tree.now,
    )
