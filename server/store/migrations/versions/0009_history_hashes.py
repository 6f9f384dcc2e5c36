"""Find the conversation that continues the history a program sends."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "ways",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "message_id", name="pk_ways"),
        sa.ForeignKeyConstraint(
            ["user_id", "message_id"],
            ["messages.user_id", "messages.id"],
            name="fk_ways_user_id_messages",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_ways_hash", "ways", ["user_id", "hash"])
