"""What a command is: a name, arguments, and the function that carries it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument or option, in the words of argparse."""

    flags: tuple[str, ...]
    options: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Command:
    """Something `msglog` can be told to do.

    Attributes:
        name: The words that call it, such as `user add`.
        usage: What comes after the name, for the README.
        help: One sentence.
        run: Carries it out and returns the exit status; may raise `Refusal`.
        arguments: What it takes.
        more: What else there is to say, below its help.
        reads: Whether somebody reads the store by it, whom `--as` may name; else it is for its owner alone.
    """

    name: str
    usage: str
    help: str
    run: Callable[[Namespace], int]
    arguments: tuple[Argument, ...] = ()
    more: str = ""
    reads: bool = False


def argument(*flags: str, **options: Any) -> Argument:
    """An argument, written as for `add_argument`."""
    return Argument(flags, options)
