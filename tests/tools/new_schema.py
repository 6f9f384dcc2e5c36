"""Write the script that creates the schema in a new SQLite file, so that a first start need not load Alembic.

Run `python -m tests.tools.new_schema` after adding a migration.
"""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from server.store.databases.database import database
from server.store.migrate import HEAD, MIGRATIONS, NEW, migrate

SCHEMA = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT GLOB 'search_index_*' ORDER BY rowid"
"""FTS5 creates its own tables, so the script leaves them out."""
ROWS = f"""
INSERT INTO users (id, created_at) VALUES ('local', strftime('%Y-%m-%d %H:%M:%f000', 'now'));

INSERT INTO alembic_version (version_num) VALUES ('{HEAD}');
"""


def script() -> str:
    """Return the script: statements separated by empty lines."""
    with TemporaryDirectory() as folder:
        migrations = Path(folder, "migrations")
        shutil.copytree(MIGRATIONS, migrations, ignore=shutil.ignore_patterns(NEW))
        made = database(f"sqlite:///{folder}/chat.db")
        made.open()
        migrate(made, migrations)
        with made.read() as connection:
            statements = connection.exec_driver_sql(SCHEMA).scalars().all()
        made.close()
    return "".join(f"{_tidy(statement)};\n\n" for statement in statements) + ROWS.lstrip()


def _tidy(statement: str) -> str:
    return statement.replace("\t", "    ").replace(", \n", ",\n")


if __name__ == "__main__":
    (MIGRATIONS / NEW).write_text(script())
