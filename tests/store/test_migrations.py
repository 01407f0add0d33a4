"""Archives of older schemas become what new ones are, and keep what they hold.

Whoever changes a table, an index, a policy or a function finds here what the migration of the next version
has to do.  `schemas` has the oldest schema that can be brought up to date, as it was.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from sqlalchemy import select

from msglog_tui.errors import StoreError
from msglog_tui.store import models
from msglog_tui.store.engine import Store
from msglog_tui.store.postgresql import folding
from msglog_tui.store.writes import Writer
from msglog_tui.types import Outcome
from tests.store.records import message

if TYPE_CHECKING:
    from tests.postgresql import Server

SCHEMAS = Path(__file__).parent / "schemas"

ROWS = """
INSERT INTO enterprise (id, name, sort_name) VALUES (1, 'Acme', 'acme');
INSERT INTO customer VALUES (1, 1, 'Acme Retail', 'acme retail');
INSERT INTO retention VALUES (1, 1760000400);
INSERT INTO message (id, enterprise_id, customer_id, external_id, subject, channel, sent, sent_at, sent_by,
    lists) VALUES (7, 1, 1, 'old', 'Hello', 0, 3, 1760000500, 'thandi', '[]');
INSERT INTO message_outcome (message_id, delivered, given) VALUES (7, 3, 0);
INSERT INTO customer_running (enterprise_id, customer_id, bucket, sms_bounced_unknown) VALUES (1, 1, 600, 5);
"""

CATALOG = {
    "relations": """
        SELECT relname, relkind, relrowsecurity, relforcerowsecurity, reloptions, relacl::text
        FROM pg_class WHERE relnamespace = 'public'::regnamespace
    """,
    "columns": """
        SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod), attnotnull,
            attcollation::regcollation::text, pg_get_expr(adbin, adrelid), attstattarget
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
        WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
    """,
    "indices": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace
    """,
    "policies": "SELECT tablename, policyname, cmd, roles::text, qual FROM pg_policies",
    "functions": """
        SELECT proname, pg_get_functiondef(oid), proacl::text FROM pg_proc AS function
        WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = function.oid AND deptype = 'e')
    """,
    "triggers": "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "sequences": "SELECT sequencename, data_type::text, increment_by FROM pg_sequences",
    "extensions": "SELECT extname FROM pg_extension",
}


def of_server(url: str) -> dict[str, list[Any]]:
    """All that a database is made of."""
    with psycopg.connect(url) as connection:
        return {
            what: sorted(connection.execute(query).fetchall(), key=repr) for what, query in CATALOG.items()
        }


def of_file(path: Path) -> dict[str, list[Any]]:
    """All that a file is made of, however its statements are written."""
    connection = sqlite3.connect(path)
    found: dict[str, list[Any]] = {}
    master = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'"
    for kind, name, sql in connection.execute(master):
        about: list[Any] = [kind]
        if kind == "table" and not sql.startswith("CREATE VIRTUAL"):
            for pragma in ("table_xinfo", "foreign_key_list"):
                about += [row[1:] for row in connection.execute(f"PRAGMA {pragma}('{name}')")]
            indices = connection.execute(f"PRAGMA index_list('{name}')").fetchall()
            about += sorted(
                (index, *rest, *connection.execute(f"PRAGMA index_xinfo('{index}')").fetchall())
                for _, index, *rest in indices
            )
            about += sorted(re.findall(r"CONSTRAINT \w+ CHECK \([^\n]*\)", sql))
            about += re.findall(r"WITHOUT ROWID", sql)
        else:
            about.append(sql)
        found[name] = about
    for pragma in ("application_id", "user_version"):
        found[pragma] = connection.execute(f"PRAGMA {pragma}").fetchone()
    connection.close()
    return found


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    """A file of the oldest schema, with something in it."""
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path)
    connection.executescript((SCHEMAS / "v3.sqlite.sql").read_text())
    connection.executescript(ROWS)
    connection.close()
    return path


@pytest.fixture
def old_database(database: str, pattern: str) -> str:
    """The URL of a database of the oldest schema; with `pattern` came the role of readers."""
    with psycopg.connect(database) as connection:
        for statement in folding.statements():
            connection.execute(statement.encode())
        connection.execute((SCHEMAS / "v3.postgresql.sql").read_bytes())
        connection.execute(ROWS.encode())
    return database


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest) -> Store:
    """An archive of the oldest schema."""
    fixture = "old_file" if request.param == "sqlite" else "old_database"
    return Store(str(request.getfixturevalue(fixture)))


def test_an_old_file_becomes_what_a_new_one_is(old_file: Path, tmp_path: Path) -> None:
    Store(str(tmp_path / "new.db")).create()
    Store(str(old_file)).init()
    assert of_file(old_file) == of_file(tmp_path / "new.db")


def test_an_old_database_becomes_what_a_new_one_is(
    old_database: str, pattern: str, postgresql: Server
) -> None:
    store = Store(old_database)
    store.init()
    store.close()
    expected = of_server(postgresql.url(pattern))
    for what, found in of_server(old_database).items():
        assert found == expected[what], what


def test_a_change_without_a_migration_is_seen(
    old_file: Path, old_database: str, tmp_path: Path, postgresql: Server, pattern: str
) -> None:
    """The comparisons above tell a column, an index and a grant too many."""
    Store(str(tmp_path / "new.db")).create()
    Store(str(old_file)).init()
    connection = sqlite3.connect(old_file)
    connection.execute("CREATE INDEX more ON message (subject)")
    connection.close()
    assert of_file(old_file) != of_file(tmp_path / "new.db")
    store = Store(old_database)
    store.init()
    store.close()
    with psycopg.connect(old_database) as server:
        server.execute("GRANT SELECT ON audit TO msglog_reader")
        server.execute("ALTER TABLE message ADD COLUMN more text")
    expected = of_server(postgresql.url(pattern))
    differing = {what for what, found in of_server(old_database).items() if found != expected[what]}
    assert differing == {"relations", "columns"}


def test_an_old_archive_is_refused_until_it_was_brought_up_to_date(old: Store) -> None:
    for _ in range(2):
        with pytest.raises(StoreError, match=r"schema 3, older.*`msglog upgrade`"), old.reading():
            pass
        with pytest.raises(StoreError, match="`msglog upgrade`"), old.writing():
            pass
        with pytest.raises(StoreError, match="`msglog upgrade`"):
            old.create()
    old.init()
    old.init()
    with old.reading() as connection:
        (horizon,) = connection.execute(select(models.retention)).all()
        assert horizon == (1, 1_760_000_400, None)
        (outcome,) = connection.execute(select(models.message_outcome)).all()
        assert (outcome.message_id, outcome.delivered, outcome.removed) == (7, 3, 0)
        (running,) = connection.execute(select(models.customer_running)).all()
        assert running == (1, 1, 600, *[0] * 11, 5)
    with Writer(old) as writer:
        assert writer.messages([message(message_id="new", sent_at=1_760_000_600)]) == Outcome(1, 0, 0)
    old.close()


def test_an_upgrade_that_fails_changes_nothing(old_file: Path) -> None:
    before = of_file(old_file)
    connection = sqlite3.connect(old_file)
    connection.execute("ALTER TABLE message_outcome ADD COLUMN removed")
    connection.close()
    with pytest.raises(StoreError, match="cannot be written"):
        Store(str(old_file)).init()
    connection = sqlite3.connect(old_file)
    connection.execute("ALTER TABLE message_outcome DROP COLUMN removed")
    connection.close()
    assert of_file(old_file) == before
