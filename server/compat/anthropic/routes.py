"""`/v1/messages`: Anthropic's API, answered by any model of the catalog."""

from flask import Blueprint, Response, request

from g4f_lite.messages import Params
from server.api.openapi_operation import described
from server.compat.answer import JSON_OR_SSE, answer
from server.compat.anthropic.body import NAMES, UNSUPPORTED, CountBody, MessagesBody
from server.compat.anthropic.response import MessageWriter
from server.compat.capabilities import question_of, refuse_unsupported
from server.compat.stored import is_stored
from server.current.allowed_models import allowed_model
from server.turns.question import tokens_of
from server.web.request_json import read_json, validate

anthropic = Blueprint("anthropic", __name__, url_prefix="/v1")


@anthropic.post("/messages")
@described(MessagesBody, content_types=JSON_OR_SSE)
def create_message() -> Response:
    """Answer with a message. The API key decides whether it is stored."""
    parsed = read_json(request)
    body = validate(parsed, MessagesBody)
    refuse_unsupported(parsed, UNSUPPORTED)
    question = question_of(allowed_model(body.model), body.all_messages(), body.params(), NAMES)
    return answer(question, MessageWriter(body.model, question.tokens), stream=bool(body.stream), store=is_stored(None))


@anthropic.post("/messages/count_tokens")
@described(CountBody)
def count_tokens() -> dict[str, int]:
    """Estimate the tokens of a question. No provider is asked."""
    body = validate(read_json(request), CountBody)
    allowed_model(body.model)
    return {"input_tokens": tokens_of(body.all_messages(), Params(extra=body.extra()))}
