"""Starts a turn: stores the question and runs the answer. The page, the API and programs all start turns here."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from g4f_lite.messages import Message, Params
from g4f_lite.pieces import Pieces
from g4f_lite.routing.model import Model
from server.limits.quota import Slot
from server.store import Begun, NewTurn, Store
from server.turns.prompt import prompt
from server.turns.question import Question
from server.turns.title import title_of
from server.turns.turn import Turn
from server.turns.turn_request import TurnRequest


class TurnStarter:
    """May be used from any thread."""

    def __init__(self, store: Store, run: Callable[[Turn, Slot], None]) -> None:
        """run: lets a turn run until its end, and then releases the slot."""
        self._store = store
        self._run_turn = run

    def start(self, user_id: str, model: Model, asked: TurnRequest, slot: Slot) -> tuple[Begun, Turn | None]:
        """Start a turn in a conversation. Returns: no turn if the store already has the message. Raises: Problem.

        slot: held by the turn until it ends, unless none starts.
        """
        begun = self._store.begin_turn(user_id, _new_turn(model, asked))
        if begun.repeated:
            return begun, None
        messages, system = prompt(begun.path, asked.action), begun.params.get("system", "")
        question = Question(model, messages, _params(begun.params, asked.stop), begun.state, system)
        return begun, self._run(user_id, begun, question, question.answer(), slot)

    def start_with_history(
        self,
        user_id: str,
        question: Question,
        asked: TurnRequest,
        history: Sequence[Message],
        pieces: Callable[[Question], Pieces],
        slot: Slot,
    ) -> Turn:
        """Start a turn after messages that a program sends, of which the store may have some. Raises: Problem.

        pieces: returns the pieces of the reply as they are stored.
        """
        begun = self._store.begin_turn_with_history(user_id, _new_turn(question.model, asked), history)
        return self._run(user_id, begun, question, pieces(question), slot)

    def _run(self, user_id: str, begun: Begun, question: Question, pieces: Pieces, slot: Slot) -> Turn:
        turn = Turn(user_id, begun, question, pieces)
        self._run_turn(turn, slot.detach())
        return turn


def _new_turn(model: Model, asked: TurnRequest) -> NewTurn:
    return NewTurn(
        action=asked.action,
        model=model.name,
        conversation_id=asked.conversation_id,
        parent_id=asked.parent_id,
        message_id=asked.message_id or str(uuid.uuid4()),
        content=asked.content,
        answer_id=str(uuid.uuid4()),
        title=title_of(asked.title_text or asked.content) or model.name,
        params=asked.params,
    )


def _params(remembered: Mapping[str, Any], stop: tuple[str, ...]) -> Params:
    """Return the parameters for the provider, from those that the conversation remembers."""
    return Params(remembered.get("temperature"), remembered.get("top_p"), remembered.get("max_tokens"), stop)
