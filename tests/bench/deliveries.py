"""Deliveries to measure on, made by set-based SQL, and what is asked of them.

The messages are those of `archive`; each has five thousand recipients, but for one of a million.  The keys of
these deliveries are no hashes of what they say: imports find none of them again, which is what new files do.
"""

from __future__ import annotations

import gc
import itertools
import random
import sqlite3
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from msglog_tui import dates
from msglog_tui.delivery import DeliveryRecord, DeliveryStatus, FailureGrouping, FailurePlace, Recipients
from msglog_tui.reader import Reader
from msglog_tui.store import delivery_blocks, people_index, rollup_check
from msglog_tui.store.engine import Store
from msglog_tui.store.models import OUTCOMES, message_outcome
from msglog_tui.store.writes import Writer
from tests.bench import archive
from tests.bench.launch import TODAY
from tests.bench.questions import TIMES, ZONE
from tests.bench.table import Of, Row, Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECIPIENTS: Final = 5_000
"""Of a message, on the average."""

MANY: Final = 1_000_000
"""Recipients of the largest message."""

PEOPLE: Final = 3_000_000
DOMAINS: Final = 200_000
STORED: Final = 200_000
BATCH: Final = 20_000
"""Deliveries that are stored to measure, and how many at a time."""

_REASONS: Final = 300
_HASH: Final = (1 << 48) - 1

_DELIVERIES = """
WITH RECURSIVE n(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < :deliveries),
of AS MATERIALIZED (
    SELECT n, CASE WHEN n < :many THEN 1 ELSE n / :recipients + 1 END AS message_id,
           n * 40503 % 1000 AS luck, :first + (:after - :first) * n / :deliveries AS at
    FROM n
)
INSERT INTO delivery
SELECT of.at << 28 | of.n, m.enterprise_id, m.customer_id, m.id, m.id,
       printf('%016x%016x', of.n * 7919, of.n), p.recipient, 1,
       CASE WHEN luck < 20 THEN 4 WHEN luck < 25 THEN 5 WHEN luck < 28 THEN 6 WHEN luck < 30 THEN 7
            WHEN luck < 35 THEN 1 ELSE 3 END,
       of.at + 4, CASE WHEN luck < 30 THEN 2 + of.n % :reasons ELSE 1 END,
       CASE WHEN luck < 30 THEN p.recipient ELSE '' END, ''
FROM of CROSS JOIN message m ON m.id = of.message_id
CROSS JOIN temp.person p ON p.id = of.n * 2654435761 % :people
"""


