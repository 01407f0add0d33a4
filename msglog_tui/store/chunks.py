"""Lists of values cut into pieces that fit one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

T = TypeVar("T")

_MOST: Final = 500
# Values in one IN list: below every database's limit on parameters.


def chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut a list into pieces for IN lists."""
    for place in range(0, len(values), _MOST):
        yield values[place : place + _MOST]
