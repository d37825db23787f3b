"""Run the migrations on the connection, and inside the transaction, that the store opened."""

from __future__ import annotations

from alembic import context

from models.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
