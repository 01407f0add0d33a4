"""The servers that the tests start: what they can, and that nothing is left of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.postgresql import Servers, caught_up, until

ROOT = Path(__file__).parents[2]


def test_a_database_is_empty_and_speaks_unicode(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace"
        ).fetchone() == (0,)
        assert connection.execute("SELECT lower('ÉÇ')").fetchone() == ("éç",)


@pytest.mark.parametrize("extension", ["pg_trgm", "postgres_fdw"])
def test_the_programs_bring_what_msglog_uses(database: str, extension: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(f"CREATE EXTENSION {extension}".encode())


def test_a_replica_follows_and_takes_over(servers: Servers) -> None:
    primary = servers.start("followed")
    replica = servers.replicate(primary, "follower")
    primary.execute("CREATE TABLE seen AS SELECT 1 AS n")
    until(lambda: caught_up(primary, replica))
    assert replica.execute("SELECT n FROM seen") == [(1,)]
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        replica.execute("INSERT INTO seen VALUES (2)")
    primary.crash()
    with pytest.raises(psycopg.OperationalError):
        primary.execute("SELECT 1")
    replica.promote()
    replica.execute("INSERT INTO seen VALUES (2)")
    assert replica.execute("SELECT count(*) FROM seen") == [(2,)]
    for server in (primary, replica):
        server.stop()
        assert not server.folder.exists()


def test_a_server_ends_with_a_killed_process() -> None:
    script = (
        "import time; from tests.postgresql import Servers; servers = Servers().__enter__(); "
        "server = servers.start('main'); print(server.folder, server.port, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        folder, port = run.stdout.readline().split()
        pid = int((Path(folder) / "data/postmaster.pid").read_text().split()[0])
        with psycopg.connect(host=folder, port=port, user="postgres"):
            os.kill(run.pid, signal.SIGKILL)
            until(lambda: not Path(folder).exists())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
