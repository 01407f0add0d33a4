"""`msglog attach`: sshd starts it for somebody, and it hands their terminal to a session of the server.

It runs before each first screen, so it imports next to nothing: neither the commands nor what Python does not
have in every process anyway (no `typing`, `json`, `pathlib`; `_socket` without what `socket` puts around it).

What goes over the line, a message each:

1. to the server: `NAME=VALUE`, with NUL between them, which is what we say of ourselves;
2. to the process that becomes the session: standard input, output and error;
3. to the server: `WINDOW_CHANGED`, whenever the terminal has another size;
4. from the server, at the end: exit status, what to write, and what went wrong, with NUL between them.

The server asks the kernel who is calling.  When this process ends, the kernel closes its end of the line, and
the server ends the session: there is nothing that must not be forgotten here.
"""

from __future__ import annotations

import _socket
import os
import select
import signal
import sys
import termios

WINDOW_CHANGED = b"w"
"""All that is said while a session runs."""

LONGEST = 65_536
"""Bytes of a message, at most."""

MISUSED = 2
LOST = 75
"""Exit status when the server goes away in the middle: trying again helps."""

RESTORE = (
    b"\x1b[<u\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?2004l\x1b[?1004l\x1b[?2048l"
    b"\x1b[?7h\x1b[?1049l\x1b[?25h\x1b[m\r"
)
"""Takes back what a screen that could not say good-bye leaves behind: keyboard protocol, mouse, paste, focus,
resize reports, alternate screen, hidden cursor, style."""

_OPTIONS = {
    "--store": "store",
    "--as": "login",
    "--time-zone": "time_zone",
    "--name": "host",
    "--socket": "socket",
    "--idle": "idle",
    "--max-time": "max_time",
    "--look": "look",
}
_CLAIMED = ("login", "time_zone", "host")
_INHERITED = ("TERM", "COLORTERM", "LANG", "NO_COLOR", "SSH_CONNECTION", "SSH_ORIGINAL_COMMAND")
_GONE = b"The server was stopped. Connect again in a while."


def options_of(words: list[str]) -> dict[str, str] | None:
    """Take a command line apart that is written in full: `attach`, and options with a value each.

    Returns:
        The options by the names that they have in the program; `None` when it is anything else, which is for
        a parser that can say what is wrong.
    """
    options: dict[str, str] = {}
    rest = iter(words)
    commands = 0
    for word in rest:
        name, equals, value = word.partition("=")
        if word == "attach":
            commands += 1
        elif name in _OPTIONS and (value := value if equals else next(rest, "")):
            options[_OPTIONS[name]] = value
        else:
            return None
    return options if commands == 1 else None


def socket_of(store: str) -> str:
    """Where the server of an archive listens, which lies beside it."""
    return f"{store}.sock"


def hand_over(options: dict[str, str]) -> int | None:
    """Have the running server serve whoever is at our terminal.

    Args:
        options: As of `options_of`; the server is found by `socket`, else by the path in `store`.

    Returns:
        The exit status; `None` when there is no server, and nothing has been done.
    """
    store = options.get("store", "")
    place = options.get("socket") or (socket_of(store) if store and "://" not in store else "")
    claims = b"\0".join(_claims(options))
    if not place:
        return None
    line = _socket.socket(_socket.AF_UNIX, _socket.SOCK_SEQPACKET)
    try:
        line.connect(place)
    except OSError:
        line.close()
        return None
    # From here on it is the server's word that counts: there are limits that nobody may slip past.
    if len(claims) > LONGEST:
        _write(2, b"msglog: That is longer than a command may be.\n")
        return MISUSED
    descriptors = b"".join(number.to_bytes(4, sys.byteorder) for number in (0, 1, 2))
    try:
        line.send(claims)
        line.sendmsg([b"."], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, descriptors)])
    except OSError:
        pass  # it has refused us already, and we are about to read why
    return _wait(line)


def _claims(options: dict[str, str]) -> list[bytes]:
    """What we say of ourselves, for the server to believe or not."""
    said = {name: options[name] for name in _CLAIMED if name in options}
    said |= {name: os.environ[name] for name in _INHERITED if name in os.environ}
    if os.isatty(0) and os.isatty(1):
        said["terminal"] = "yes"
    try:
        with open(os.environ["SSH_USER_AUTH"], encoding="ascii") as told:  # noqa: PTH123 - pathlib takes long
            said["proof"] = told.readline().strip()
    except (KeyError, OSError, ValueError):
        pass  # sshd tells with `ExposeAuthInfo yes` only
    return [os.fsencode(f"{name}={value}") for name, value in said.items()]


def _wait(line: _socket.socket) -> int:
    """Wait for the end, as long as there is somebody who reads what the session writes."""
    before = termios.tcgetattr(0) if os.isatty(0) else None
    # It is us whom the kernel tells of the terminal's size and end: we lead the session that it belongs to.
    signal.signal(signal.SIGWINCH, lambda *_: _tell_size(line))
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    watched = select.poll()
    watched.register(line.fileno(), select.POLLIN)
    watched.register(1, 0)  # which is to say: whether it is closed at the other end
    ready = dict(watched.poll())
    if line.fileno() not in ready:
        return 0
    verdict = _last_word(line)
    status, out, error = verdict.split(b"\0") if verdict else (b"%d" % LOST, b"", _GONE)
    if before is not None:
        termios.tcsetattr(0, termios.TCSADRAIN, before)
        if error and "SSH_ORIGINAL_COMMAND" not in os.environ:
            _write(1, RESTORE)
    _write(1, out)
    if error:
        _write(2, b"msglog: " + error + b"\n")
    return int(status)


def _last_word(line: _socket.socket) -> bytes:
    """What the server says in the end; nothing if it is just gone."""
    try:
        return line.recv(LONGEST)
    except OSError:  # first the kernel tells that the terminal was not taken, then what was said
        return line.recv(LONGEST)


def _tell_size(line: _socket.socket) -> None:
    try:  # noqa: SIM105 - contextlib takes long to import
        line.send(WINDOW_CHANGED)
    except OSError:
        pass  # the session has just ended


def _write(descriptor: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(descriptor, data) :]
    except OSError:
        pass  # nobody is there any more
