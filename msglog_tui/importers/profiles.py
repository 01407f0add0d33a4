"""Profiles: mappings kept in files that people can read and change, in TOML.

date_format = "%d/%m/%Y %H:%M"

[columns]
send_amount = "Delivered"

[constants]
channel = "email"

[values.status]
BOUNCE = "bounced"
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msglog_tui.errors import Refusal
from msglog_tui.importers.mapping import Mapping, checked_name
from msglog_tui.importers.show import shown

if TYPE_CHECKING:
    from pathlib import Path

_PARTS: Final = ("columns", "constants", "values", "date_format")


def read_profile(path: Path) -> Mapping:
    """Read a profile.

    Raises:
        Refusal: There is none, it is no TOML, or holds what a profile does not.
    """
    import tomllib

    file = shown(str(path), 200)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"There is no profile {file}: --save-profile makes one.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Refusal(f"The profile {file} is no TOML ({problem}): mend it.") from None
    except OSError as problem:
        raise Refusal(f"The profile {file} cannot be read ({problem.strerror}): check it.") from None
    unknown = [name for name in found if name not in _PARTS]
    if unknown:
        raise Refusal(f"The profile {file} has {shown(unknown[0])}, but may have only {', '.join(_PARTS)}.")
    date_format = found.get("date_format")
    if date_format is not None and not isinstance(date_format, str):
        raise Refusal(f"The profile {file} has a date_format that is no text: write it between quotes.")
    values = _table(found, "values", file)
    return Mapping(
        _texts(_table(found, "columns", file), file),
        _texts(_table(found, "constants", file), file),
        {checked_name(name): _words(_table(values, name, file), file) for name in values},
        date_format,
    )


def save_profile(path: Path, mapping: Mapping) -> None:
    """Write a profile; what exists is not written over.

    Raises:
        Refusal: It exists, or cannot be written.
    """
    lines = [] if mapping.date_format is None else [f"date_format = {_quoted(mapping.date_format)}", ""]
    tables = {"columns": mapping.columns, "constants": mapping.constants}
    tables |= {f"values.{name}": words for name, words in mapping.values.items()}
    for name, table in tables.items():
        if table:
            lines += [f"[{name}]", *(f"{_quoted(key)} = {_quoted(word)}" for key, word in table.items()), ""]
    file = shown(str(path), 200)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as out:
            out.write("\n".join(lines))
    except FileExistsError:
        raise Refusal(f"The profile {file} exists: change it, or save under another name.") from None
    except (OSError, UnicodeEncodeError) as problem:
        raise Refusal(f"The profile {file} cannot be written ({problem}).") from None


def _quoted(text: str) -> str:
    # A string of JSON is one of TOML but for this control character.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _table(found: dict[str, Any], name: str, file: str) -> dict[str, Any]:
    table = found.get(name, {})
    if not isinstance(table, dict):
        raise Refusal(
            f"The profile {file} has {shown(name)} that is no table: write [{shown(name)}] above it."
        )
    return table


def _texts(table: dict[str, Any], file: str) -> dict[str, str]:
    return {checked_name(name): value for name, value in _words(table, file).items()}


def _words(table: dict[str, Any], file: str) -> dict[str, str]:
    for name, value in table.items():
        if not isinstance(value, str):
            raise Refusal(f"The profile {file} has {shown(name)} that is no text: write it between quotes.")
    return table
