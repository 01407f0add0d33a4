"""Asking a server what sessions will ask, before there are any.

A question takes the longest the first time, when its statement is put together.  Whoever is forked from a
process that has asked it has the statement already; a connection it makes for itself.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from msglog_tui.errors import DeadlineExceeded, Refusal, StoreError
from msglog_tui.store import access
from msglog_tui.store.engine import Store
from msglog_tui.store.unseen import Unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from msglog_tui.reader import Reader
    from msglog_tui.types import Window

_PATIENCE: Final = 5.0
# Seconds that a question may take: whoever comes meanwhile waits.

_ZONES: Final = ("UTC", "Africa/Johannesburg")
# One whose days are those of the totals, and one whose days are not: they are asked for otherwise.

_SOMEBODY: Final = 1
# The number of an enterprise, of a customer, of a message: there is no row to be had anyway.


def practised(location: str) -> Store:
    """The store of an archive, with the statements of a session put together, and no connection.

    A server that cannot be asked now leaves more to the sessions, and that is all.

    Args:
        location: Where the archive is.
    """
    from msglog_tui.reader import Reader

    store = Store(location)
    unseen = Unseen(store)
    operator = Reader(unseen, access.local_operator("nobody"), seconds=_PATIENCE)
    readers = (operator, operator.inside(_SOMEBODY, None), operator.inside(_SOMEBODY, _SOMEBODY))
    for ask in (lambda: Reader.of(unseen, "nobody"), *chain.from_iterable(map(_questions, readers))):
        try:
            ask()
        except (StoreError, DeadlineExceeded):
            break
        except Refusal:  # there is no such row
            continue
    store.move(location)
    return store


def _questions(reader: Reader) -> Iterator[Callable[[], object]]:
    """What a session asks at first: the tree, what opens in it, and the preview."""
    from msglog_tui import dates

    for zone in _ZONES:
        yield from _questions_of(reader, dates.window(*dates.month_to_date(dates.today(zone)), zone))


def _questions_of(reader: Reader, window: Window) -> Iterator[Callable[[], object]]:
    from msglog_tui.types import Anchors, Order, Position, Reach

    one, other = _SOMEBODY, _SOMEBODY
    anchors = Anchors(1, (0,), (Position(window.after, 0),))
    if reader.scope.reach is Reach.CUSTOMER:
        yield lambda: reader.customers(window, None, None)
    else:
        yield lambda: reader.enterprises_reached(window, Order.DATE)
        yield lambda: reader.overview(window, one, None)
        yield lambda: reader.customer_ids(window, one, Order.DATE)
        yield lambda: reader.customers(window, one, [other])
    yield lambda: reader.overview(window, one, other)
    yield lambda: reader.anchors(window, one, other)
    yield lambda: reader.messages_from(window, one, other, 0, 1, anchors)
