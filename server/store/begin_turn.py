"""The rules by which a turn begins: its question and running answer become durable in one transaction."""

from typing import Any

from server.problems import Problem
from server.store import shared_texts
from server.store.databases.db_errors import refuse_unstorable
from server.store.records import ABSENT, Begun, NewTurn, StoredMessage
from server.store.tree import LockedConversation, Tree

WAIT = "Wait until this answer is complete, or stop it."
TAKEN = "This message id is already in use. Choose a new one."
NO_CONVERSATION = "`conversation_id` is missing. Say which conversation this belongs to."
NO_QUESTION = "Only a question can be answered again. Give its id in `parent_id`."
NO_ANSWER = "Only an answer can be continued. Give its id in `parent_id`."


def begin(tree: Tree, turn: NewTurn) -> Begun:
    """Store the beginning of a turn. Raises: Problem; IntegrityError if another writer took an id just now."""
    refuse_unstorable(turn.message_id, turn.content, turn.title, turn.model)
    if turn.action == "send":
        return _repeat(tree, turn) or _send(tree, turn)
    if turn.conversation_id is None:
        raise Problem("invalid_request", NO_CONVERSATION)
    return _regenerate(tree, turn) if turn.action == "regenerate" else _continue(tree, turn)


def _repeat(tree: Tree, turn: NewTurn) -> Begun | None:
    """Return the turn that this message began earlier, if it was sent before."""
    question = tree.find(turn.message_id)
    if not question:
        return None
    if question.role != "user" or turn.conversation_id not in (None, question.conversation_id):
        raise Problem("conflict", TAKEN)
    conversation, path, answer = tree.stored_turn(question)
    if not path or not answer:
        raise Problem("conflict", TAKEN)
    return _begun(conversation, path, answer, _state(path), repeated=True)


def _send(tree: Tree, turn: NewTurn) -> Begun:
    conversation, before = tree.enter(turn)
    if before and before[-1].status == "running":
        raise Problem("conflict", WAIT)
    question, answer = tree.send(conversation, before[-1].id if before else None, turn)
    return _begun(conversation, [*before, question], answer, _state(before))


def _regenerate(tree: Tree, turn: NewTurn) -> Begun:
    conversation, path = tree.enter(turn)
    if turn.parent_id is ABSENT and path and path[-1].role == "assistant":
        path.pop()
    if not path or path[-1].role != "user":
        raise Problem("invalid_request", NO_QUESTION)
    return _begun(conversation, path, tree.regenerate(conversation, path[-1], turn), _state(path))


def _continue(tree: Tree, turn: NewTurn) -> Begun:
    conversation, path = tree.enter(turn)
    if not path or path[-1].role != "assistant":
        raise Problem("invalid_request", NO_ANSWER)
    if path[-1].status == "running":
        raise Problem("conflict", WAIT)
    shared_texts.hand_over(tree.connection, tree.only(path[-1]))  # forks keep the text as it is now
    answer = tree.continue_(conversation, path[-1], turn)
    return _begun(conversation, [*path[:-1], answer], answer, _state(path))


def _state(path: list[StoredMessage]) -> dict[str, Any] | None:
    """Return the state that the last answer left. An older answer's service would not know the messages since."""
    return next((message.state for message in reversed(path) if message.role == "assistant"), None)


def _begun(
    conversation: LockedConversation,
    path: list[StoredMessage],
    answer: StoredMessage,
    state: dict[str, Any] | None,
    *,
    repeated: bool = False,
) -> Begun:
    question = next(message for message in reversed(path) if message.role == "user")
    return Begun(
        conversation_id=conversation.id,
        user_message_id=question.id,
        answer=answer,
        path=path,
        title=conversation.title,
        is_new=conversation.is_new,
        repeated=repeated,
        state=state,
        params=conversation.params or {},
    )
