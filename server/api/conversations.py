"""The JSON API beside the conversation endpoint: models, providers, conversations, health."""

from typing import Any

from flask import Blueprint, Response, request

from g4f_lite.routing.configured_provider import ConfiguredProvider
from g4f_lite.routing.model import Model
from server.api.bodies import ChangeBody
from server.api.openapi import BOOLEAN, STRING, described
from server.current.allowed_models import allowed_model, allowed_models, default_model, is_allowed
from server.current.person import open_to_all, user_id
from server.current.services import services
from server.problems import Problem
from server.store import time_text
from server.web.request_json import query_flag, read_json, validate

api = Blueprint("api", __name__)


@api.get("/backend-api/v2/models")
def models() -> dict[str, Any]:
    """List what can be picked."""
    return {"models": [_model(model) for model in allowed_models()], "default": default_model()}


@api.get("/backend-api/v2/providers")
def providers() -> dict[str, Any]:
    """List who answers, and how they fare; never a key."""
    return {"providers": [_provider(provider) for provider in services().catalog.providers.values()]}


@api.get("/backend-api/v2/conversations")
@described(query={"before": STRING, "archived": BOOLEAN, "pinned": BOOLEAN})
def conversations() -> dict[str, Any]:
    """List a person's conversations, newest first, a page at a time; `archived` and `pinned` choose among them."""
    marks = {name: said for name in ("archived", "pinned") if (said := query_flag(request, name)) is not None}
    found, next_page = services().store.conversations(user_id(), before=request.args.get("before"), **marks)
    return {"conversations": [conversation.as_dict() for conversation in found], "next": next_page}


@api.get("/backend-api/v2/conversations/<conversation_id>")
def conversation(conversation_id: str) -> dict[str, Any]:
    """Show a conversation with all messages of its tree; a running answer as far as it has come."""
    app, user = services(), user_id()
    found, messages = app.store.conversation(user, conversation_id)
    return {
        "id": found.id,
        "title": found.title,
        "leaf_id": found.leaf_id,
        **found.remembered(),
        "messages": [app.engine.latest(user, message).as_dict() for message in messages],
    }


@api.patch("/backend-api/v2/conversations/<conversation_id>")
@described(ChangeBody)
def change_conversation(conversation_id: str) -> dict[str, Any]:
    """Change the title, a mark, the current leaf, how the next turn is asked, or take a deletion back."""
    changes = validate(read_json(request), ChangeBody).changes()
    if "model" in changes:
        allowed_model(changes["model"])
    changed = services().store.change(user_id(), conversation_id, changes)
    notifications = services().notifications
    publish = notifications.publish_messages if "leaf_id" in changes else notifications.publish_conversation
    publish(user_id(), changed)
    return changed.as_dict() | changed.remembered()


@api.delete("/backend-api/v2/conversations/<conversation_id>")
@described(status=204)
def delete_conversation(conversation_id: str) -> Response:
    """Delete a conversation and end its turns. For a day, PATCH with `deleted` false brings it back."""
    services().engine.stop_conversation(user_id(), conversation_id)
    services().store.delete(user_id(), conversation_id)
    services().notifications.publish(user_id(), {"type": "deleted", "conversation_id": conversation_id})
    return Response(status=204)


@api.delete("/backend-api/v2/conversations")
def delete_conversations() -> dict[str, int]:
    """Delete all of a person's conversations, each as the one above."""
    return {"deleted": services().delete_all(user_id())}


@api.get("/healthz")
@open_to_all
def alive() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "ok"}


@api.get("/readyz")
@open_to_all
def ready() -> dict[str, str]:
    """Say that the database answers and that at least one provider can be asked."""
    services().store.ping()
    if not any(provider.obstacle() is None for provider in services().catalog.providers.values()):
        raise Problem("busy", "No provider can be used; see /backend-api/v2/providers for the reasons.")
    return {"status": "ready"}


def _model(model: Model) -> dict[str, Any]:
    return {
        "id": model.name,
        "label": model.label,
        "provider": model.provider,
        "upstream": model.routes[0].model,
        "available": model.available,
        "reason": model.reason or None,
        "vision": model.vision,
        "context": model.context,
        "price": model.price.model_dump() if model.price else None,
        "loaded": model.loaded,
        "params": model.params.model_dump(exclude_none=True, exclude={"stop"}),
    }


def _provider(provider: ConfiguredProvider) -> dict[str, Any]:
    health, obstacle = provider.health, provider.obstacle()
    error = health.last_error
    return {
        "name": provider.name,
        "kind": provider.settings.kind,
        "state": provider.state,
        "reason": str(obstacle or error or "") or None,
        "last_error": {"code": error.code, "message": error.message} if error else None,
        "last_success_at": time_text(health.last_success_at) if health.last_success_at else None,
        "latency_ms": health.latency_ms,
        "models": [info.id for info in provider.listed if is_allowed(f"{provider.name}/{info.id}")],
        "listed_at": time_text(provider.listed_at) if provider.listed_at else None,
    }
