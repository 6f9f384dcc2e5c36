"""Create people, conversations, messages as a tree, and the events of unfinished turns."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _make_users()
    _make_conversations()
    _make_messages()
    _make_events()


def _make_users() -> None:
    users = op.create_table(
        "users",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.bulk_insert(users, [{"id": "local", "created_at": datetime.now(UTC)}])


def _make_conversations() -> None:
    op.create_table(
        "conversations",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("leaf_id", sa.Text),
        sa.Column("pinned", sa.Boolean, nullable=False),
        sa.Column("archived", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
        sa.Column("deleted_at", MOMENT),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_conversations"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_conversations_user_id_users", ondelete="CASCADE"),
    )
    op.create_index("ix_conversations_newest", "conversations", ["user_id", "updated_at", "id"])


def _make_messages() -> None:
    op.create_table(
        "messages",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("conversation_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.BigInteger, nullable=False),
        sa.Column("parent_id", sa.Text),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("reasoning", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("model", sa.Text),
        sa.Column("provider", sa.Text),
        sa.Column("attempts", sa.JSON, nullable=False),
        sa.Column("usage", sa.JSON),
        sa.Column("error", sa.JSON),
        sa.Column("finish_reason", sa.Text),
        sa.Column("state", sa.JSON),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_messages"),
        sa.ForeignKeyConstraint(
            ["user_id", "conversation_id"],
            ["conversations.user_id", "conversations.id"],
            name="fk_messages_conversation",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "parent_id"], ["messages.user_id", "messages.id"], name="fk_messages_parent"
        ),
        sa.UniqueConstraint("user_id", "conversation_id", "sequence", name="uq_messages_sequence"),
    )
    op.create_index("ix_messages_children", "messages", ["user_id", "parent_id"])
    running = sa.text("status = 'running'")
    op.create_index(
        "ix_messages_running",
        "messages",
        ["user_id", "conversation_id"],
        sqlite_where=running,
        postgresql_where=running,
    )


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("lines", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "message_id", "first_seq", name="pk_events"),
        sa.ForeignKeyConstraint(
            ["user_id", "message_id"],
            ["messages.user_id", "messages.id"],
            name="fk_events_message",
            ondelete="CASCADE",
        ),
    )
