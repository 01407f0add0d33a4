"""Deliveries can be removed before their messages are."""

import sqlalchemy as sa
from alembic import op

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Keep from when on there are deliveries, and of which messages they were removed."""
    op.alter_column("retention", "detail_from", nullable=True)
    op.add_column("retention", sa.Column("deliveries_from", sa.BigInteger))
    op.add_column(
        "message_outcome", sa.Column("removed", sa.SmallInteger, nullable=False, server_default=sa.text("0"))
    )
