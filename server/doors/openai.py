"""`/v1`: OpenAI's API, for programs that speak it."""

from typing import Any

from flask import Blueprint, Response, request

from g4f_lite.catalog import Model
from server import choice
from server.doors.form import Question, answer
from server.doors.openai_body import ChatBody, refuse_uncarried
from server.doors.openai_form import ChatForm
from server.payload import check, document

openai = Blueprint("openai", __name__, url_prefix="/v1")


@openai.get("/models")
def models() -> dict[str, Any]:
    """List the models that can answer now."""
    return {"object": "list", "data": [_shown(model) for model in choice.models() if model.available]}


@openai.get("/models/<path:name>")
def model(name: str) -> dict[str, Any]:
    """Show one model, by the name that a completion takes."""
    return _shown(choice.model(name))


@openai.post("/chat/completions")
def complete_chat() -> Response:
    """Answer with a chat completion. Nothing of it is stored."""
    parsed = document(request)
    body = check(parsed, ChatBody)
    refuse_uncarried(parsed)
    question = Question(choice.model(body.model), body.said(), body.params())
    return answer(question, ChatForm(body.model, tells_usage=body.wants_usage), stream=bool(body.stream))


def _shown(model: Model) -> dict[str, Any]:
    """Return a model as lists of models have it, with the members by which other programs tell what it can do."""
    shown = {"id": model.name, "object": "model", "created": 0, "owned_by": model.provider}
    if model.context:
        shown["context_length"] = model.context
    if model.vision:
        shown["architecture"] = {"input_modalities": ["text", "image"]}
    return shown
