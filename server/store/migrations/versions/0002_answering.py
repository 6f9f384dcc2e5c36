"""Who answers, as the event `provider` says it: with the label that people read, and with its notices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("messages", sa.Column("answering", sa.JSON))
