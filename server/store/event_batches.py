"""The saved events of running answers, and how running answers end."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Insert, bindparam, delete, exists, insert, select, update

from server.store.databases.db_errors import storable
from server.store.mapping import BATCH, MESSAGE, values
from server.store.records import Batch, Outcome, StoredMessage
from server.store.schema import events, messages

KEPT = timedelta(minutes=10)
"""How long events can be read after their answer has ended."""

Ending = Callable[[StoredMessage, list[Batch]], tuple[Outcome, str]]
"""Given a running answer and its saved events after `last_seq`, returns how it ended and the line of its last event,
empty for none."""


def _append() -> Insert:
    """Return a statement that skips messages that are not running, and batches that are stored already."""
    mine = messages.c.user_id == bindparam("user_id"), messages.c.id == bindparam("message_id")
    there = exists().where(
        events.c.user_id == messages.c.user_id,
        events.c.message_id == messages.c.id,
        events.c.first_seq == bindparam("first_seq", type_=events.c.first_seq.type),
    )
    row = select(
        messages.c.user_id,
        messages.c.id,
        bindparam("first_seq", type_=events.c.first_seq.type),
        bindparam("last_seq", type_=events.c.last_seq.type),
        bindparam("lines", type_=events.c.lines.type),
    ).where(*mine, messages.c.status == "running", ~there)
    return insert(events).from_select(BATCH, row.with_for_update(read=True))


_APPEND = _append()


def append(connection: Connection, batches: Sequence[Batch]) -> None:
    """Store batches; those of ended and unknown messages are dropped."""
    rows = [{**values(batch), "lines": storable(batch.lines)} for batch in batches]
    connection.execute(_APPEND, rows)


def finish(connection: Connection, user_id: str, message_id: str, outcome: Outcome, now: datetime) -> None:
    """Store the outcome of a running message; an ended or unknown message stays unchanged."""
    running = messages.c.user_id == user_id, messages.c.id == message_id, messages.c.status == "running"
    texts: dict[str, Any] = {"content": storable(outcome.content), "reasoning": storable(outcome.reasoning)}
    connection.execute(update(messages).where(*running).values(**{**values(outcome), **texts}, ended_at=now))


def after(connection: Connection, user_id: str, message_id: str, seq: int) -> list[Batch]:
    """Return the batches with events after `seq`, in order."""
    mine = events.c.user_id == user_id, events.c.message_id == message_id, events.c.last_seq > seq
    rows = connection.execute(select(*BATCH).where(*mine).order_by(events.c.first_seq))
    return [Batch(*row) for row in rows]


def end_running(connection: Connection, ending: Ending, now: datetime) -> int:
    """End every running message, and return how many there were."""
    running = connection.execute(select(messages.c.user_id, *MESSAGE).where(messages.c.status == "running")).all()
    for user_id, *row in running:
        message = StoredMessage(*row)
        outcome, line = ending(message, after(connection, user_id, message.id, message.last_seq))
        if line:
            append(connection, [Batch(user_id, message.id, outcome.last_seq, outcome.last_seq, line)])
        finish(connection, user_id, message.id, outcome, now)
    return len(running)


def sweep(connection: Connection, now: datetime) -> None:
    """Remove the events of answers that ended some minutes ago."""
    ended = exists().where(
        messages.c.user_id == events.c.user_id,
        messages.c.id == events.c.message_id,
        messages.c.ended_at < now - KEPT,
    )
    connection.execute(delete(events).where(ended))
