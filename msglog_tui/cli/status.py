"""How a command ends: its exit status, and the sentence when something was refused."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import Cancelled, DateError, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

REFUSED: Final = 1
MISUSED: Final = 2
INTERRUPTED: Final = 130


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
        # Whoever read the output has had enough; nothing may be flushed into the broken pipe at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    else:
        return int(status)


def _complain(error: object, status: int) -> int:
    print(f"msglog: {error}", file=sys.stderr)
    return status
