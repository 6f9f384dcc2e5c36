"""`/v1`: OpenAI's API, for programs that speak it."""

from typing import Any

from flask import Blueprint, Response, request

from g4f_lite.routing.model import Model
from server.api.openapi import described
from server.compat.capabilities import question_of, refuse_uncarried
from server.compat.errors import speaks_anthropic
from server.compat.openai.body import CHAT_UNCARRIED, TEXT_UNCARRIED, ChatBody, TextBody
from server.compat.openai.response import ChatForm, TextForm
from server.compat.reply import JSON_OR_SSE, answer
from server.compat.stored import is_stored
from server.current.allowed_models import allowed_model, allowed_models
from server.turns.question import Question
from server.web.request_json import read_json, validate

NOBODY_KNOWS = "1970-01-01T00:00:00Z"
"""When a model was made."""

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
    """Answer with a chat completion; it is stored where the request, or the key, says so."""
    parsed = read_json(request)
    body = validate(parsed, ChatBody)
    refuse_uncarried(parsed, CHAT_UNCARRIED)
    question = question_of(allowed_model(body.model), body.said(), body.params())
    form = ChatForm(body.model, tells_usage=body.wants_usage)
    return answer(question, form, stream=bool(body.stream), store=is_stored(body.store))


@openai.post("/completions")
@described(TextBody, content_types=JSON_OR_SSE)
def complete() -> Response:
    """Answer with a completion, for programs that know no chats; it is stored where the request says so.

    What the key says is for chats: editors ask here for every few letters.
    """
    parsed = read_json(request)
    body = validate(parsed, TextBody)
    refuse_uncarried(parsed, TEXT_UNCARRIED)
    question = Question(allowed_model(body.model), body.said(), body.params())
    form = TextForm(body.model, tells_usage=body.wants_usage)
    return answer(question, form, stream=bool(body.stream), store=bool(body.store))


def _shown(model: Model) -> dict[str, Any]:
    """Return a model as lists of models have it, with the members by which other programs tell what it can do."""
    if speaks_anthropic(request.headers):
        return {"type": "model", "id": model.name, "display_name": model.label, "created_at": NOBODY_KNOWS}
    shown = {"id": model.name, "object": "model", "created": 0, "owned_by": model.provider}
    if model.context:
        shown["context_length"] = model.context
    if model.vision:
        shown["architecture"] = {"input_modalities": ["text", "image"]}
    return shown
