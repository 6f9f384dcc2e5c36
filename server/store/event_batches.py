"""The saved events of running answers, and how running answers end."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, Insert, bindparam, delete, exists, insert, select, tuple_, update

from server.store import stored_bytes
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


_APPEND = _append().execution_options(preserve_rowcount=True)


def append(connection: Connection, batches: Sequence[Batch]) -> set[tuple[str, str]]:
    """Store batches. Returns: the user and id of each message that has ended or is unknown; its batches are dropped."""
    rows = [{**values(batch), "lines": storable(batch.lines)} for batch in batches]
    if connection.execute(_APPEND, rows).rowcount == len(rows):
        return set()
    keys = {(batch.user_id, batch.message_id) for batch in batches}
    key = tuple_(messages.c.user_id, messages.c.id)
    running = select(messages.c.user_id, messages.c.id).where(key.in_(keys), messages.c.status == "running")
    return keys - {(user_id, message_id) for user_id, message_id in connection.execute(running)}


def finish(connection: Connection, user_id: str, message_id: str, outcome: Outcome, now: datetime) -> bool:
    """Store the outcome of a running message; an ended or unknown message stays unchanged.

    Returns: whether the message has this outcome now; an earlier call may have stored it before its connection broke.
    """
    mine = messages.c.user_id == user_id, messages.c.id == message_id
    running = *mine, messages.c.status == "running"
    texts = {"content": storable(outcome.content), "reasoning": storable(outcome.reasoning)}
    before = connection.scalar(select(stored_bytes.sizes(connection)).where(*running))
    changed = update(messages).where(*running).values(**{**values(outcome), **texts}, ended_at=now)
    if before is not None and connection.execute(changed).rowcount:
        stored_bytes.count(connection, user_id, stored_bytes.size(**texts) - before)
        return True
    same = messages.c.status == outcome.status, messages.c.last_seq == outcome.last_seq
    return connection.scalar(select(exists().where(*mine, *same))) or False


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