def make(path: Path, deliveries: int) -> None:
    """Make an archive of so many deliveries, unless it is there already."""
    if path.exists():
        return
    growing = path.with_suffix(".growing")
    growing.unlink(missing_ok=True)
    archive.make(growing, deliveries // RECIPIENTS)
    with sqlite3.connect(growing, isolation_level=None) as connection:
        connection.executescript(
            "PRAGMA journal_mode=off; PRAGMA synchronous=off; PRAGMA cache_size=-2000000; "
            "PRAGMA temp_store=memory; PRAGMA threads=2"
        )
        _fill(connection, deliveries)
        connection.execute("PRAGMA journal_mode=wal")
    connection.close()
    store = Store(str(growing))
    with store.writing() as writing:
        for row in writing.execute(select(message_outcome)).all():
            delivery_blocks.recut(writing, row.message_id, [getattr(row, name) for name in OUTCOMES])
        for enterprise_id, _ in rollup_check.enterprises(writing):
            rollup_check.rebuild(writing, enterprise_id)
    with sqlite3.connect(growing) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    store.close()
    growing.rename(path)


def _fill(connection: sqlite3.Connection, deliveries: int) -> None:
    def said(what: str) -> None:
        print(f"{time.perf_counter() - start:.0f} s: {what}", file=sys.stderr, flush=True)

    start = time.perf_counter()
    connection.executemany(
        "INSERT INTO delivery_reason VALUES (?, ?, ?)",
        [
            (1, "", ""),
            *((2 + n, f"5.{n % 7}.{n % 5}", f"550 <\ufffc> refused for reason {n}") for n in range(_REASONS)),
        ],
    )
    connection.execute(
        "CREATE TEMP TABLE person (id INTEGER PRIMARY KEY, recipient TEXT, hash INT, word TEXT)"
    )
    domains = [f"domain{number}.example" for number in range(DOMAINS)]
    words = [f"{people_index.hashed(domain):x}x" for domain in domains]
    people = min(PEOPLE, deliveries)
    connection.executemany("INSERT INTO person VALUES (?, ?, ?, ?)", _people(people, domains, words))
    said("people")
    indices = connection.execute(
        "SELECT name, sql FROM sqlite_master "
        "WHERE type = 'index' AND tbl_name = 'delivery' AND sql IS NOT NULL"
    ).fetchall()
    for name, _ in indices:
        connection.execute(f"DROP INDEX {name}")
    given = {
        "deliveries": deliveries, "many": min(MANY, deliveries // 2), "recipients": RECIPIENTS,
        "first": archive.FIRST, "after": archive.AFTER, "reasons": _REASONS, "people": people,
    }  # fmt: skip
    connection.execute(_DELIVERIES, given)
    said("deliveries")
    for _, sql in indices:
        connection.execute(sql)
    said("indices")
    connection.execute(
        "INSERT INTO delivery_key SELECT 2, p.hash, ((d.id & 268435455) * 2654435761) & ?, d.id "
        "FROM delivery d JOIN temp.person p ON p.id = (d.id & 268435455) * 2654435761 % ? ORDER BY 2, 3",
        (_HASH, people),
    )
    said("keys")
    connection.execute(
        "INSERT INTO delivery_domain (rowid, words) "
        "SELECT d.id, p.word || ' ' || p.word || 'e' || d.enterprise_id || ' ' || p.word || 'c' "
        "|| d.customer_id "
        "FROM delivery d JOIN temp.person p ON p.id = (d.id & 268435455) * 2654435761 % ? "
        "WHERE p.word <> '' ORDER BY d.id",
        (people,),
    )
    said("domains")
    connection.executescript("""
        INSERT INTO delivery_context
        SELECT id, enterprise_id, id, id, customer_id, channel, 'ses', external_id, subject, subject, sent_by,
               lists, 0
        FROM message;
        UPDATE delivery_context SET deliveries =
            (SELECT count(*) FROM delivery d WHERE d.message_id = delivery_context.message_id);
        DELETE FROM delivery_context WHERE deliveries = 0;
        INSERT INTO message_outcome
        SELECT message_id, sum(status = 0), sum(status = 1), sum(status = 2), sum(status = 3),
               sum(status = 4), sum(status = 5), sum(status = 6), sum(status = 7), 1, 0, 0, 0, 0
        FROM delivery GROUP BY message_id;
        INSERT INTO delivery_tally
        SELECT message_id, status, reason_id, count(*) FROM delivery WHERE status >= 4 GROUP BY 1, 2, 3;
        UPDATE message SET sent = o.sent + o.delivered + o.bounced + o.complained,
               failed = o.failed + o.rejected, bounced = o.bounced
        FROM message_outcome o WHERE o.message_id = message.id;
    """)
    said("messages")


def _people(people: int, domains: list[str], words: list[str]) -> Iterator[tuple[int, str, int, str]]:
    """Addresses at domains of Zipf sizes; every fifth a number."""
    for number in range(people):
        if number % 5 == 0:
            recipient, word = f"+27{820_000_000 + number}", ""
        else:
            # The share of a domain falls with its rank, the first has about a tenth.
            rank = int(DOMAINS ** ((number * 40503 % 1_000_003) / 1_000_003)) - 1
            recipient, word = f"user{number}@{domains[rank]}", words[rank]
        yield number, recipient, people_index.hashed(recipient), word


def rows(small: Path, large: Path) -> list[Row]:
    """Ask a small and a large archive in turn, and store deliveries in an empty one."""
    readers = [Reader.of_owner(Store(str(path)), "bench") for path in (small, large)]
    asked = [_questions(reader) for reader in readers]
    found = []
    for name in asked[0]:
        taken: list[list[float]] = [[], []]
        for _ in range(TIMES + 1):
            for number, questions in enumerate(asked):
                start = time.perf_counter()
                questions[name]()
                taken[number].append((time.perf_counter() - start) * 1e3)
        most = Target(10, Of.MEDIAN) if name.startswith(("find", "page")) else None
        # The first time only warms the caches.
        found.append(Row(name, "ms", taken[1][1:], taken[0][1:], "small archive", most))
    with TemporaryDirectory() as folder:
        rates = [_rate(Path(folder) / f"{number}.db", number) for number in range(3)]
    found.append(Row("store deliveries, a second", "1/s", rates))
    return found


def _questions(reader: Reader) -> dict[str, Callable[[], object]]:
    """What finding people, opening the largest message and looking at failures ask."""
    (largest,) = reader.messages_by_id(None, [1])
    of = Recipients(largest.enterprise_id, largest.customer_id, largest.id, None)
    count = reader.count_deliveries(of)
    people = [each.recipient for each in reader.deliveries_from(of, count // 2, TIMES + 1)]
    scopes = {
        "everything": reader,
        "the smallest enterprise": reader.inside(20, None),
        "the largest customer": reader.inside(1, 1),
    }
    found: dict[str, Callable[[], object]] = {}
    for where, narrowed in scopes.items():
        turn = itertools.cycle(people)
        found[f"find an address in {where}"] = lambda turn=turn, narrowed=narrowed: narrowed.find_people(
            next(turn), None, 50
        )
        for kind, text in {"the largest domain": "@domain0.example", "nobody": "nobody@example.org"}.items():
            found[f"find {kind} in {where}"] = partial(narrowed.find_people, text, None, 50)
    for place, row in {"first": 0, "middle": count // 2, "last": count - 50}.items():
        found[f"page of recipients, {place}"] = partial(reader.deliveries_from, of, row, 50)
    found["what became of a message"] = partial(
        reader.delivery_summary, of.enterprise_id, of.customer_id, of.message_id
    )
    for days in (30, 1700):
        window = dates.window(TODAY - timedelta(days=days - 1), TODAY, ZONE)
        for by in FailureGrouping:
            found[f"failures by {by}, {days:,} d"] = partial(reader.failures, window, FailurePlace(), by)
    return found


def _rate(path: Path, seed: int) -> float:
    """How many deliveries a second an empty archive takes in, without the reading of a file."""
    store = Store(str(path))
    store.create()
    chance = random.Random(seed)
    collecting = gc.isenabled()
    gc.disable()  # as an import does
    seconds = 0.0
    try:
        with Writer(store) as writer:
            for first in range(0, STORED, BATCH):
                batch = [_record(number, chance) for number in range(first, first + BATCH)]
                start = time.perf_counter()
                writer.deliveries(batch)
                seconds += time.perf_counter() - start
    finally:
        if collecting:
            gc.enable()
    store.close()
    return STORED / seconds


def _record(number: int, chance: random.Random) -> DeliveryRecord:
    campaign, wrong = number // RECIPIENTS, chance.random() < 0.03
    recipient = f"user{chance.randrange(PEOPLE)}@domain{min(int(chance.paretovariate(0.6)), DOMAINS)}.example"
    at = archive.AFTER + number // 20
    return DeliveryRecord(
        enterprise=f"Enterprise {campaign % 20:02}",
        customer=f"Customer {campaign * 7919 % 3000:04}",
        source="ses",
        delivery_id=f"{chance.getrandbits(128):032x}",
        recipient=recipient,
        channel=0,
        status=DeliveryStatus.BOUNCED if wrong else DeliveryStatus.DELIVERED,
        at=at + 3,
        code="5.1.1" if wrong else "",
        reason=f"550 5.1.1 <{recipient}> unknown {chance.getrandbits(40):x} gsmtp" if wrong else "",
        message_id="",
        campaign=f"Campaign {campaign}",
        subject=f"Subject of campaign {campaign}",
        sent_at=at,
        sent_by="thandi",
        lists=("Newsletter",),
    )


if __name__ == "__main__":
    begun = time.perf_counter()
    make(Path(sys.argv[1]), int(sys.argv[2]))
    print(f"{time.perf_counter() - begun:.1f} s")
