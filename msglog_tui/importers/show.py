"""Values of a file in a message to a person: cleaned, on one line, and short."""

from __future__ import annotations

from msglog_tui.text import clean


def shown(value: object, longest: int = 40) -> str:
    """Write a field's value so that it is safe and short on a terminal.

    Args:
        value: Text, or what a JSON file holds instead: `bool`, `dict`, `tuple`.
        longest: Characters kept; what is cut off leaves an ellipsis.
    """
    written = value.rstrip("\r\n") if isinstance(value, str) else _as_json(value)
    if len(written) > longest:
        written = written[: longest - 1] + "…"
    return clean(_visible_bytes(written))


def _as_json(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "{…}" if isinstance(value, dict) else "[…]"


def _visible_bytes(written: str) -> str:
    r"""Show bytes that are not UTF-8 as `\xff`; decoding left a lone surrogate in the place of each."""
    try:
        return written.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        return written.encode("utf-8", "backslashreplace").decode("utf-8")
