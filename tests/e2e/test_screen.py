"""The program itself on a pseudo-terminal."""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from msglog_tui.store.writes import Writer
from tests.archives import on_sqlite
from tests.e2e.terminal import Terminal
from tests.store.records import message, transaction

if TYPE_CHECKING:
    from msglog_tui.store.engine import Store

DOWN, RIGHT, ESC = "\x1b[B", "\x1b[C", "\x1b"


def program(store: Store, *words: str, login: str = "thandi") -> list[str]:
    return [sys.executable, "-m", "msglog_tui", "--store", store.location, "--as", login, *words]


def type_start(terminal: Terminal, date: str) -> None:
    terminal.wait_for(lambda lines: "Enter Open" in lines[-1])
    terminal.send("d")
    terminal.wait_for(lambda lines: "Enter Open" not in lines[-1])  # the input has the keys now
    terminal.send(date)
    terminal.wait_for(date)
    terminal.send("\r")
    terminal.wait_for(lambda lines: "Enter Open" in lines[-1])


def test_a_walk_through_the_logs(sample: Store) -> None:
    with Terminal(program(sample), columns=120, rows=36) as terminal:
        terminal.wait_for("Total sent,")
        type_start(terminal, "2026-10-31")
        terminal.wait_for(lambda lines: any("Baobab Mutual" in line for line in lines))
        terminal.send(RIGHT)
        terminal.wait_for("Baobab Life")
        terminal.resize(60, 16)
        terminal.wait_for(lambda lines: lines[0].rstrip().endswith("…"))  # painted for the new width
        terminal.resize(120, 36)
        terminal.wait_for("Message information")
        # The columns have gone back to where they were, in the rows as in the header.
        terminal.wait_for(
            lambda lines: (
                next(line for line in lines if "Baobab Mutual" in line).index("▏")
                == next(line for line in lines if "Message logs" in line).index("▏")
            )
        )
        terminal.send("q")
        assert terminal.wait_exit() == 0
        ending = terminal.bytes_written[-400:]
        for restored in (b"\x1b[?1049l", b"\x1b[?25h", b"\x1b[?1000l"):
            assert restored in ending


def test_keys_typed_ahead_go_where_the_focus_will_be(sample: Store) -> None:
    with Terminal(program(sample), columns=120, rows=36) as terminal:
        terminal.wait_for("Total sent,")
        terminal.send(f"d2026-10-31\r{RIGHT}{DOWN}/Baobab Life\r?")
        terminal.wait_for("Moves the cursor down")
        terminal.send(ESC)
        terminal.wait_for(lambda lines: "2026-10-31" in lines[1] and "/Baobab Life" in lines[2])


@on_sqlite
def test_keys_typed_before_the_first_screen_are_for_it(sample: Store) -> None:
    with Terminal(program(sample), columns=120, rows=36) as terminal:
        terminal.send(f"{DOWN}\r/mutual")
        terminal.wait_for("/mutual")
        terminal.wait_for("1 enterprise")
        terminal.send("\x11")  # ctrl+q: q is a letter there
        assert terminal.wait_exit() == 0


def test_it_ends_when_the_terminal_goes_away(sample: Store) -> None:
    with Terminal(program(sample), columns=80, rows=24) as terminal:
        terminal.wait_for("Total sent,")
        os.kill(terminal.pid, signal.SIGHUP)
        assert terminal.wait_exit() != 0


def test_a_login_that_is_not_known_is_one_sentence(sample: Store) -> None:
    with Terminal(program(sample, login="eve"), columns=80, rows=24) as terminal:
        terminal.wait_for("There is no user 'eve'")
        assert terminal.wait_exit() == 1
        assert b"Traceback" not in terminal.bytes_written


