"""Keep when a wrong code was last entered after the right password."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("users", sa.Column("wrong_code_at", sa.DateTime(timezone=True)))
