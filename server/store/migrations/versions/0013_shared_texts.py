"""Let the messages of a fork share the texts of their originals."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("messages", sa.Column("source_id", sa.Text))
    shared = sa.text("source_id IS NOT NULL")
    op.create_index(
        "ix_messages_source", "messages", ["user_id", "source_id"], sqlite_where=shared, postgresql_where=shared
    )
