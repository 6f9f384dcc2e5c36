"""`/v1/messages`: Anthropic's API, for programs that speak it; any model answers."""

from flask import Blueprint, Response, request

from g4f_lite.messages import Params
from server import choice
from server.doors.anthropic_body import NAMES, UNCARRIED, CountBody, MessagesBody
from server.doors.anthropic_form import MessageForm
from server.doors.form import answer
from server.doors.requirements import question_of, refuse_uncarried
from server.doors.stored import is_stored
from server.payload import check, document
from server.question import tokens_of

anthropic = Blueprint("anthropic", __name__, url_prefix="/v1")


@anthropic.post("/messages")
def create_message() -> Response:
    """Answer with a message; it is stored where the key says so."""
    parsed = document(request)
    body = check(parsed, MessagesBody)
    refuse_uncarried(parsed, UNCARRIED)
    question = question_of(choice.model(body.model), body.said(), body.params(), NAMES)
    return answer(question, MessageForm(body.model, question.tokens), stream=bool(body.stream), store=is_stored(None))


@anthropic.post("/messages/count_tokens")
def count_tokens() -> dict[str, int]:
    """Estimate how many tokens a question has; nobody is asked."""
    body = check(document(request), CountBody)
    choice.model(body.model)
    return {"input_tokens": tokens_of(body.said(), Params(extra=body.extra()))}
