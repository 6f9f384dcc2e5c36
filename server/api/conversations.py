"""`/backend-api/v2/conversations`: lists, shows, changes and deletes a person's conversations."""

from typing import Any

from flask import Blueprint, Response, request

from server.api.bodies import ChangeBody
from server.api.openapi_operation import BOOLEAN, STRING, described
from server.current.allowed_models import allowed_model
from server.current.identity import user_id
from server.current.services import services
from server.web.request_json import query_flag, read_json, validate

conversations = Blueprint("conversations", __name__, url_prefix="/backend-api/v2/conversations")


@conversations.get("")
@described(query={"before": STRING, "archived": BOOLEAN, "pinned": BOOLEAN})
def list_page() -> dict[str, Any]:
    """List a person's conversations, newest first, a page at a time; `archived` and `pinned` filter them."""
    flags = {name: flag for name in ("archived", "pinned") if (flag := query_flag(request, name)) is not None}
    found, next_page = services().store.conversations(user_id(), before=request.args.get("before"), **flags)
    return {"conversations": [conversation.as_dict() for conversation in found], "next": next_page}


@conversations.get("/<conversation_id>")
def show(conversation_id: str) -> dict[str, Any]:
    """Show a conversation with all messages of its tree, and a running answer with the text so far."""
    app, user = services(), user_id()
    found, messages = app.store.conversation(user, conversation_id)
    return {
        "id": found.id,
        "title": found.title,
        "leaf_id": found.leaf_id,
        **found.turn_settings(),
        "messages": [app.engine.latest(user, message).as_dict() for message in messages],
    }


@conversations.patch("/<conversation_id>")
@described(ChangeBody)
def change(conversation_id: str) -> dict[str, Any]:
    """Change the title, a flag, the current leaf, the model or the parameters, or undo a deletion."""
    changes = validate(read_json(request), ChangeBody).changes()
    if "model" in changes:
        allowed_model(changes["model"])
    changed = services().store.change(user_id(), conversation_id, changes)
    notifications = services().notifications
    publish = notifications.publish_messages if "leaf_id" in changes else notifications.publish_conversation
    publish(user_id(), changed)
    return changed.as_dict() | changed.turn_settings()


@conversations.delete("/<conversation_id>")
@described(status=204)
def delete(conversation_id: str) -> Response:
    """Delete a conversation and stop its turns. For one day, PATCH with `deleted: false` restores it."""
    services().engine.stop_conversation(user_id(), conversation_id)
    services().store.delete(user_id(), conversation_id)
    services().notifications.publish(user_id(), {"type": "deleted", "conversation_id": conversation_id})
    return Response(status=204)


@conversations.delete("")
def delete_all() -> dict[str, int]:
    """Delete all of a person's conversations, each like a single one."""
    return {"deleted": services().delete_all(user_id())}
