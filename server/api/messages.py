"""`/backend-api/v2/messages`: shows, deletes and restores a message, adds a version, and forks a conversation."""

from typing import Any

from flask import Blueprint, request

from server.api.bodies import ForkBody, UndoBody, VersionBody, check_text
from server.api.openapi_operation import described
from server.current.identity import user_id
from server.current.services import services
from server.store import StoredConversation
from server.web.request_json import read_json, validate

messages = Blueprint("messages", __name__, url_prefix="/backend-api/v2")


@messages.get("/messages/<message_id>")
def message(message_id: str) -> dict[str, Any]:
    """Show a message, and a running answer with the text so far."""
    app, user = services(), user_id()
    return app.engine.latest(user, app.store.message(user, message_id)).as_dict()


@messages.delete("/messages/<message_id>")
def delete(message_id: str) -> dict[str, Any]:
    """Delete a message and everything after it, and stop its turns. For one day, PATCH restores it."""
    app, user = services(), user_id()
    changed, running = app.store.delete_message(user, message_id)
    for answer_id in running:
        app.engine.stop(user, answer_id)
    return _publish(changed)


@messages.patch("/messages/<message_id>")
@described(UndoBody)
def restore(message_id: str) -> dict[str, Any]:
    """Undo a deletion."""
    validate(read_json(request), UndoBody)
    return _publish(services().store.restore_message(user_id(), message_id))


@messages.post("/messages/<message_id>/versions")
@described(VersionBody, status=201)
def add_version(message_id: str) -> tuple[dict[str, Any], int]:
    """Store another version of an answer, written by the person."""
    content = validate(read_json(request), VersionBody).content
    check_text(content, "content")
    store, user = services().store, user_id()
    written = store.add_version(user, message_id, content)
    services().notifications.publish_messages(user, store.summary(user, written.conversation_id))
    return written.as_dict(), 201


@messages.post("/conversations/<conversation_id>/fork")
@described(ForkBody, status=201)
def fork(conversation_id: str) -> tuple[dict[str, Any], int]:
    """Start a new conversation with a copy of the messages up to this one."""
    body = validate(read_json(request), ForkBody)
    copy = services().store.fork(user_id(), conversation_id, body.message_id)
    services().notifications.publish_conversation(user_id(), copy)
    return copy.as_dict(), 201


def _publish(changed: StoredConversation) -> dict[str, Any]:
    """Tell open pages, and return the current leaf."""
    services().notifications.publish_messages(user_id(), changed)
    return {"conversation_id": changed.id, "leaf_id": changed.leaf_id}
