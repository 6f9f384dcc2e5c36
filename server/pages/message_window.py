"""The part of a conversation that the chat page shows, and the earlier messages that scripts add to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import request

from g4f_lite.routing.model import Model
from server.current.identity import user_id
from server.current.services import services
from server.pages.shown_message import ShownMessage, shown_message
from server.store import Branch, StoredConversation, StoredMessage, Versions

WINDOW = 40
"""Messages of a page, and of each part that is added to it."""


@dataclass(frozen=True)
class MessageWindow:
    """The context of `chat/_messages.html`."""

    conversation: StoredConversation | None
    messages: list[ShownMessage]
    earlier: str | None
    """The id of the message before which there are more."""
    leaf_id: str | None
    """The last message of the requested branch; None for the conversation's current one."""


def branch(conversation_id: str, before: str | None = None, through: str | None = None, lead: int = 0) -> Branch:
    """Return a window of a conversation's branch, the one to `leaf` if the request names it.

    before: end the window at the message before this one. through: begin it at this one, or `lead` messages earlier.
    Raises: Problem.
    """
    window = {"leaf_id": request.args.get("leaf"), "before": before, "through": through}
    return services().store.branch(user_id(), conversation_id, **window, limit=WINDOW, lead=lead)


def message_window(branch: Branch | None, labels: Mapping[str, str]) -> MessageWindow:
    """Return the messages of a branch as they are shown; None is a new conversation. `labels`: by a model's name."""
    if not branch:
        return MessageWindow(None, [], None, None)
    messages = [_shown(message, branch.versions.get(message.id), labels) for message in branch.messages]
    return MessageWindow(branch.conversation, messages, branch.earlier, request.args.get("leaf"))


def labels(models: Iterable[Model]) -> dict[str, str]:
    """Return the label of each model by its name."""
    return {model.name: model.label for model in models}


def _shown(message: StoredMessage, versions: Versions | None, labels: Mapping[str, str]) -> ShownMessage:
    snapshot = services().engine.snapshot(user_id(), message.id) if message.status == "running" else None
    return shown_message(message, snapshot, lambda name: labels.get(name, name), datetime.now(UTC), versions)
