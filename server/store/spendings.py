"""What people used of models lately, in tokens."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from server.store.schema import conversations, messages

DAY = timedelta(days=1)


def spendings(connection: Connection, user_id: str, now: datetime) -> list[tuple[float, int]]:
    """Return how many seconds ago a turn of the last 24 hours ended and how many tokens it took, of each."""
    lately = conversations.c.user_id == user_id, conversations.c.updated_at > now - 2 * DAY
    joined = (messages.c.user_id == conversations.c.user_id) & (messages.c.conversation_id == conversations.c.id)
    used = select(messages.c.ended_at, messages.c.usage).join_from(conversations, messages, joined)
    rows = connection.execute(used.where(*lately, messages.c.ended_at > now - DAY, messages.c.usage.is_not(None)))
    # What a fork copied ended at the same moment as the original.
    turns = {(ended_at, usage["input_tokens"] + usage["output_tokens"]) for ended_at, usage in rows}
    return [((now - ended_at).total_seconds(), tokens) for ended_at, tokens in turns]
