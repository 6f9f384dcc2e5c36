"""Details of an answer: model, provider, failed providers, duration, tokens and cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, request

from g4f_lite.errors import UnknownModelError
from server.current.identity import user_id
from server.current.services import services
from server.pages.page import render
from server.store import StoredMessage

message_info = Blueprint("message_info", __name__, url_prefix="/chat/parts")


@dataclass(frozen=True)
class MessageInfo:
    """The context of `message/_message_info.html`."""

    model: str
    """The label of the selected model; empty if a program sent the answer."""
    answering: dict[str, Any] | None
    """The members of the event `provider`."""
    by_hand: bool
    """Whether a person wrote it."""
    attempts: list[dict[str, Any]]
    usage: dict[str, Any] | None
    created_at: datetime
    seconds: int | None
    """From the question to the end of the answer; None while it is running."""


@message_info.get("/message-info")
def show() -> str:
    """Render the details of the answer `id`."""
    message = services().store.message(user_id(), request.args.get("id", ""))
    return render("message/_message_info.html", _info(message))


def _info(message: StoredMessage) -> MessageInfo:
    return MessageInfo(
        model=_label(message.model or ""),
        answering=message.answering,
        by_hand=bool(message.model) and message.provider is None and message.status == "complete",
        attempts=message.attempts,
        usage=message.usage,
        created_at=message.created_at,
        seconds=round((message.ended_at - message.created_at).total_seconds()) if message.ended_at else None,
    )


def _label(name: str) -> str:
    try:
        return services().catalog.model(name).label
    except UnknownModelError:
        return name
