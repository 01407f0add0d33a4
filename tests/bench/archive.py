"""Archives to measure on: 20 enterprises of 5,000 customers over five years, made by set-based SQL.

What an import does row by row is done here for all rows at once, so that fifty million messages take minutes.
Tenants have Zipf sizes: at fifty million the largest customer has well over a million messages.
`python -m tests.bench.archive FILE MESSAGES` makes one; `msglog check` then finds every total in order.
"""

from __future__ import annotations

import itertools
import sqlite3
import sys
import time
from pathlib import Path

from msglog_tui.store import rollup_check, text_index
from msglog_tui.store.engine import Store

ENTERPRISES = 20
CUSTOMERS = 5_000
"""Customers of each enterprise."""

FIRST = 1_609_459_200
"""2021-01-01T00:00:00Z: the first message."""

AFTER = 1_767_225_600
"""2026-01-01T00:00:00Z: the first instant after the last."""

_SLOTS = 65_536
# Finer than the share of the smallest customer would be wasted: it just gets no message.

_WORDS = """
sale summer winter offer invoice update urgent reminder account statement newsletter launch
weekend flash promo welcome delivery order shipped payment receipt password reset event ticket
webinar survey loyalty points bonus voucher holiday clearance exclusive member renewal policy
insurance school parents meeting fees term report election branch closing hours notice outage
maintenance water power municipal
""".split()  # noqa: SIM905 - a list of strings would be one word a line

_MESSAGES = """
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < :messages)
INSERT INTO message (id, enterprise_id, customer_id, external_id, subject, channel, sent, failed, bounced,
                     sent_at, sent_by, lists)
SELECT n.n,
       e.owner,
       (e.owner - 1) * :customers + c.owner,
       'm' || n.n,
       w1.word || ' ' || w2.word || ' ' || w3.word || ' #' || (n.n * 7919 % 499),
       n.n * 40503 % 100 < 45,
       1 + (n.n * 69069 % 1009) * (n.n * 69069 % 1009) / 500,
       CASE WHEN n.n % 50 = 0 THEN NULL ELSE n.n * 31 % 17 END,
       NULL,
       :first + CAST((:after - :first) * (n.n - 0.5) / :messages AS INTEGER),
       'user' || (n.n * 131 % 4001),
       CASE n.n % 3 WHEN 0 THEN '["Newsletter"]' WHEN 1 THEN '["Newsletter", "VIP"]' ELSE '[]' END
FROM n
CROSS JOIN temp.enterprise_slot e ON e.slot = n.n * 2654435761 / 7 % :slots
CROSS JOIN temp.customer_slot c ON c.slot = n.n * 40692 * 53 / 11 % :slots
CROSS JOIN temp.word w1 ON w1.place = n.n * 17 % :words
CROSS JOIN temp.word w2 ON w2.place = n.n * 31 / 5 % :words
CROSS JOIN temp.word w3 ON w3.place = n.n * 57 / 7 % :words
"""


def make(path: Path, messages: int) -> None:
    """Make an archive of so many messages, unless it is there already."""
    if path.exists():
        return
    growing = path.with_suffix(".part")
    for leftover in (growing, Path(f"{growing}-wal"), Path(f"{growing}-shm")):
        leftover.unlink(missing_ok=True)
    store = Store(str(growing))
    store.create()
    store.close()  # the journal mode can be changed only while nobody else is there
    with sqlite3.connect(growing, isolation_level=None) as connection:
        connection.executescript(
            "PRAGMA journal_mode=off; PRAGMA synchronous=off; PRAGMA cache_size=-2000000; "
            "PRAGMA temp_store=memory; PRAGMA threads=2"
        )
        _fill(connection, messages)
    connection.close()
    with store.writing() as writing:
        for enterprise_id, _ in rollup_check.enterprises(writing):
            rollup_check.rebuild(writing, enterprise_id)
        text_index.rebuild(writing)
    with sqlite3.connect(growing) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    store.close()
    growing.rename(path)


def _fill(connection: sqlite3.Connection, messages: int) -> None:
    connection.executemany(
        "INSERT INTO enterprise (id, name, sort_name) VALUES (?, ?, ?)",
        ((id_, f"Enterprise {id_:02}", f"enterprise {id_:02}") for id_ in range(1, ENTERPRISES + 1)),
    )
    connection.executemany(
        "INSERT INTO customer (enterprise_id, id, name, sort_name) VALUES (?, ?, ?, ?)",
        (
            (owner, (owner - 1) * CUSTOMERS + number, f"Customer {number:04}", f"customer {number:04}")
            for owner in range(1, ENTERPRISES + 1)
            for number in range(1, CUSTOMERS + 1)
        ),
    )
    for table, owners in (("enterprise_slot", ENTERPRISES), ("customer_slot", CUSTOMERS)):
        connection.execute(f"CREATE TEMP TABLE {table} (slot INTEGER PRIMARY KEY, owner INTEGER)")
        connection.executemany(f"INSERT INTO {table} VALUES (?, ?)", enumerate(_zipf(owners)))
    connection.execute("CREATE TEMP TABLE word (place INTEGER PRIMARY KEY, word TEXT)")
    connection.executemany("INSERT INTO word VALUES (?, ?)", enumerate(_WORDS))
    # Indices are made at the end, each by one sort.
    indices = connection.execute(
        "SELECT name, sql FROM sqlite_master "
        "WHERE type = 'index' AND tbl_name = 'message' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indices:
        connection.execute(f"DROP INDEX {name}")
    connection.execute(
        _MESSAGES,
        {
            "messages": messages,
            "customers": CUSTOMERS,
            "first": FIRST,
            "after": AFTER,
            "slots": _SLOTS,
            "words": len(_WORDS),
        },
    )
    for _, sql in indices:
        connection.execute(sql)


def _zipf(owners: int) -> list[int]:
    """An owner for each slot: the first has twice as many as the second, and so on."""
    bounds = list(itertools.accumulate(1 / rank for rank in range(1, owners + 1)))
    found, owner = [], 0
    for slot in range(_SLOTS):
        while bounds[owner] / bounds[-1] < (slot + 0.5) / _SLOTS:
            owner += 1
        found.append(owner + 1)
    return found


if __name__ == "__main__":
    start = time.perf_counter()
    make(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"{time.perf_counter() - start:.1f} s")
