"""What a server's schema has besides the tables: functions, the index of texts, and what keeps the audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msglog_tui.store.postgresql import folding
from msglog_tui.store.postgresql.roles import READER

if TYPE_CHECKING:
    from sqlalchemy import Connection

BLANK: Final = "Q"
"""What stands for a blank in the column `said`: a letter that nothing folded has.  The index knows texts by
each three letters of a word; so it knows phrases, too."""

_SAID: Final = f"replace(fold(subject || chr(1) || sent_by || chr(1) || lists), ' ', '{BLANK}')"
# All that the filter looks for in a message, folded; nobody types what stands between.

DOMAIN: Final = "split_part(recipient, '@', -1)"
"""The domain of the recipient of a delivery; a number is its own."""

_TEXTS: Final = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    # Kept, because a filter that many messages fit is better answered by reading them than by the index.
    f'ALTER TABLE message ADD COLUMN said text COLLATE "C" GENERATED ALWAYS AS ({_SAID}) STORED',
    # Nobody plans by it.
    "ALTER TABLE message ALTER COLUMN said SET STATISTICS 0",
    "CREATE INDEX ix_message_text ON message USING gin (said gin_trgm_ops)",
)

_INDICES: Final = (
    f"CREATE INDEX ix_delivery_domain ON delivery (enterprise_id, ({DOMAIN}), id, customer_id)",
)

_AUDIT: Final = (
    """
    CREATE FUNCTION refuse_to_shrink() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'the audit can only grow'; END $$
    """,
    """
    CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_shrink()
    """,
)


# Under row-level security no index serves a condition that might tell something of the rows it looks at, as
# LIKE might.  So the index is asked by a function with the rights of the owner, which keeps to the scope
# itself: exactly the messages that a text is in, the last ones first.  Which way to go it tells from the last
# messages themselves, not from statistics, which may be missing: what is common is soon found by reading one
# message after the other, and the index would name too many.  The statements leave no other plan: an index
# cannot know `id + 0`.
_CANDIDATES: Final = r"""
CREATE FUNCTION message_candidates(
    texts text[], lowest bigint, highest bigint, first bigint, after bigint, most int)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 1000
SET search_path = {schema}, pg_temp SET jit = off
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = on AS $$
DECLARE
sample CONSTANT int := 5000;
readable CONSTANT bigint := 200000;
whose text;
walk text;
backward text := 'sent_at DESC, id DESC';
says text;
hits bigint;
BEGIN
CASE current_setting('msglog.reach', true)
WHEN 'everything' THEN whose := 'true'; walk := 'sent_at + 0'; backward := 'id DESC';
WHEN 'enterprise' THEN
    whose := format('enterprise_id = %s', current_setting('msglog.enterprise')::int);
    walk := 'sent_at';
WHEN 'customer' THEN
    whose := format('enterprise_id = %s AND customer_id = %s',
        current_setting('msglog.enterprise')::int, current_setting('msglog.customer')::int);
    walk := 'sent_at';
ELSE RETURN;
END CASE;
walk := format('%s AND %s >= %s AND %s < %s AND %s BETWEEN %s AND %s',
    whose, walk, first, walk, after, CASE whose WHEN 'true' THEN 'id' ELSE 'id + 0' END, lowest, highest);
says := (SELECT string_agg(format('strpos(said, %L) > 0', part), ' OR ') FROM unnest(texts) AS part);
EXECUTE format(
    'SELECT count(*) FROM (SELECT said FROM message WHERE %s ORDER BY %s LIMIT %s) AS last WHERE %s',
    walk, backward, sample, says) INTO hits;
IF hits * readable >= most::bigint * sample THEN
    RETURN QUERY EXECUTE format('SELECT id FROM message WHERE %s AND (%s) ORDER BY %s LIMIT %s',
        walk, says, backward, most);
    RETURN;
END IF;
says := (SELECT string_agg(format('said LIKE %L',
        '%' || replace(replace(replace(part, '\', '\\'), '%', '\%'), '_', '\_') || '%'), ' OR ')
    FROM unnest(texts) AS part);
RETURN QUERY EXECUTE format(
    'SELECT id FROM message WHERE (%s) AND %s AND id + 0 BETWEEN %s AND %s '
    'AND sent_at + 0 >= %s AND sent_at + 0 < %s ORDER BY id + 0 DESC LIMIT %s',
    says, replace(whose, '_id =', '_id + 0 ='), lowest, highest, first, after, most);
END $$
"""


# Domains are found as texts are, for the same reason: in each enterprise the newest are a short
# range of the index, and the newest of all are among them.  No other index has this order: to walk all
# deliveries by their ids looks cheap where a domain is common, and is not where one never writes there.
_IN_DOMAIN: Final = DOMAIN.replace("'", "''")

_TO_DOMAIN: Final = f"""
CREATE FUNCTION deliveries_to_domain(domain text, before bigint, most int)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = {{schema}}, pg_temp SET jit = off
SET enable_seqscan = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_sort = off SET enable_incremental_sort = off
AS $$
DECLARE
whose text := 'true';
BEGIN
CASE current_setting('msglog.reach', true)
WHEN 'everything' THEN NULL;
WHEN 'enterprise' THEN whose := format('enterprise_id = %s', current_setting('msglog.enterprise')::int);
WHEN 'customer' THEN
    whose := format('enterprise_id = %s AND customer_id = %s',
        current_setting('msglog.enterprise')::int, current_setting('msglog.customer')::int);
ELSE RETURN;
END CASE;
RETURN QUERY EXECUTE format(
    'SELECT newest.id FROM enterprise CROSS JOIN LATERAL ('
    'SELECT id FROM delivery WHERE enterprise_id = enterprise.id AND {_IN_DOMAIN} = %L AND id < %s AND %s '
    'ORDER BY id DESC, customer_id DESC LIMIT %s) AS newest ORDER BY newest.id DESC LIMIT %s',
    domain, before, whose, most, most);
END $$
"""  # noqa: S608 - every value in it is quoted or a number


def create(connection: Connection) -> None:
    """Make all of it."""
    index_texts(connection)
    _execute(connection, *_INDICES, *_AUDIT)
    find_domains(connection)


def index_texts(connection: Connection) -> None:
    """Make the functions, the column and the index by which messages are found."""
    _execute(connection, *folding.statements(), *_TEXTS)
    _offer(connection, "message_candidates", _CANDIDATES)


def find_domains(connection: Connection) -> None:
    """Make the function by which the deliveries to a domain are found."""
    _offer(connection, "deliveries_to_domain", _TO_DOMAIN)


def _offer(connection: Connection, function: str, definition: str) -> None:
    """Make a function that nobody but readers may call."""
    schema = connection.exec_driver_sql("SELECT quote_ident(current_schema())").scalar()
    _execute(
        connection,
        definition.format(schema=schema),
        f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {function} TO {READER}",
    )


def _execute(connection: Connection, *statements: str) -> None:
    for statement in statements:
        connection.exec_driver_sql(statement.replace("%", "%%"))  # the driver would look for parameters
