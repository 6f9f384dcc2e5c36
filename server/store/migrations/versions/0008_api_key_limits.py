"""Give API keys limits of their own; 0 is no limit."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for limit in ("turns_per_minute", "concurrent_turns", "tokens_per_day"):
        op.add_column("api_keys", sa.Column(limit, sa.BigInteger, nullable=False, server_default="0"))
