"""Importing a layer loads no more than that layer may have, which is also what keeps the start fast.

import-linter reads the sources; this looks at what Python has really loaded, by whatever way it came.
"""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "msglog_tui"

SCREEN = {"textual", "rich"}
SQL = {"sqlalchemy", "sqlite3"}
DATES = {"pendulum", "tzlocal"}
CONNECTIONS = {"asyncssh", "cryptography"}
OURS_ABOVE = {"msglog_tui.cli", "msglog_tui.ssh", "msglog_tui.tui"} | CONNECTIONS
OURS_WITH_ROWS = {"msglog_tui.store", "msglog_tui.reader", "msglog_tui.importers", "msglog_tui.export"}

PLAIN = SCREEN | SQL | DATES | OURS_ABOVE | OURS_WITH_ROWS
FORBIDDEN = {
    "types": PLAIN,
    "errors": PLAIN,
    "endings": PLAIN,
    "cancel": PLAIN,
    "dates": PLAIN,
    "spans": PLAIN,
    "text": PLAIN,
    "paths": PLAIN,
    "delivery": PLAIN,
    "masking": PLAIN,
    "public_key": PLAIN,
    "recipients": PLAIN,
    "sample": PLAIN | {"csv", "gzip", "json"},
    "importers": SCREEN | SQL | DATES | OURS_ABOVE | {"msglog_tui.store", "msglog_tui.reader"},
    "store": SCREEN | DATES | OURS_ABOVE | {"msglog_tui.reader", "msglog_tui.importers", "msglog_tui.export"},
    "reader": SCREEN | DATES | OURS_ABOVE | {"msglog_tui.importers", "msglog_tui.export"},
    "export": SCREEN | SQL | DATES | OURS_ABOVE | {"msglog_tui.store", "msglog_tui.reader"},
    "config": PLAIN | {"platformdirs"},
    "demo": SCREEN | DATES | OURS_ABOVE | {"msglog_tui.reader", "msglog_tui.importers", "msglog_tui.export"},
    # The command line loads what a command needs when it is called, so that `--help` is quick.
    "cli": SCREEN | SQL | DATES | {"platformdirs", "msglog_tui.tui"} | CONNECTIONS | OURS_WITH_ROWS,
    "tui": SQL
    | CONNECTIONS
    | {"msglog_tui.cli", "msglog_tui.ssh", "msglog_tui.store", "msglog_tui.importers"},
    # The server process has the connections; what is on the screen is its sessions' business.
    "ssh": SCREEN | DATES | {"msglog_tui.cli", "msglog_tui.tui", "msglog_tui.importers", "msglog_tui.export"},
}
"""What importing every module of a layer must not load; a name stands for all that is below it, too."""


STARTED = {"__main__.py", "env.py"}
"""Files that are run by somebody, and not imported: Python, Alembic."""


def modules_of(layer: str) -> list[str]:
    single = PACKAGE / f"{layer}.py"
    files = [single] if single.exists() else sorted((PACKAGE / layer).rglob("*.py"))
    parts = [file.relative_to(ROOT).with_suffix("").parts for file in files if file.name not in STARTED]
    return [".".join(part for part in names if part != "__init__") for names in parts]


def loaded_by(modules: list[str]) -> set[str]:
    code = (
        "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\nprint(*sys.modules)"
    )
    command = [sys.executable, "-c", code, *modules]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(run.stdout.split())


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_a_layer_loads_only_what_it_may(layer: str) -> None:
    modules = modules_of(layer)
    loaded = loaded_by(modules)
    assert modules
    assert set(modules) <= loaded
    assert loaded & FORBIDDEN[layer] == set()


def test_spares_are_forked_from_a_process_without_connections() -> None:
    assert loaded_by(["msglog_tui.ssh.zygote", "msglog_tui.cli.remote"]) & CONNECTIONS == set()


def test_what_sshd_starts_needs_no_asyncssh() -> None:
    modules = [
        "msglog_tui.cli.forced",
        *(f"msglog_tui.ssh.{name}" for name in ("clerk", "environment", "words")),
    ]
    assert loaded_by(modules) & CONNECTIONS == set()


def test_attach_imports_next_to_nothing() -> None:
    entered = loaded_by(["msglog_tui.__main__", "msglog_tui.ssh.attach"]) - loaded_by([])
    ours = {"msglog_tui", "msglog_tui.__main__", "msglog_tui.ssh", "msglog_tui.ssh.attach"}
    # `signal` is made of enums, and those of what the entry point that pip writes has loaded already.
    assert entered - ours <= {"_socket", "select", "termios", "signal"} | loaded_by(["enum"])


def test_every_layer_is_looked_at() -> None:
    names = {path.stem for path in PACKAGE.glob("*.py")} | {
        path.parent.name for path in PACKAGE.glob("*/*.py")
    }
    assert names - {"__init__", "__main__"} == set(FORBIDDEN)
