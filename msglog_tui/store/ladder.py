"""Covering a window of time exactly with the fewest buckets.

A rollup by UTC day alone is wrong for every zone but UTC.  So a window is cut into coarse buckets in the
middle, finer ones towards its ends, and raw messages at the tips that no bucket fits.
"""

from __future__ import annotations

from typing import NamedTuple

QUARTER = 900
DAY = 86_400
MONTH = 32 * DAY
"""Widths of buckets in seconds.  32 days, no calendar month: all buckets of a span are equally wide."""

ENTERPRISE_SPANS = (QUARTER, DAY, MONTH)
"""Midnights of nearly every zone fall on a quarter of an hour: an enterprise needs no raw messages."""

CUSTOMER_SPANS = (DAY, MONTH)
"""A customer has few messages in a day: its tips are read raw.  More spans were tried (8, 64 and 512 days):
there are fewer buckets to sum then, but more places to look them up in; it came to the same."""


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
