"""The tables, as the newest migration leaves them.

Ids may come from clients, so every key begins with the user's id: nobody can occupy, or learn of, another person's id.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class Moment(TypeDecorator[datetime]):
    """An aware time in UTC, to the microsecond. SQLite stores no zone; PostgreSQL returns the zone of the session."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value and (value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC))


class Id(TypeDecorator[str]):
    """An id, perhaps from a client. None has U+0000: SQLite finds nothing, and PostgreSQL would refuse the query."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value and value.replace("\0", "\ufffd")


metadata = MetaData()
Json = JSON(none_as_null=True)

users = Table(
    "users",
    metadata,
    Column("id", Id, primary_key=True),
    Column("created_at", Moment, nullable=False),
    Column("name", Text),
    Column("name_key", Text),
    Column("password_hash", Text),
    Column("subject", Text),
    Column("totp_secret", Text),
    Column("totp_step", BigInteger, nullable=False, default=0),
    Column("wrong_code_at", Moment),
    Column("role", Text, nullable=False, default="user"),
    Column("disabled_at", Moment),
    Column("stored_bytes", BigInteger, nullable=False, default=0),
)
Index("uq_users_name_key", users.c.name_key, unique=True)
Index("uq_users_subject", users.c.subject, unique=True)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("id", Id, nullable=False),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
)
Index("ix_sessions_user", sessions.c.user_id, sessions.c.seen_at)

links = Table(
    "links",
    metadata,
    Column("token_hash", Text, primary_key=True),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
)
Index("ix_links_user", links.c.user_id)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_hash", Text, primary_key=True),
    Column("id", Id, nullable=False),
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    Column("last_four", Text, nullable=False),
    Column("models", Json, nullable=False),
    Column("turns_per_minute", BigInteger, nullable=False, default=0),
    Column("concurrent_turns", BigInteger, nullable=False, default=0),
    Column("tokens_per_day", BigInteger, nullable=False, default=0),
    Column("keeps", Boolean, key="store", nullable=False, default=False),
    Column("created_at", Moment, nullable=False),
    Column("used_at", Moment),
    Column("expires_at", Moment),
)
Index("ix_api_keys_user", api_keys.c.user_id, api_keys.c.created_at)

token_usage = Table(
    "spendings",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("key_id", Text, primary_key=True),
    Column("minute", Moment, primary_key=True),
    Column("tokens", BigInteger, nullable=False),
)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("code_hash", Text, primary_key=True),
)

conversations = Table(
    "conversations",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Id, primary_key=True),
    Column("title", Text, nullable=False),
    Column("leaf_id", Id),
    Column("pinned", Boolean, nullable=False, default=False),
    Column("archived", Boolean, nullable=False, default=False),
    Column("model", Text),
    Column("params", Json),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("deleted_at", Moment),
)
Index("ix_conversations_newest", conversations.c.user_id, conversations.c.updated_at, conversations.c.id)

messages = Table(
    "messages",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("id", Id, primary_key=True),
    Column("conversation_id", Id, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("parent_id", Id),
    Column("role", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("reasoning", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("model", Text),
    Column("provider", Text),
    Column("answering", Json),
    Column("attempts", Json, nullable=False),
    Column("usage", Json),
    Column("error", Json),
    Column("finish_reason", Text),
    Column("state", Json),
    Column("last_seq", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("deleted_at", Moment),
    Column("source_id", Id),
    ForeignKeyConstraint(
        ["user_id", "conversation_id"], ["conversations.user_id", "conversations.id"], ondelete="CASCADE"
    ),
    # No cascade here: SQLite would follow it a thousand messages deep and then refuse.
    ForeignKeyConstraint(["user_id", "parent_id"], ["messages.user_id", "messages.id"]),
    UniqueConstraint("user_id", "conversation_id", "sequence", name="uq_messages_sequence"),
)
Index("ix_messages_children", messages.c.user_id, messages.c.parent_id)
# These are partial indexes, see the migrations. Their conditions here would load the dialect of PostgreSQL.
Index("ix_messages_running", messages.c.user_id, messages.c.conversation_id)
Index("ix_messages_deleted", messages.c.deleted_at)
Index("ix_messages_source", messages.c.user_id, messages.c.source_id)

events = Table(
    "events",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("message_id", Id, primary_key=True),
    Column("first_seq", BigInteger, primary_key=True),
    Column("last_seq", BigInteger, nullable=False),
    Column("lines", Text, nullable=False),
    ForeignKeyConstraint(["user_id", "message_id"], ["messages.user_id", "messages.id"], ondelete="CASCADE"),
)

history_hashes = Table(
    "ways",  # the table's original name
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("message_id", Id, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    ForeignKeyConstraint(["user_id", "message_id"], ["messages.user_id", "messages.id"], ondelete="CASCADE"),
)
Index("ix_ways_hash", history_hashes.c.user_id, history_hashes.c.hash)

presets = Table(
    "presets",
    metadata,
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("params", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("user_id", "name", name="uq_presets_name"),
)
