"""The schema of servers, version by version; Alembic carries them out."""
