"""A message as it is read, ready for a template."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from markupsafe import Markup

from server import render
from server.store import StoredMessage, Versions
from server.translatable import N_
from server.turns.live_html import Snapshot
from server.web.i18n import gettext as _

A_PROGRAM = N_("A program")
"""Who says an answer that came with a question."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """What `message/_message.html` receives. An answer has `blocks`, a question has `text`."""

    id: str
    parent_id: str
    role: str
    status: str
    seq: int
    """Of the last event that is shown: where a script goes on reading."""
    model: str
    """What a person reads for it, or for who told the answer where nobody gave it here."""
    model_name: str
    text: str
    blocks: list[Markup]
    reasoning: str
    reasoning_s: int | None
    """Seconds of reasoning, from 1 on; None where there was none, or before it is known."""
    attempts: list[dict[str, Any]]
    answering: str
    """What a person reads for who answers; empty while nobody does."""
    provider: str
    """Its name; empty while nobody answers."""
    upstream: str
    """What the provider calls the model."""
    notices: list[str]
    error: dict[str, Any] | None
    cut: bool
    """Whether the model stopped for want of space."""
    usage: dict[str, Any] | None
    """`input_tokens`, `output_tokens`, `cost` in US dollars or None, `estimated`."""
    created_at: datetime
    ended_at: datetime | None
    took_s: float | None
    """From its beginning to its end, with the time in between where it was continued."""
    versions: Versions | None
    """None where there is only this one."""
    mark: Markup | None = None
    """Stands behind the answer's text, where a page without scripts is cut in two to let the answer in."""


def shown(
    message: StoredMessage,
    snapshot: Snapshot | None,
    label: Callable[[str], str],
    now: datetime,
    versions: Versions | None = None,
) -> ShownMessage:
    """Return a message for the template; a running answer as far as its snapshot goes.

    label: from a model's name to what a person reads.
    """
    told = snapshot.answer if snapshot else message
    answering = told.answering or {}
    return ShownMessage(
        id=message.id,
        parent_id=message.parent_id or "",
        role=message.role,
        status=message.status,
        seq=snapshot.seq if snapshot else message.last_seq,
        model=label(message.model) if message.model else _(A_PROGRAM),
        model_name=message.model or "",
        text=message.content if message.role == "user" else "",
        blocks=_blocks(message, snapshot),
        reasoning=told.reasoning,
        reasoning_s=(message.usage or {}).get("reasoning_s"),
        attempts=told.attempts,
        answering=answering.get("label", ""),
        provider=told.provider or "",
        upstream=answering.get("model", ""),
        notices=told.notices,
        error=_error(message, now),
        cut=message.finish_reason == "length",
        usage=message.usage,
        created_at=message.created_at,
        ended_at=message.ended_at,
        took_s=(message.ended_at - message.created_at).total_seconds() if message.ended_at else None,
        versions=versions,
    )


def _error(message: StoredMessage, now: datetime) -> dict[str, Any] | None:
    """Return what went wrong, with what is left of the time that the service wants to be left alone."""
    error, ended_at = message.error, message.ended_at
    if error and ended_at and "retry_after" in error:
        left_s = error["retry_after"] - (now - ended_at).total_seconds()
        return {**error, "retry_after": max(0, math.ceil(left_s))}
    return error


def _blocks(message: StoredMessage, snapshot: Snapshot | None) -> list[Markup]:
    """Return an answer's HTML. Safe as it is: both ways lead through the sanitiser of `render`."""
    if message.role == "user":
        return []
    return [Markup(block) for block in (snapshot.blocks if snapshot else render.blocks(message.content))]
