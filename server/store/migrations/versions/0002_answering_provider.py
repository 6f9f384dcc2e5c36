"""Store the members of the event `provider`: the label that people read, and the notices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("messages", sa.Column("answering", sa.JSON))
