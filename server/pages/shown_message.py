"""A message as the chat page shows it."""

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
"""The author of an answer that a program sent along with its question."""


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """The variable `message` of `message/_message.html`. An answer has `blocks`, a question has `text`."""

    id: str
    parent_id: str
    role: str
    status: str
    seq: int
    """The last event that is shown; scripts continue after it."""
    model_label: str
    """Or that of a program which sent the answer itself."""
    text: str
    blocks: list[Markup]
    reasoning: str
    reasoning_s: int | None
    """Seconds of reasoning, from 1 on; None where there was none, or before it is known."""
    attempts: list[dict[str, Any]]
    provider_label: str
    """The provider that answers; empty while there is none."""
    notices: list[str]
    error: dict[str, Any] | None
    is_truncated: bool
    """Whether the answer reached its length limit."""
    created_at: datetime
    versions: Versions | None
    """None if this is the only one."""
    split_mark: Markup | None = None
    """Follows the answer's text, where a page without scripts is split to insert the running answer."""


def shown_message(
    message: StoredMessage,
    snapshot: Snapshot | None,
    label: Callable[[str], str],
    now: datetime,
    versions: Versions | None = None,
) -> ShownMessage:
    """Return a message for the template; a running answer as far as its snapshot goes.

    label: returns the label of a model by its name.
    """
    answer = snapshot.answer if snapshot else message
    return ShownMessage(
        id=message.id,
        parent_id=message.parent_id or "",
        role=message.role,
        status=message.status,
        seq=snapshot.seq if snapshot else message.last_seq,
        model_label=label(message.model) if message.model else _(A_PROGRAM),
        text=message.content if message.role == "user" else "",
        blocks=_blocks(message, snapshot),
        reasoning=answer.reasoning,
        reasoning_s=(message.usage or {}).get("reasoning_s"),
        attempts=answer.attempts,
        provider_label=(answer.answering or {}).get("label", ""),
        notices=answer.notices,
        error=_error(message, now),
        is_truncated=message.finish_reason == "length",
        created_at=message.created_at,
        versions=versions,
    )


def _error(message: StoredMessage, now: datetime) -> dict[str, Any] | None:
    """Return the error; its `retry_after` becomes the number of seconds that are left."""
    error, ended_at = message.error, message.ended_at
    if error and ended_at and "retry_after" in error:
        left_s = error["retry_after"] - (now - ended_at).total_seconds()
        return {**error, "retry_after": max(0, math.ceil(left_s))}
    return error


def _blocks(message: StoredMessage, snapshot: Snapshot | None) -> list[Markup]:
    """Return an answer's HTML. It is safe: both sources have passed the sanitiser of `render`."""
    if message.role == "user":
        return []
    return [Markup(block) for block in (snapshot.blocks if snapshot else render.blocks(message.content))]
