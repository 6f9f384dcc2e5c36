"""Create the schema, or update an older one.

To change the schema: add a file to `migrations/versions`, change `schema.py`, raise HEAD, and run
`python -m tests.tools.new_schema`.
"""

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select

from g4f_lite.errors import ConfigError
from server.store.databases.database import Database

HEAD = "0013"
"""The newest revision, repeated here because asking Alembic would take a third of a second at each start."""
MIGRATIONS = Path(__file__).parent / "migrations"
NEW = "new.sqlite.sql"
"""The script that gives a new SQLite file this schema: with Alembic a first start takes 0.15 s and 10 MB more."""

_version = Table("alembic_version", MetaData(), Column("version_num", Text))


def migrate(database: Database, migrations: Path = MIGRATIONS, head: str = HEAD) -> list[str]:
    """Create the schema, or update an older one after a snapshot; return sentences for the log on what was done.

    Raises: ConfigError if this version does not know the schema; Problem.
    """
    before = revision(database)
    if before == head:
        return []
    if before:
        require_known(before, migrations)
    copy = database.snapshot(f"before-{head}") if before else None
    _upgrade(database, migrations, head)
    return _summary(before, head, copy)


def revision(database: Database) -> str | None:
    """Return the revision of the schema; None if there is no schema yet."""
    with database.read() as connection:
        if not inspect(connection).has_table(_version.name):
            return None
        return connection.scalar(select(_version.c.version_num))


def require_known(before: str, migrations: Path) -> None:
    """Refuse a schema that this version does not know. Raises: ConfigError."""
    from alembic.script import ScriptDirectory

    known = {script.revision for script in ScriptDirectory(migrations).walk_revisions()}
    if before not in known:
        raise ConfigError(
            [f"database: its schema {before} is newer than this program. Update the program, or use another database."]
        )


def _upgrade(database: Database, migrations: Path, head: str) -> None:
    new = migrations / NEW
    with database.migration() as connection:
        is_new = not inspect(connection).has_table(_version.name)  # only now is no other process creating it
        if is_new and connection.dialect.name == "sqlite" and new.exists():
            for statement in new.read_text().split(";\n\n"):
                connection.exec_driver_sql(statement)
        else:
            _run_alembic(connection, migrations, head)


def _run_alembic(connection: Connection, migrations: Path, head: str) -> None:
    from alembic.command import upgrade
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = connection
    upgrade(config, head)


def _summary(before: str | None, head: str, copy: Path | None) -> list[str]:
    if not before:
        return [f"Created the database with schema {head}."]
    copied = [f"Copied the database to {copy} before changing it."] if copy else []
    return [*copied, f"Migrated the database from schema {before} to {head}."]
