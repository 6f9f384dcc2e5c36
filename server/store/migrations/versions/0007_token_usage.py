"""Count the tokens that people use within a day. Earlier usage is not counted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "spendings",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("key_id", sa.Text, nullable=False),
        sa.Column("minute", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tokens", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "key_id", "minute", name="pk_spendings"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_spendings_user_id_users", ondelete="CASCADE"),
    )
