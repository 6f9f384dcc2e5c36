"""Create accounts, sessions, second factors and one-time links."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _name_users()
    _make_sessions()
    _make_links()
    _make_recovery_codes()


def _name_users() -> None:
    for column in ("name", "name_key", "password_hash", "subject", "totp_secret"):
        op.add_column("users", sa.Column(column, sa.Text))
    op.add_column("users", sa.Column("totp_step", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("users", sa.Column("role", sa.Text, nullable=False, server_default="user"))
    op.add_column("users", sa.Column("disabled_at", MOMENT))
    op.create_index("uq_users_name_key", "users", ["name_key"], unique=True)
    op.create_index("uq_users_subject", "users", ["subject"], unique=True)


def _make_sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_user", "sessions", ["user_id", "seen_at"])


def _make_links() -> None:
    op.create_table(
        "links",
        sa.Column("token_hash", sa.Text, nullable=False),
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_links"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_links_user_id_users", ondelete="CASCADE"),
    )
    op.create_index("ix_links_user", "links", ["user_id"])


def _make_recovery_codes() -> None:
    op.create_table(
        "recovery_codes",
        sa.Column("user_id", sa.Text, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "code_hash", name="pk_recovery_codes"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_recovery_codes_user_id_users", ondelete="CASCADE"),
    )
