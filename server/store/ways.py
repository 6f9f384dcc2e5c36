"""Where a conversation that a program tells anew is stored already.

A program names no conversation, so it is found by what was said: each question that a program asks is stored with a
hash of all that it came with. The answer to it, and what follows that, are the same if their texts are.
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from server.store.records import AuthorRole, Said, Status
from server.store.schema import conversations, messages, ways
from server.store.tree import VISIBLE, Tree

MOST_COMPARED = 200
"""Questions that are looked at, the newest first, and that are noted of one hash: of more than so many conversations
that began alike, the oldest are not found."""
CUT = "stopped", "failed", "interrupted"
"""Answers of which the program may have less than is stored, and after which it may ask again."""


class Step(NamedTuple):
    """A message on a way, as far as it matters here. model: None where nobody answered here."""

    id: str
    conversation_id: str
    parent_id: str | None
    role: AuthorRole
    content: str
    status: Status
    model: str | None


class Way(NamedTuple):
    """How far a way is stored. length: how much of what was said is on it; without a last message nothing is."""

    length: int = 0
    last: Step | None = None


STEP = [messages.c[name] for name in Step._fields]


def hashes(said: Sequence[Said]) -> dict[str, int]:
    """Return the place of each question by the hash of all up to there. White space makes no difference."""
    found, digest = dict[str, int](), hashlib.blake2b(digest_size=16)
    for place, (role, content) in enumerate(said):
        digest.update(f"{role} {_words(content)}\0".encode())
        if role == "user":
            found[digest.hexdigest()] = place
    return found


def note(tree: Tree, question_id: str, hash_: str) -> None:
    """Store the hash of the way to a question, in the place of those that are no longer looked at."""
    same = ways.c.user_id == tree.user_id, ways.c.hash == hash_
    newest_first = select(ways.c.created_at).where(*same).order_by(ways.c.created_at.desc())
    last = newest_first.offset(MOST_COMPARED - 1).limit(1).scalar_subquery()
    tree.connection.execute(delete(ways).where(*same, ways.c.created_at <= last))
    row = {"user_id": tree.user_id, "message_id": question_id, "hash": hash_, "created_at": tree.now}
    tree.connection.execute(insert(ways), row)


def stored(tree: Tree, said: Sequence[Said], places: Mapping[str, int]) -> Way:
    """Return how far what was said is stored: to an answer that was given here, and from there on."""
    length, last = _answered(tree, said, places)
    while last and length < len(said) and (following := _following(tree, last, said[length])):
        length, last = length + 1, following
    return Way(length, last)


def cut_off(tree: Tree, hash_: str) -> Step | None:
    """Return the newest question of this hash if its newest answer was cut off."""
    newest = list(_asked(tree, [hash_]))[:1]
    answers = _answers(tree, newest)
    return _question(tree, newest[0]) if answers and answers[-1].status in CUT else None


def _answered(tree: Tree, said: Sequence[Said], places: Mapping[str, int]) -> Way:
    """Return the way to the last answer that was given here."""
    way, asked = Way(), _asked(tree, [hash_ for hash_, place in places.items() if place + 1 < len(said)])
    for answer in _answers(tree, list(asked)):
        length = places[asked[answer.parent_id or ""]] + 2
        if length >= way.length and answer.model and _is_told(answer, said[length - 1]):
            way = Way(length, answer)
    return way


def _asked(tree: Tree, hashes: Sequence[str]) -> dict[str, str]:
    """Return the hashes of questions by their ids, the newest first."""
    mine = select(ways.c.message_id, ways.c.hash).where(ways.c.user_id == tree.user_id, ways.c.hash.in_(hashes))
    rows = tree.connection.execute(mine.order_by(ways.c.created_at.desc()).limit(MOST_COMPARED))
    return {message_id: hash_ for message_id, hash_ in rows}


def _answers(tree: Tree, question_ids: Sequence[str]) -> list[Step]:
    """Return the answers to questions, in the order they were stored, without those that are running or gone."""
    home = (conversations.c.user_id == messages.c.user_id) & (conversations.c.id == messages.c.conversation_id)
    there = conversations.c.deleted_at.is_(None), VISIBLE, messages.c.status != "running"
    mine = messages.c.user_id == tree.user_id, messages.c.parent_id.in_(question_ids)
    query = select(*STEP).join_from(messages, conversations, home).where(*mine, *there)
    rows = tree.connection.execute(query.order_by(messages.c.created_at, messages.c.sequence))
    return [Step(*row) for row in rows]


def _following(tree: Tree, step: Step, said: Said) -> Step | None:
    """Return the newest message behind another one that says this; nothing can follow an answer that is running."""
    mine = messages.c.user_id == tree.user_id, messages.c.parent_id == step.id
    there = select(*STEP).where(*mine, VISIBLE, messages.c.status != "running")
    rows = tree.connection.execute(there.order_by(messages.c.sequence.desc()))
    steps = (Step(*row) for row in rows)
    return next((one for one in steps if (one.role, _words(one.content)) == (said.role, _words(said.content))), None)


def _question(tree: Tree, message_id: str) -> Step:
    mine = messages.c.user_id == tree.user_id, messages.c.id == message_id
    return Step(*tree.connection.execute(select(*STEP).where(*mine)).one())


def _is_told(answer: Step, said: Said) -> bool:
    """Tell whether a program tells this answer, or of one that was cut off what it received."""
    kept, told = _words(answer.content), _words(said.content)
    return kept == told or (answer.status in CUT and kept.startswith(told))


def _words(text: str) -> str:
    return " ".join(text.split())
