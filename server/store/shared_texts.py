"""Messages of a fork share long texts with their originals, until those are removed or continued."""

from typing import Any

from sqlalchemy import Connection, Select, func, select, tuple_, update

from server.store import stored_bytes
from server.store.schema import messages


def hand_over(connection: Connection, leaving: Select[Any]) -> None:
    """Give the texts of messages to the first of those that share them; the others then share its texts.

    leaving: selects `user_id` and `id` of messages that are about to be removed, or to get other texts.
    """
    shares = tuple_(messages.c.user_id, messages.c.source_id).in_(leaving)
    stays = tuple_(messages.c.user_id, messages.c.id).not_in(leaving)
    mine = messages.c.user_id, messages.c.source_id
    heirs = select(*mine, func.min(messages.c.id)).where(messages.c.source_id.is_not(None), shares, stays)
    for user_id, source_id, heir in connection.execute(heirs.group_by(*mine)).all():
        _inherit(connection, user_id, source_id, heir)


def _inherit(connection: Connection, user_id: str, source_id: str, heir: str) -> None:
    source, message = messages.alias("source"), (messages.c.user_id == user_id, messages.c.id == heir)
    texts = {
        name: select(source.c[name]).where(source.c.user_id == user_id, source.c.id == source_id).scalar_subquery()
        for name in ("content", "reasoning")
    }
    size = select(stored_bytes.sizes(connection)).where(*message)
    before = connection.scalar(size) or 0
    connection.execute(update(messages).where(*message).values(**texts, source_id=None))
    stored_bytes.count(connection, user_id, (connection.scalar(size) or 0) - before)
    others = messages.c.user_id == user_id, messages.c.source_id == source_id
    connection.execute(update(messages).where(*others).values(source_id=heir))
