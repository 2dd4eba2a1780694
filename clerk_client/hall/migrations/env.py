"""Alembic's entry: runs the changes on the connection that `store.upgrade_schema` opened."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
