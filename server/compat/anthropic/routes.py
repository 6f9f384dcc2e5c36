"""`/v1/messages`: Anthropic's API, for programs that speak it; any model answers."""

from flask import Blueprint, Response, request

from g4f_lite.messages import Params
from server.api.openapi import described
from server.compat.anthropic.body import NAMES, UNCARRIED, CountBody, MessagesBody
from server.compat.anthropic.response import MessageForm
from server.compat.capabilities import question_of, refuse_uncarried
from server.compat.reply import JSON_OR_SSE, answer
from server.compat.stored import is_stored
from server.current.allowed_models import allowed_model
from server.turns.question import tokens_of
from server.web.request_json import read_json, validate

anthropic = Blueprint("anthropic", __name__, url_prefix="/v1")


@anthropic.post("/messages")
@described(MessagesBody, content_types=JSON_OR_SSE)
def create_message() -> Response:
    """Answer with a message; it is stored where the key says so."""
    parsed = read_json(request)
    body = validate(parsed, MessagesBody)
    refuse_uncarried(parsed, UNCARRIED)
    question = question_of(allowed_model(body.model), body.said(), body.params(), NAMES)
    return answer(question, MessageForm(body.model, question.tokens), stream=bool(body.stream), store=is_stored(None))


@anthropic.post("/messages/count_tokens")
@described(CountBody)
def count_tokens() -> dict[str, int]:
    """Estimate how many tokens a question has; nobody is asked."""
    body = validate(read_json(request), CountBody)
    allowed_model(body.model)
    return {"input_tokens": tokens_of(body.said(), Params(extra=body.extra()))}
