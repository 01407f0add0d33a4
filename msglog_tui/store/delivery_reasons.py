"""The dictionary of reasons: what many deliveries were told is kept once."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select

from msglog_tui.store import dialects
from msglog_tui.store.chunks import chunks
from msglog_tui.store.delivery_state import split_reason
from msglog_tui.store.models import delivery_reason

if TYPE_CHECKING:
    from collections.abc import Iterable


def rows(connection: Connection, told: Iterable[tuple[str, str]]) -> list[tuple[int, str, str]]:
    """The rows of codes and reasons in the dictionary, new ones among them: (number, code, template)."""
    found = numbered(connection, told)
    rows_ = {number: (code, split_reason(reason)[0]) for (code, reason), (number, _) in found.items()}
    return [(number, *row) for number, row in sorted(rows_.items())]


def numbered(
    connection: Connection, told: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], tuple[int, str]]:
    """Number codes and reasons, new ones among them.

    Returns:
        For each code and reason the number of its template, and what fills that.
    """
    table = delivery_reason
    split = {(code, reason): split_reason(reason) for code, reason in told}
    wanted: dict[str, set[str]] = defaultdict(set)
    for (code, _), (template, _) in split.items():
        wanted[code].add(template)
    known: dict[tuple[str, str], int] = {}
    for code, templates in wanted.items():
        for some in chunks(list(templates)):
            rows = connection.execute(
                select(table.c.template, table.c.id).where(table.c.code == code, table.c.template.in_(some))
            )
            known |= {(code, template): id_ for template, id_ in rows}
    new = sorted({(code, template) for code in wanted for template in wanted[code]} - known.keys())
    if new:
        ways = dialects.of(connection)
        rows_ = [
            (id_, *each) for id_, each in zip(ways.numbers(connection, table, len(new)), new, strict=True)
        ]
        ways.insert_rows(connection, table, ["id", "code", "template"], rows_)
        known |= {(code, template): id_ for id_, code, template in rows_}
    return {
        (code, reason): (known[code, template], said) for (code, reason), (template, said) in split.items()
    }
