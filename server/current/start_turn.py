"""Begins a turn for the person who sent the current request, within the limits."""

from g4f_lite.routing.model import Model
from server.current.allowed_models import allowed_model, model_or_default
from server.current.identity import user_id
from server.current.rate_limits import take_slot
from server.current.services import services
from server.limits.quota import Slot
from server.problems import Problem
from server.store import Begun
from server.turns.turn import Turn
from server.turns.turn_request import TurnRequest


def requested_model(name: str | None, conversation_id: str | None) -> Model:
    """Return the named model; without a name the conversation's last one, or else the default. Raises: Problem."""
    if name:
        return allowed_model(name)
    last = services().store.summary(user_id(), conversation_id).model if conversation_id else None
    return model_or_default(last)


def start_turn(model: Model, asked: TurnRequest) -> tuple[Begun, Turn | None]:
    """Store the question and run its answer. Returns: no turn if the store already has the message. Raises: Problem."""
    with _slot(asked.message_id) as slot:
        return services().turn_starter.start(user_id(), model, asked, slot)


def _slot(message_id: str | None) -> Slot:
    """Return a slot for a turn; a message that the store already has needs none. Raises: QuotaExceeded."""
    try:
        return take_slot()
    except Problem:
        if message_id and services().store.has_message(user_id(), message_id):
            return Slot()
        raise
