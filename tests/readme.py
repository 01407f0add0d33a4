"""The parts of the README that come from the code: `python -m tests.readme` writes them anew."""

from __future__ import annotations

import re
from pathlib import Path

from msglog_tui.cli import COMMANDS, question
from msglog_tui.tui import keys

README = Path(__file__).parent.parent / "README.md"


def key_tables() -> str:
    """The keys, a table under a heading for each kind of command."""
    parts = []
    for where in keys.Where:
        rows = [
            f"| `{command.shown}` | {command.help} |" for command in keys.COMMANDS if command.where is where
        ]
        parts.append("\n".join([f"**{where.value}**", "", "| Key | What it does |", "| --- | --- |", *rows]))
    return "\n\n".join(parts)


def command_table() -> str:
    """The commands, with what they take.  What most say of dates stands once below."""
    rows = []
    for command in COMMANDS:
        call = f"{command.name} {command.usage}".strip().replace("|", "\\|")
        more = command.more.replace(question.DATES, "").strip()
        rows.append(f"| `{call}` | {' '.join(filter(None, (command.help, more)))} |")
    return "\n".join(["| Command | What it does |", "| --- | --- |", *rows])


PARTS = {"keys": key_tables, "commands": command_table}


def block(text: str, name: str) -> str:
    """What stands between the markers of a part."""
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", text, re.DOTALL)
    assert found is not None, f"README.md has no markers for {name}"
    return found[1].strip()


def main() -> None:
    """Write every part anew."""
    text = README.read_text(encoding="utf-8")
    for name, render in PARTS.items():
        start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}{render()}\n{end}{rest.partition(end)[2]}"
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
