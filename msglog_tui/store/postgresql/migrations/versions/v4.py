"""Deliveries can be removed before their messages; contexts have wide numbers; texts are kept folded."""

import sqlalchemy as sa
from alembic import op

from msglog_tui.store.postgresql import schema

revision = "4"
down_revision = "3"


def upgrade() -> None:
    """Carry it out."""
    # From when on there are deliveries, and of which messages they were removed.
    op.alter_column("retention", "detail_from", nullable=True)
    op.add_column("retention", sa.Column("deliveries_from", sa.BigInteger))
    op.add_column(
        "message_outcome", sa.Column("removed", sa.SmallInteger, nullable=False, server_default=sa.text("0"))
    )

    # On shards, the numbers of contexts are taken from their sequences, which lie apart.
    op.alter_column("delivery_context", "id", type_=sa.BigInteger)
    op.alter_column("delivery", "context_id", type_=sa.BigInteger)
    op.execute("ALTER SEQUENCE delivery_context_id_seq AS bigint")
    for table in ("delivery_context", "delivery_reason"):
        op.execute(f"SELECT setval('{table}_id_seq', max(id)) FROM {table}")  # noqa: S608

    op.drop_constraint("fk_enterprise_traffic_enterprise_id", "enterprise_traffic")
    op.drop_constraint("fk_customer_traffic_enterprise_id_customer_id", "customer_traffic")
    op.drop_constraint("fk_customer_running_enterprise_id_customer_id", "customer_running")

    # What messages say is kept folded, phrases are indexed, and readers find domains by their index.
    op.execute("DROP INDEX ix_message_text")
    op.execute("DROP FUNCTION message_candidates")
    schema.index_texts(op.get_bind())
    schema.find_domains(op.get_bind())
