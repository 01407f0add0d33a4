"""The pseudo-terminal that the end-to-end tests rely on does what they rely on."""

import os
import select
import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.terminal import Terminal


def shell(script: str, columns: int = 80, rows: int = 24) -> Terminal:
    return Terminal(["sh", "-c", script], columns=columns, rows=rows)


def still_runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_keys_go_in_and_a_screen_comes_out() -> None:
    with Terminal(["cat"], columns=30, rows=5) as terminal:
        terminal.send("héllo 春\r")
        # Once as the terminal's echo, once from cat.
        lines = terminal.wait_for(lambda lines: sum("héllo 春" in line for line in lines) == 2)
        assert len(lines) == 5
        terminal.send(b"\x04")
        assert terminal.wait_exit() == 0


def test_program_has_a_controlling_terminal_of_its_own() -> None:
    with shell("echo through /dev/tty >/dev/tty; tty; exec cat") as terminal:
        terminal.wait_for("through /dev/tty")
        terminal.wait_for(lambda lines: lines[1].startswith("/dev/") and lines[1].strip() != "/dev/tty")
        assert os.getsid(terminal.pid) == terminal.pid


def test_control_c_reaches_the_program() -> None:
    with shell("echo ready; exec cat") as terminal:
        terminal.wait_for("ready")
        terminal.send("\x03")
        assert terminal.wait_exit() == -signal.SIGINT


def test_exit_status_and_last_words() -> None:
    with shell("echo farewell; exit 7") as terminal:
        assert terminal.wait_exit() == 7
        assert terminal.wait_exit() == 7
        assert "farewell" in terminal.screen()[0]


def test_size_and_resize() -> None:
    with shell("trap 'stty size' WINCH; stty size; while :; do read -r line; done", 90, 20) as terminal:
        terminal.wait_for("20 90")
        terminal.resize(columns=101, rows=31)
        terminal.wait_for("31 101")
        assert {len(line) for line in terminal.screen()} == {101}
        assert len(terminal.screen()) == 31


def test_what_never_comes_fails_and_shows_the_screen() -> None:
    with shell("echo something else; exec cat") as terminal:
        terminal.wait_for("something else")
        with pytest.raises(AssertionError, match=r"(?s)0\.05 s went by without 'never'.*\|something else"):
            terminal.wait_for("never", timeout=0.05)
        with pytest.raises(AssertionError, match=r"(?s)still running after 0\.05 s.*\|something else"):
            terminal.wait_exit(timeout=0.05)


def test_waiting_ends_with_the_program() -> None:
    why = pytest.raises(AssertionError, match=r"(?s)the program ended without 'never'.*\|that was all")
    with shell("echo that was all") as terminal, why:
        terminal.wait_for("never", timeout=60)


@pytest.mark.parametrize(
    "sequence",
    [
        r"\033[>1u",
        r"\033[<u",
        r"\033[?2026$p",
        r"\033]52;c;aGk=\007",
        r"\033]0;title\033\\",
        r"\033P+q544e\033\\",
    ],
)
def test_sequences_that_draw_nothing_stay_off_the_screen_and_in_the_bytes(sequence: str) -> None:
    written = sequence.replace(r"\033", "\x1b").replace(r"\007", "\x07").replace(r"\\", "\\").encode()
    start, end = sequence[:6], sequence[6:]
    # Once whole, once with a pause inside, which reaches the harness in two pieces.
    script = f"stty -echo; printf '<{sequence}>'; printf '<{start}'; read -r line; printf '{end}>'; exec cat"
    with shell(script) as terminal:
        terminal.wait_for(lambda _: terminal.bytes_written.count(b"\x1b") > written.count(b"\x1b"))
        terminal.send("\r")
        assert terminal.wait_for("<><>")[0].rstrip() == "<><>"
        assert terminal.bytes_written.count(b"<" + written + b">") == 2


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (r"\033[?2026$p", r"^[[?2026;2$y"),
        (r"\033[?2048$p", r"^[[?2048;0$y"),
        (r"\033[c", r"^[[?62;22c"),
        (r"\033[3;5H\033[6n", r"^[[3;5R"),
        (r"\033]11;?\007", r"^[]11;rgb:0000/0000/0000^[\\"),
        (r"\033]10;?\033\\", r"^[]10;rgb:ffff/ffff/ffff^[\\"),
    ],
)
def test_questions_to_the_terminal_are_answered_once(query: str, answer: str) -> None:
    # The terminal echoes what is typed, escapes as ^[: so the answer can be seen.
    with shell(f"printf '{query}'; read -r line; exit 3") as terminal:
        visible = answer.replace("\\\\", "\\")
        terminal.wait_for(visible)
        terminal.send("\r")
        assert terminal.wait_exit() == 3
        assert terminal.bytes_written.count(visible.encode()) == 1


@pytest.mark.parametrize("leader_ends_first", [False, True])
def test_leaving_kills_background_processes_too(tmp_path: Path, leader_ends_first: bool) -> None:
    # Everyone who holds the pipe for writing is alive; only when all are gone does it come to its end.
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    ending = "exit 0" if leader_ends_first else "while :; do read -r line; done"
    script = f"set -m; trap '' HUP TERM INT; exec 9>'{pipe}'; sleep 1000 & echo ready; {ending}"
    try:
        with shell(script) as terminal:
            terminal.wait_for("ready")
            if leader_ends_first:
                assert terminal.wait_exit() == 0
            with pytest.raises(BlockingIOError):
                os.read(reader, 1)
        assert not still_runs(terminal.pid)
        assert select.select([reader], [], [], 60)[0]
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)


def test_a_failing_test_leaves_no_process_either() -> None:
    with pytest.raises(ZeroDivisionError), shell("exec cat") as terminal:
        raise ZeroDivisionError
    assert not still_runs(terminal.pid)


def test_output_beyond_the_terminals_buffer_is_all_read() -> None:
    with Terminal([sys.executable, "-c", "print('x' * 300_000); print('done')"]) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.bytes_written.count(b"x") == 300_000
        terminal.wait_for("done")


def test_many_keys_and_much_output_do_not_wait_for_each_other() -> None:
    with shell("stty raw -echo; echo ready; exec cat") as terminal:
        terminal.wait_for("ready")
        terminal.send("k" * 200_000)
        terminal.wait_for(lambda _: terminal.bytes_written.count(b"k") == 200_000)


def test_a_question_asked_with_the_last_breath() -> None:
    with shell(r"printf 'bye\033[6n'") as terminal:
        assert terminal.wait_exit() == 0
        terminal.wait_for("bye")


def test_environment_is_clean_but_for_what_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXTUAL_DEBUG", "1")
    monkeypatch.setenv("MSGLOG_STORE", "sqlite:///real.db")
    script = 'echo "[$TEXTUAL_DEBUG$MSGLOG_STORE|$TERM|$OWN]"'
    with Terminal(["sh", "-c", script], {"OWN": "mine"}) as terminal:
        terminal.wait_for("[|xterm-256color|mine]")


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(FileNotFoundError), Terminal(["no-such-program-anywhere"]):
        pass
