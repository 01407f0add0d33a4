"""`msglog`, also as `python -m msglog_tui`."""

import sys


def main() -> int:
    """Carry out the command line of the process.

    Returns:
        Its exit status.
    """
    if "attach" in sys.argv:  # somebody waits for their screen: the commands are imported if need be
        from msglog_tui.ssh import attach

        options = attach.options_of(sys.argv[1:])
        status = None if options is None else attach.hand_over(options)
        if status is not None:
            return status
    from msglog_tui.cli import main as carry_out

    return carry_out()


if __name__ == "__main__":
    sys.exit(main())
