"""Count the bytes that each person's messages take up."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"

PER_MESSAGE = 500
TEXTS = {
    "sqlite": "length(CAST(content AS BLOB)) + length(CAST(reasoning AS BLOB))",
    "postgresql": "octet_length(content) + octet_length(reasoning)",
}
COUNT = """
UPDATE users SET stored_bytes =
    (SELECT coalesce(sum({per_message} + {texts}), 0) FROM messages WHERE user_id = users.id)
WHERE id = :id
"""


def upgrade() -> None:
    op.add_column("users", sa.Column("stored_bytes", sa.BigInteger, nullable=False, server_default="0"))
    connection = op.get_bind()
    count = sa.text(COUNT.format(per_message=PER_MESSAGE, texts=TEXTS[connection.dialect.name]))
    for id_ in connection.scalars(sa.text("SELECT id FROM users")).all():
        connection.execute(count, {"id": id_})
