"""`/v1`: OpenAI's API: chat completions, completions and models."""

from typing import Any

from flask import Blueprint, Response, request

from g4f_lite.routing.model import Model
from server.api.openapi_operation import described
from server.compat.answer import JSON_OR_SSE, answer
from server.compat.api_errors import speaks_anthropic
from server.compat.capabilities import question_of, refuse_unsupported
from server.compat.openai.body import CHAT_UNSUPPORTED, TEXT_UNSUPPORTED, ChatBody, TextBody
from server.compat.openai.response import ChatWriter, TextWriter
from server.compat.stored import is_stored
from server.current.allowed_models import allowed_model, allowed_models
from server.turns.question import Question
from server.web.request_json import read_json, validate

UNKNOWN_DATE = "1970-01-01T00:00:00Z"
"""The required date of a model, which is not known."""

openai = Blueprint("openai", __name__, url_prefix="/v1")


@openai.get("/models")
def models() -> dict[str, Any]:
    """List the models that can answer now."""
    shown = [_shown(model) for model in allowed_models() if model.available]
    if speaks_anthropic(request.headers):
        first, last = (shown[0]["id"], shown[-1]["id"]) if shown else (None, None)
        return {"data": shown, "has_more": False, "first_id": first, "last_id": last}
    return {"object": "list", "data": shown}


@openai.get("/models/<path:name>")
def model(name: str) -> dict[str, Any]:
    """Show one model, by the name that a completion takes."""
    return _shown(allowed_model(name))


@openai.post("/chat/completions")
@described(ChatBody, content_types=JSON_OR_SSE)
def complete_chat() -> Response:
    """Answer with a chat completion. The request, or else the API key, decides whether it is stored."""
    parsed = read_json(request)
    body = validate(parsed, ChatBody)
    refuse_unsupported(parsed, CHAT_UNSUPPORTED)
    question = question_of(allowed_model(body.model), body.all_messages(), body.params())
    writer = ChatWriter(body.model, with_usage=body.wants_usage)
    return answer(question, writer, stream=bool(body.stream), store=is_stored(body.store))


@openai.post("/completions")
@described(TextBody, content_types=JSON_OR_SSE)
def complete() -> Response:
    """Answer with a completion, for older programs. It is stored only if the request says so.

    The API key has no say here: editors send a request after every few letters.
    """
    parsed = read_json(request)
    body = validate(parsed, TextBody)
    refuse_unsupported(parsed, TEXT_UNSUPPORTED)
    question = Question(allowed_model(body.model), body.all_messages(), body.params())
    writer = TextWriter(body.model, with_usage=body.wants_usage)
    return answer(question, writer, stream=bool(body.stream), store=bool(body.store))


def _shown(model: Model) -> dict[str, Any]:
    """Return a model in the shape of the client's API, with the members that programs read capabilities from."""
    if speaks_anthropic(request.headers):
        return {"type": "model", "id": model.name, "display_name": model.label, "created_at": UNKNOWN_DATE}
    shown = {"id": model.name, "object": "model", "created": 0, "owned_by": model.provider}
    if model.context:
        shown["context_length"] = model.context
    if model.vision:
        shown["architecture"] = {"input_modalities": ["text", "image"]}
    return shown
