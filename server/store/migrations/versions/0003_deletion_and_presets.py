"""Store deleted messages, the model and parameters of a conversation, and presets."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("conversations", sa.Column("model", sa.Text))
    op.add_column("conversations", sa.Column("params", sa.JSON))
    op.add_column("messages", sa.Column("deleted_at", MOMENT))
    deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index("ix_messages_deleted", "messages", ["deleted_at"], sqlite_where=deleted, postgresql_where=deleted)
    _make_presets()


def _make_presets() -> None:
    op.create_table(
        "presets",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("params", sa.JSON, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_presets"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_presets_user_id_users", ondelete="CASCADE"),
        sa.UniqueConstraint("user_id", "name", name="uq_presets_name"),
    )