# No wide characters: the emulator loses count of their halves; the outline's own tests measure those.
HOSTILE = {
    "clipboard": "\x1b]52;c;ZXZpbA==\x07",
    "title": "\x1b]0;owned\x1b\\",
    "c1": "\x9b31mred",
    "clear": "\x1b[2J\x1b[Hgone",
    "bidi": "\u202egpj.exe",
    "markup": "[/now] [bold]x[/bold] [@click=app.quit]y[/]",
    "rtl": "مرحبا بالعالم שלום",
}
# The beginnings of what must never reach the terminal; the program itself writes none of them.
NEVER = [b"\x1b]52;", b"\x1b]0;owned", b"\xc2\x9b", b"\x1b[2J\x1b[Hgone", "\u202e".encode()]


@pytest.mark.parametrize(
    ("archives", "size", "colours"),
    [
        ("sqlite", (80, 24), {}),
        ("sqlite", (120, 36), {}),
        ("sqlite", (80, 24), {"NO_COLOR": "1"}),
        ("sqlite", (120, 36), {"NO_COLOR": "1"}),
        ("postgresql", (120, 36), {}),
    ],
    indirect=["archives"],
    scope="session",
)
def test_hostile_text_stays_text(own: Store, size: tuple[int, int], colours: dict[str, str]) -> None:
    own.create()
    with Writer(own) as writer:
        for text in HOSTILE.values():
            evil = {"enterprise": f"E {text}", "customer": f"C {text}"}
            writer.messages([message(**evil, subject=f"S {text}", sent_by=text, lists=(text,))])
            writer.transactions([transaction(**evil, description=text, requested_by=text, reference=text)])
    own.close()
    command = [sys.executable, "-m", "msglog_tui", "--store", own.location, "--time-zone", "UTC"]
    with Terminal(command, env=colours, columns=size[0], rows=size[1]) as terminal:
        terminal.wait_for("Total sent,")
        type_start(terminal, "2025-10-01")
        terminal.wait_for("2025-10-01")
        terminal.wait_for(f"Total sent, {len(HOSTILE)} mes")
        terminal.send("=")
        terminal.wait_for(lambda lines: sum(" C " in line for line in lines) >= 2)
        for _ in HOSTILE:
            # To the customer, into it, to its message, back for its transactions: all is shown.
            terminal.send(DOWN)
            terminal.wait_for("Customer of")
            terminal.send(RIGHT)
            terminal.wait_for(lambda lines: any("    S " in line for line in lines))
            terminal.send(DOWN)
            terminal.wait_for("Send Amount")
            terminal.send("h")
            terminal.wait_for("Customer of")
            terminal.send("3")
            terminal.wait_for("Top-up request")
            terminal.send("1")
            terminal.wait_for("Customer of")
            terminal.send("h")
            terminal.wait_for(lambda lines: not any("    S " in line for line in lines))
            terminal.send(DOWN)
        terminal.send("q")
        assert terminal.wait_exit() == 0
        written = terminal.bytes_written
    assert b"Traceback" not in written
    body = written.split(b"\x1b[?1049h", 1)[1].split(b"\x1b[?1049l", 1)[0]
    for sequence in NEVER:
        assert sequence not in body, sequence


def test_a_person_is_found_and_shown_whole_only_when_asked(sample: Store) -> None:
    with Terminal(program(sample), columns=120, rows=36) as terminal:
        terminal.wait_for("Total sent,")
        terminal.send("w")
        terminal.wait_for("Type an address")
        terminal.send("zanele.davies3@example.com\r")
        terminal.wait_for("5 deliveries, newest first")
        terminal.wait_for(
            lambda lines: any("bounced" in line and "z•••@example.com" in line for line in lines)
        )
        terminal.send("\r")
        terminal.wait_for("u reveals")
        terminal.wait_for(lambda lines: not any("zanele.davies3" in line for line in lines[4:]))
        terminal.send("u")
        terminal.wait_for(lambda lines: any("zanele.davies3@example.com" in line for line in lines[4:]))
        terminal.send("q")
        terminal.wait_for("Who got it")
        terminal.send("q")
        assert terminal.wait_exit() == 0
