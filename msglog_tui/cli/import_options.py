"""What is said of files to import because they do not say it: the format, whose the rows are, the year."""

from __future__ import annotations

from argparse import Action
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from msglog_tui import config
from msglog_tui.cli.command import argument
from msglog_tui.errors import Refusal

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from msglog_tui.importers.foreign import Format, Owners
    from msglog_tui.importers.mapping import Mapping


class Said(NamedTuple):
    """What the command line says of the files, in the words of `import_file`."""

    provider: Format | None
    owners: Owners | None
    year: int | None
    mapping: Mapping | None


def said(arguments: Namespace) -> Said:
    """Read the options, and keep a profile if that is asked for.

    Raises:
        Refusal: They contradict each other, or name what is not there.
    """
    from msglog_tui.dates import EARLIEST, LATEST
    from msglog_tui.importers.formats import named
    from msglog_tui.importers.mapping import Mapping
    from msglog_tui.importers.owners import owners_of

    if arguments.year is not None and not EARLIEST.year <= arguments.year <= LATEST.year:
        raise Refusal(f"--year takes one from {EARLIEST.year} to {LATEST.year}.")
    mapping = _mapping(arguments)
    owners = owners_of(arguments.enterprise, arguments.customer, arguments.owners)
    if mapping is not None:
        if arguments.provider is not None:
            raise Refusal("--format says what the columns are: leave out --map and --profile.")
        if arguments.owners is not None:
            raise Refusal("--owners is for formats that --list-formats names: map enterprise and customer.")
        if arguments.save_profile is not None:
            from msglog_tui.importers.profiles import save_profile

            save_profile(config.profile(arguments.save_profile), mapping)
    if arguments.enterprise is not None and owners is not None:
        # Not kept in a profile: whose the rows are is another thing with each file.
        mapping = mapping or Mapping()
        mapping.defaults = dict(zip(("enterprise", "customer"), owners.of(()), strict=True))
    return Said(
        None if arguments.provider is None else named(arguments.provider), owners, arguments.year, mapping
    )


def _mapping(arguments: Namespace) -> Mapping | None:
    if not arguments.map and arguments.profile is None:
        for option, value in (
            ("--save-profile", arguments.save_profile),
            ("--date-format", arguments.date_format),
        ):
            if value is not None:
                raise Refusal(f"{option} is about a mapping: give one with --map, or --profile.")
        return None
    from msglog_tui.importers.mapping import Mapping
    from msglog_tui.importers.times import check_format

    mapping = Mapping()
    if arguments.profile is not None:
        from msglog_tui.importers.profiles import read_profile

        mapping = read_profile(config.profile(arguments.profile))
    for piece in arguments.map:
        mapping.take(piece)
    if arguments.date_format is not None:
        check_format(arguments.date_format)
        mapping.date_format = arguments.date_format
    return mapping


class _ListFormats(Action):
    """Writes the formats and ends, whatever else is asked."""

    def __call__(self, parser: ArgumentParser, *_: Any) -> None:
        from msglog_tui.importers.formats import FORMATS

        width = max(len(format_.name) for format_ in FORMATS)
        for format_ in sorted(FORMATS, key=lambda format_: format_.name):
            print(f"{format_.name:{width}}  {format_.title}")
        parser.exit()


ARGUMENTS = (
    argument("--format", dest="provider", metavar="NAME", help="the format, if its content does not tell it"),
    argument("--list-formats", action=_ListFormats, nargs=0, help="name the formats that --format takes"),
    argument("--enterprise", metavar="E", help="whose rows these are, where the format does not say"),
    argument("--customer", metavar="C", help="whose of the enterprise; without it, called as the enterprise"),
    argument("--owners", type=Path, metavar="FILE", help="whose, by sender: CSV of key,enterprise,customer"),
    argument("--year", type=int, metavar="Y", help="the year in which a log begins that tells none"),
    argument(
        "--map",
        action="append",
        default=[],
        metavar="COLUMN=THEIRS",
        help="read a CSV file in which COLUMN is called THEIRS; COLUMN=:WORD says WORD in every row, "
        "COLUMN[THEIR WORD]=OUR WORD translates, and passes over without a word of ours",
    ),
    argument("--date-format", metavar="F", help="how dates are written there, like %%d/%%m/%%Y %%H:%%M"),
    argument("--profile", metavar="NAME", help="take the mapping that was kept under a name, or in a file"),
    argument("--save-profile", metavar="NAME", help="keep the mapping under a name, or in a file"),
)
