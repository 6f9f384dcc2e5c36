"""How a turn becomes durable: the person's message, the answer that is about to come, and the way to it."""

from dataclasses import replace
from typing import Any

from server.problems import Problem
from server.store.databases.db_errors import refuse_unstorable, unknown_message
from server.store.records import ABSENT, Begun, NewTurn, StoredMessage
from server.store.tree import Place, Tree

WAIT = "Wait until this answer has ended, or stop it."
TAKEN = "This message id is used in another place. Choose a new one."
NO_CONVERSATION = "Say in `conversation_id` which conversation this is about."
NO_QUESTION = "Only a question can be answered again: name one in `parent_id`."
NO_ANSWER = "Only an answer can be continued: name one in `parent_id`."


def begin(tree: Tree, turn: NewTurn) -> Begun:
    """Store what a turn begins with. Raises: Problem; IntegrityError if another writer took an id just now."""
    refuse_unstorable(turn.message_id, turn.content, turn.title, turn.model)
    if turn.action == "send":
        return _earlier(tree, turn) or _send(tree, turn)
    if turn.conversation_id is None:
        raise Problem("invalid_request", NO_CONVERSATION)
    place = tree.lock(turn.conversation_id)
    return (_regenerate if turn.action == "regenerate" else _continue)(tree, turn, _asked(place, turn))


def _earlier(tree: Tree, turn: NewTurn) -> Begun | None:
    """Return the turn that this message began, if it came before."""
    question = tree.find(turn.message_id)
    if not question:
        return None
    if question.role != "user" or turn.conversation_id not in (None, question.conversation_id):
        raise Problem("conflict", TAKEN)
    place = tree.lock(question.conversation_id)
    path, answer = tree.path(place, question.id), tree.first_answer(question)
    if not path or not answer:
        raise Problem("conflict", TAKEN)
    return _begun(place, path, answer, _state(path), repeated=True)


def _send(tree: Tree, turn: NewTurn) -> Begun:
    place = tree.lock(turn.conversation_id) if turn.conversation_id else tree.plant(turn.title)
    place = _asked(place, turn)
    before = _path(tree, turn, place)
    if before and before[-1].status == "running":
        raise Problem("conflict", WAIT)
    question = _question(tree, turn, place, before)
    answer = _answer(tree, turn, question)
    tree.add(place, question, answer)
    return _begun(place, [*before, question], answer, _state(before))


def _regenerate(tree: Tree, turn: NewTurn, place: Place) -> Begun:
    path = _path(tree, turn, place)
    if turn.parent_id is ABSENT and path and path[-1].role == "assistant":
        path.pop()
    if not path or path[-1].role != "user":
        raise Problem("invalid_request", NO_QUESTION)
    answer = _answer(tree, turn, path[-1])
    tree.add(place, answer)
    return _begun(place, path, answer, _state(path))


def _continue(tree: Tree, turn: NewTurn, place: Place) -> Begun:
    path = _path(tree, turn, place)
    if not path or path[-1].role != "assistant":
        raise Problem("invalid_request", NO_ANSWER)
    if path[-1].status == "running":
        raise Problem("conflict", WAIT)
    state = _state(path)
    path[-1] = answer = _running_again(path[-1], turn.model)
    tree.run_again(answer)
    tree.point(place, answer)
    return _begun(place, path, answer, state)


def _asked(place: Place, turn: NewTurn) -> Place:
    """Return the conversation with what it will remember of the turn."""
    return place._replace(model=turn.model, params=place.params if turn.params is ABSENT else turn.params or None)


def _path(tree: Tree, turn: NewTurn, place: Place) -> list[StoredMessage]:
    """Return the way to the turn's parent; empty where that is the root."""
    parent_id = place.leaf_id if turn.parent_id is ABSENT else turn.parent_id
    if parent_id is None:
        return []
    path = tree.path(place, parent_id)
    if not path:
        raise unknown_message()
    return path


def _question(tree: Tree, turn: NewTurn, place: Place, before: list[StoredMessage]) -> StoredMessage:
    return StoredMessage(
        id=turn.message_id,
        conversation_id=place.id,
        parent_id=before[-1].id if before else None,
        role="user",
        content=turn.content,
        created_at=tree.now,
        ended_at=tree.now,
    )


def _answer(tree: Tree, turn: NewTurn, question: StoredMessage) -> StoredMessage:
    return replace(
        question,
        id=turn.answer_id,
        parent_id=question.id,
        role="assistant",
        content="",
        status="running",
        model=turn.model,
        created_at=tree.now,
        ended_at=None,
    )


def _running_again(answer: StoredMessage, model: str) -> StoredMessage:
    """Return an answer that goes on: what was said of its last turn is over, and so is the state that turn left."""
    return replace(
        answer,
        status="running",
        model=model,
        answering=None,
        attempts=[],
        usage=None,
        error=None,
        finish_reason=None,
        state=None,
        ended_at=None,
    )


def _state(path: list[StoredMessage]) -> dict[str, Any] | None:
    """Return what the last answer on the way left; an older one's service would not know what was said since."""
    return next((message.state for message in reversed(path) if message.role == "assistant"), None)


def _begun(
    place: Place,
    path: list[StoredMessage],
    answer: StoredMessage,
    state: dict[str, Any] | None,
    *,
    repeated: bool = False,
) -> Begun:
    question = next(message for message in reversed(path) if message.role == "user")
    return Begun(
        conversation_id=place.id,
        user_message_id=question.id,
        answer=answer,
        path=path,
        title=place.title,
        is_new=place.is_new,
        repeated=repeated,
        state=state,
        params=place.params or {},
    )
