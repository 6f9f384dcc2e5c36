"""The bytes that a person's messages take up, counted in the transactions that store and remove them."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, cast, func, select, update

from server.problems import ERROR_KINDS, Problem
from server.store.schema import messages, users

PER_MESSAGE = 500
"""Bytes of a message besides its texts: its other columns, and what the indexes have of them."""


def size(content: str, reasoning: str = "") -> int:
    """Return the bytes of a message with these texts."""
    return PER_MESSAGE + len(content.encode()) + len(reasoning.encode())


def sizes(connection: Connection) -> ColumnElement[int]:
    """Return the expression for the bytes of a row of `messages`."""
    return PER_MESSAGE + _bytes(connection, messages.c.content) + _bytes(connection, messages.c.reasoning)


def count(connection: Connection, user_id: str, added: int, most: int = 0) -> None:
    """Count bytes that are added, or removed if negative. most: the limit, 0 for none. Raises: Problem."""
    total = users.c.stored_bytes + added
    mine = update(users).where(users.c.id == user_id, *([total <= most] if most else []))
    if not connection.execute(mine.values(stored_bytes=total)).rowcount and most:
        raise Problem("storage_full", ERROR_KINDS["storage_full"].text)


def uncount(connection: Connection, removed: Select[Any]) -> None:
    """Count messages that are about to be removed. removed: selects their `user_id` and `sizes`."""
    by_person = removed.subquery()
    user_id, bytes_ = by_person.columns
    totals = select(user_id, func.sum(bytes_)).group_by(user_id).order_by(user_id)
    for person, total in connection.execute(totals).all():
        count(connection, person, -int(total))


def of(connection: Connection, user_id: str) -> int:
    """Return the bytes that a person's messages take up."""
    return connection.scalar(select(users.c.stored_bytes).where(users.c.id == user_id)) or 0


def _bytes(connection: Connection, text: ColumnElement[str]) -> ColumnElement[int]:
    if connection.dialect.name == "sqlite":  # octet_length came with 3.43
        return func.length(cast(text, LargeBinary))
    return func.octet_length(text)
