"""What there is to know about an answer: who gave it, after whom, how long it took and what it cost."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request

from g4f_lite.errors import UnknownModelError
from server.current.person import user_id
from server.current.services import services
from server.store import StoredMessage

message_info = Blueprint("message_info", __name__, url_prefix="/chat/parts")


@dataclass(frozen=True)
class MessageInfo:
    """What `message/_message_info.html` receives."""

    model: str
    """What a person reads for the model that was picked; empty where a program told the answer."""
    answering: dict[str, Any] | None
    """The members of the event `provider`."""
    by_hand: bool
    """Whether a person wrote it."""
    attempts: list[dict[str, Any]]
    usage: dict[str, Any] | None
    created_at: datetime
    seconds: int | None
    """From the question to the end; None while it is running."""


@message_info.get("/message-info")
def show() -> str:
    """Answer with what there is to know about one answer, alone. `id`: its id."""
    message = services().store.message(user_id(), request.args.get("id", ""))
    return render_template("message/_message_info.html", **vars(_info(message)))


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
