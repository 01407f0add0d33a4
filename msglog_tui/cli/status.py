"""How a command ends: its exit status, and the sentence when something was refused."""

from __future__ import annotations

import errno
import os
import sys
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Cancelled, DateError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED: Final = 1
MISUSED: Final = 2
INTERRUPTED: Final = 130

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def carried_out(command: Callable[[], int]) -> int:
    """Carry a command out and say what went wrong.

    Returns:
        Its exit status; 1 when something was refused; 2 when a date cannot be understood; 130 after Ctrl+C.
    """
    try:
        status = command()
        sys.stdout.flush()
    except DateError as error:
        return _complain(error, MISUSED)
    except Refusal as error:
        return _complain(error, REFUSED)
    except (KeyboardInterrupt, Cancelled):
        return _complain("stopped; what was stored is whole, and the same command finishes it.", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has had enough.
        _discard_output()
        return 0
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        _discard_output()
        return _complain(f"The output cannot be written: {error.strerror}.", REFUSED)
    else:
        return int(status)


def _discard_output() -> None:
    """See to it that nothing more is flushed at exit to where it cannot go."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(error: object, status: int) -> int:
    print(f"msglog: {error}", file=sys.stderr)
    return status
