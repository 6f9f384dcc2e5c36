"""Index the texts of messages.

In SQLite triggers maintain the index; a migration that recreates `messages` must recreate them too.
"""

import logging

import sqlalchemy as sa
from alembic import op
from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE searchable (
    id INTEGER PRIMARY KEY,
    user_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    UNIQUE (user_id, message_id)
);
CREATE VIRTUAL TABLE search_index USING fts5(content, content='', tokenize='trigram');
CREATE VIRTUAL TABLE search_terms USING fts5vocab(search_index, row);
"""
# VACUUM may change the rowids of `messages`, so a table of its own numbers the indexed messages. The index stores no
# text: to remove a message, it needs the indexed text again. The two spaces let a word of one or two characters at the
# end of a message begin a trigram.
ADD = """
    INSERT INTO searchable (user_id, message_id) VALUES (new.user_id, new.id);
    INSERT INTO search_index (rowid, content)
    SELECT id, new.content || '  ' FROM searchable WHERE user_id = new.user_id AND message_id = new.id;
"""
FORGET = """
    INSERT INTO search_index (search_index, rowid, content)
    SELECT 'delete', id, old.content || '  ' FROM searchable WHERE user_id = old.user_id AND message_id = old.id;
"""
REMOVE = FORGET + "    DELETE FROM searchable WHERE user_id = old.user_id AND message_id = old.id;\n"
CHANGE = FORGET + "".join(ADD.partition("    INSERT INTO search_index")[1:])
TRIGGERS = {
    "search_new": ("INSERT", "new.status <> 'running'", ADD),
    "search_ended": ("UPDATE OF status", "old.status = 'running' AND new.status <> 'running'", ADD),
    "search_running": ("UPDATE OF status", "old.status <> 'running' AND new.status = 'running'", REMOVE),
    "search_changed": (
        "UPDATE OF content",
        "old.status <> 'running' AND new.status <> 'running' AND old.content <> new.content",
        CHANGE,
    ),
    "search_gone": ("DELETE", "old.status <> 'running'", REMOVE),
}
FILL = """
INSERT INTO searchable (user_id, message_id)
SELECT user_id, id FROM messages WHERE status <> 'running' ORDER BY ended_at, rowid;
INSERT INTO search_index (rowid, content)
SELECT searchable.id, content || '  ' FROM searchable CROSS JOIN messages USING (user_id)
WHERE messages.id = message_id;
"""

REFUSED = (
    "PostgreSQL refuses the extension pg_trgm (%s), so a search reads every message. To make it fast, let its"
    " administrator run: CREATE EXTENSION pg_trgm;"
    " CREATE INDEX search_content ON messages USING gin (content gin_trgm_ops);"
)
SCHEMA_OF_EXTENSION = "SELECT extnamespace::regnamespace::text FROM pg_extension WHERE extname = 'pg_trgm'"


def upgrade() -> None:
    (_sqlite if op.get_bind().dialect.name == "sqlite" else _postgresql)()


def _sqlite() -> None:
    _each(TABLES + FILL)
    for name, (event, condition, body) in TRIGGERS.items():
        op.execute(f"CREATE TRIGGER {name} AFTER {event} ON messages WHEN {condition} BEGIN{body}END")


def _each(script: str) -> None:
    for statement in script.split(";")[:-1]:
        op.execute(statement)


def _postgresql() -> None:
    op.create_index("search_newest", "messages", ["user_id", sa.text("ended_at DESC"), sa.text("id DESC")])
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
    except DBAPIError as error:
        log.warning(REFUSED, str(error.orig).strip())
        return
    schema = connection.scalar(sa.text(SCHEMA_OF_EXTENSION))
    op.execute(f"CREATE INDEX search_content ON messages USING gin (content {schema}.gin_trgm_ops)")
