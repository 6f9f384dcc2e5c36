"""Alembic runs this within the transaction that `migrate.py` began."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
