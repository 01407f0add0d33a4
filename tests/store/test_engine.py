"""Opening, refusing, stopping, rehearsing, and what a kill leaves."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from sqlalchemy import text

from msglog_tui.cancel import Cancel
from msglog_tui.errors import Cancelled, DeadlineExceeded, StoreError
from msglog_tui.store import models, rollup_check
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from msglog_tui.types import Outcome
from tests.store.records import message, transaction

ENDLESS = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n"


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"not a database at all" * 100)
    foreign = tmp_path / "foreign.db"
    other = sqlite3.connect(foreign)
    other.execute("CREATE TABLE t (x)")
    other.commit()
    other.close()
    for path, word in (
        (garbage, "cannot be opened"),
        (foreign, "not an archive"),
        (tmp_path / "missing.db", "There is no store"),
        (tmp_path, "is a directory: name a file"),
    ):
        with pytest.raises(StoreError, match=word), Store(str(path)).reading():
            pass
        if path != tmp_path / "missing.db":
            with pytest.raises(StoreError):
                Store(str(path)).create()


@pytest.mark.parametrize(("version", "word"), [(models.SCHEMA_VERSION + 1, "newer"), (0, "older")])
def test_another_schema_is_refused_with_a_sentence(store: Store, version: int, word: str) -> None:
    with store.writing() as connection:
        if store.file is not None:
            connection.exec_driver_sql(f"PRAGMA user_version={version}")
        else:
            connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")
    other = Store(store.location)
    with pytest.raises(StoreError, match=word), other.reading():
        pass
    with pytest.raises(StoreError, match=word), other.writing():
        pass
    other.close()


@pytest.mark.parametrize("url", ["sqlite://", "nonsense://", "sqlite:///:memory:"])
def test_what_is_no_file_is_refused(url: str) -> None:
    with pytest.raises(StoreError):
        Store(url)


def test_a_url_and_a_path_name_the_same_store(sqlite_store: Store) -> None:
    assert Store(f"sqlite:///{sqlite_store.path}").path == sqlite_store.path


def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="cannot be read"), store.reading() as connection:
        connection.execute(models.enterprise.insert().values(name="x", sort_name="x"))


def test_a_query_that_is_not_wanted_any_more_stops(store: Store) -> None:
    cancel = Cancel()
    stopped = threading.Event()
    started = threading.Event()

    def ask() -> None:
        try:
            with store.reading(cancel, None) as connection:
                started.set()
                connection.execute(text(ENDLESS)).all()
        except Cancelled:
            stopped.set()

    thread = threading.Thread(target=ask)
    thread.start()
    assert started.wait(60)
    cancel.cancel()
    assert stopped.wait(60)
    thread.join()
    with store.reading() as connection:  # the connection is as good as new
        assert connection.execute(text("SELECT 1")).scalar() == 1


def test_a_query_that_takes_too_long_is_stopped(store: Store) -> None:
    with pytest.raises(DeadlineExceeded, match="took longer"), store.reading(seconds=0.05) as connection:
        connection.execute(text(ENDLESS)).all()


def test_a_reader_sees_one_state_while_somebody_writes(store: Store) -> None:
    with Writer(store) as writer:
        writer.messages([message()])
        count = text("SELECT count(*) FROM message")
        with store.reading() as connection:
            assert connection.execute(count).scalar() == 1
            writer.messages([message(message_id="m2")])
            assert connection.execute(count).scalar() == 1
        with store.reading() as connection:
            assert connection.execute(count).scalar() == 2


def test_a_rehearsal_says_what_would_happen_and_stores_nothing(store: Store) -> None:
    with Writer(store) as writer:
        writer.messages([message()])
    batches = [
        [message(sent=1), message(message_id="m2", enterprise="New")],
        [message(message_id="m2", enterprise="New"), message(message_id="m3", customer="New")],
    ]
    with store.reading() as connection:
        before = connection.exec_driver_sql("SELECT * FROM message, enterprise_traffic").all()
    with Writer(store, rehearsal=True) as writer:
        rehearsed = [writer.messages(batch) for batch in batches]
        rehearsed.append(writer.transactions([transaction()]))
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT * FROM message, enterprise_traffic").all() == before
        assert connection.exec_driver_sql("SELECT count(*) FROM customer").scalar() == 1
    with Writer(store) as writer:
        real = [writer.messages(batch) for batch in batches]
        real.append(writer.transactions([transaction()]))
    assert rehearsed == real == [Outcome(1, 1, 0), Outcome(1, 0, 1), Outcome(1, 0, 0)]


def test_a_batch_that_fails_leaves_nothing(store: Store) -> None:
    with Writer(store) as writer:
        with pytest.raises(Exception, match=r"(?i)check"):
            writer.messages([message(enterprise="Fresh"), message(message_id="m2", channel=7)])
        with store.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM message").scalar() == 0
            assert connection.exec_driver_sql("SELECT count(*) FROM enterprise").scalar() == 0
        # Numbers given in the failed batch are forgotten.
        assert writer.messages([message(enterprise="Fresh")]) == Outcome(1, 0, 0)


def test_two_writers_in_turn_do_not_clash(store: Store) -> None:
    with Writer(store) as one, Writer(store) as two:
        for number in range(4):
            one.messages([message(message_id=f"a{number}", customer=f"one {number}")])
            two.messages([message(message_id=f"b{number}", customer=f"two {number}")])
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(DISTINCT id) FROM customer").scalar() == 8


IMPORT = """
import sys
from msglog_tui.store.engine import Store
from msglog_tui.store.writes import Writer
from tests.store.records import message
with Writer(Store(sys.argv[1])) as writer:
    for batch in range(100):
        rows = [message(message_id=f"{batch}-{n}", sent_at=1_700_000_000 + 61 * n) for n in range(200)]
        writer.messages(rows)
        print(batch, flush=True)
"""


def test_a_kill_leaves_whole_batches_and_a_second_run_finishes(store: Store) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", IMPORT, store.location]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for _ in range(5):
            running.stdout.readline()
        os.kill(running.pid, signal.SIGKILL)
    with store.reading() as connection:
        stored = connection.exec_driver_sql("SELECT count(*) FROM message").scalar()
        assert stored is not None
        assert stored >= 1000
        assert stored % 200 == 0
        assert list(rollup_check.differences(connection, 1)) == []
    subprocess.run(command, cwd=root, check=True, stdout=subprocess.DEVNULL)
    with store.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM message").scalar() == 20_000
        assert list(rollup_check.differences(connection, 1)) == []


def test_a_store_that_moves_reads_the_other_archive_and_holds_nothing_of_the_old(tmp_path: Path) -> None:
    for name in ("one", "two"):
        made = Store(str(tmp_path / name))
        made.create()
        with made.writing() as connection:
            connection.exec_driver_sql(f"INSERT INTO enterprise (name, sort_name) VALUES ('{name}', '')")
        made.close()
    store = Store(str(tmp_path / "one"))
    for name in ("one", "two"):
        store.move(str(tmp_path / name))
        with store.reading() as connection:
            assert connection.exec_driver_sql("SELECT name FROM enterprise").scalar() == name
    held = [str(file.readlink()) for file in Path("/proc/self/fd").iterdir() if file.is_symlink()]
    assert str(tmp_path / "one") not in held
    store.move(str(tmp_path / "three"))
    with pytest.raises(StoreError, match="There is no store"), store.reading():
        pass
