"""Covering a window of time exactly with the fewest buckets.

A rollup by UTC day alone is wrong for every zone but UTC.  So a window is cut into coarse buckets in the
middle, finer ones towards its ends, and raw messages at the tips that no bucket fits.
"""

from __future__ import annotations

from typing import NamedTuple

QUARTER = 900
FOUR_HOURS = 4 * 3_600
DAY = 86_400
MONTH = 32 * DAY
"""Widths of buckets in seconds.  32 days, no calendar month: all buckets of a span are equally wide."""

ENTERPRISE_SPANS = (FOUR_HOURS, DAY, MONTH)
"""Less than four hours is read raw at either tip: some thousand messages of an enterprise of ten millions.
Buckets of a quarter of an hour, on which nearly every zone's midnight falls, are as many as messages where an
enterprise is small, and cost the import as much."""

CUSTOMER_SPANS = (DAY, MONTH)
"""A customer has few messages in a day: its tips are read raw.  The months of a customer are running totals
(`models.customer_running`), so that any number of them is looked up at two places."""

# What `retention` removes is kept by the quarter of an hour, on which nearly every zone's midnight falls.


class Piece(NamedTuple):
    """A part of a window.

    Attributes:
        span: Width of the buckets in seconds, or 0 for raw messages.
        first: Number of the first bucket, or an instant where span is 0.
        after: Number of the bucket after the last, or an instant where span is 0.
    """

    span: int
    first: int
    after: int


def cover(first: int, after: int, spans: tuple[int, ...]) -> list[Piece]:
    """Cut `[first, after)` into pieces that neither overlap nor leave a gap.

    Args:
        first: UTC seconds.
        after: UTC seconds.
        spans: Widths of the buckets to be had, finest first, each a multiple of the one before.
    """
    if first >= after:
        return []
    if not spans:
        return [Piece(0, first, after)]
    *finer, width = spans
    low, high = -(-first // width), after // width
    rest = tuple(finer)
    if low >= high:
        return cover(first, after, rest)
    return [
        *cover(first, low * width, rest),
        Piece(width, low, high),
        *cover(high * width, after, rest),
    ]
