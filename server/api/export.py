"""Export: all conversations as a JSON file, or one branch as a Markdown file."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response

from server.api.openapi_operation import described
from server.current.identity import user_id
from server.current.services import services
from server.problems import Problem
from server.store import Store, StoredConversation, StoredMessage, time_text
from server.turns.engine import Engine
from server.web.downloads import attachment_header
from server.web.i18n import gettext as _
from server.web.preferences import time_zone

export = Blueprint("export", __name__, url_prefix="/backend-api/v2")


@export.get("/export")
def everything() -> Response:
    """Send all of a person's conversations, including archived ones, each as soon as it is read."""
    app, user = services(), user_id()
    ids = list(_ids(app.store, user))
    name = f"chats-{datetime.now(time_zone()).date().isoformat()}"
    parts = _document(app.store, app.engine, user, ids)
    return Response(parts, mimetype="application/json", headers=attachment_header(name, "json"))


@export.get("/conversations/<conversation_id>/markdown")
@described(content_types=("text/markdown",))
def markdown(conversation_id: str) -> Response:
    """Send the current branch of a conversation as Markdown."""
    app, user = services(), user_id()
    branch = app.store.branch(user, conversation_id, limit=sys.maxsize)
    title = " ".join(branch.conversation.title.split())
    labels = {model.name: model.label for model in app.catalog.models()}
    sections = [_section(app.engine.latest(user, message), labels) for message in branch.messages]
    text = "\n".join([f"# {title}\n", *sections])
    return Response(text, mimetype="text/markdown", headers=attachment_header(title, "md"))


def _ids(store: Store, user: str) -> Iterator[str]:
    """Yield the ids of all conversations, newest first."""
    found, cursor = store.conversations(user)
    yield from (conversation.id for conversation in found)
    while cursor:
        found, cursor = store.conversations(user, cursor)
        yield from (conversation.id for conversation in found)


def _document(store: Store, engine: Engine, user: str, ids: Sequence[str]) -> Iterator[bytes]:
    """Yield a JSON object, one conversation at a time, without those that were deleted in the meantime."""
    yield f'{{"exported_at": "{time_text(datetime.now(UTC))}", "conversations": ['.encode()
    separator = "\n"
    for conversation_id in ids:
        try:
            found, messages = store.conversation(user, conversation_id)
        except Problem as problem:
            if problem.code != "unknown_conversation":
                raise
            continue
        exported = _exported(found, [engine.latest(user, message) for message in messages])
        yield (separator + json.dumps(exported, ensure_ascii=False)).encode(errors="replace")
        separator = ",\n"
    yield b"\n]}\n"


def _exported(found: StoredConversation, messages: Sequence[StoredMessage]) -> dict[str, Any]:
    remembered = {"model": found.model, "params": found.params or {}}
    details = {"created_at": time_text(found.created_at), "leaf_id": found.leaf_id}
    return {**found.as_dict(), **details, **remembered, "messages": [message.as_dict() for message in messages]}


def _section(message: StoredMessage, labels: Mapping[str, str]) -> str:
    model = message.model or ""
    author = _("You") if message.role == "user" else labels.get(model, model) or _("A program")
    return f"## {author}\n\n{message.content}\n"
