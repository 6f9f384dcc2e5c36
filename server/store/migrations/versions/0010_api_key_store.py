"""Let API keys store chats in the person's history."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("api_keys", sa.Column("keeps", sa.Boolean, nullable=False, server_default=sa.false()))
