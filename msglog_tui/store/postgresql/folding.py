"""`text.fold` as a function of the server, so that a filter finds the same on every database.

No collation of a server folds as Python does, and which there are differs from server to server.  So the
function carries Python's own table of letters: by translation for the letters that become one other, block by
block, since few texts have letters of more than one; by replacement for the few that become several.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from typing import Final
from unicodedata import normalize

_BLOCKS: Final = (0x80, 0x180, 0x370, 0x400, 0x530, sys.maxunicode + 1)
# Latin, Latin extended, Greek, Cyrillic, everything else.


def statements() -> list[str]:
    """What makes the functions."""
    return [_fold_all(), _FOLD]


# Not STRICT, which would keep it from being put in the place of its call: a call takes four times as long.
_FOLD: Final = """
CREATE OR REPLACE FUNCTION fold(said text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE COST 5
RETURN CASE WHEN octet_length(said) = length(said) THEN lower(said COLLATE "C") ELSE fold_all(said) END
"""


def _fold_all() -> str:
    """The function for text that is not all ASCII."""
    single: list[tuple[str, str]] = []
    several: list[tuple[str, str]] = []
    for letter in map(chr, range(0x80, sys.maxunicode + 1)):
        folded = letter.casefold()
        # Compatible forms are gone by then.
        if folded != letter and not 0xD800 <= ord(letter) <= 0xDFFF and normalize("NFKC", letter) == letter:
            (single if len(folded) == 1 else several).append((letter, folded))
    lines = []
    for first, after in pairwise(_BLOCKS):
        block = [pair for pair in single if first <= ord(pair[0]) < after]
        letters, folded = ("".join(part) for part in zip(*block, strict=True))
        lines.append(
            f"IF said ~ '[{_ranges(letters)}]' THEN said := translate(said, '{letters}', '{folded}'); END IF;"
        )
    lines.append(f"IF said ~ '[{_ranges(''.join(letter for letter, _ in several))}]' THEN")
    lines += [f"said := replace(said, '{letter}', '{folded}');" for letter, folded in several]
    lines.append("END IF;")
    body = "\n".join(lines)
    return f"""
CREATE OR REPLACE FUNCTION fold_all(said text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 100 AS $$
BEGIN
said := lower(normalize(said COLLATE "C", NFKC));
{body}
RETURN normalize(said, NFKC);
END $$
"""


def _ranges(letters: str) -> str:
    """What stands between the brackets of a regular expression for these letters, which are in order."""
    runs: list[list[str]] = []
    for letter in letters:
        # Every second letter of a script may be a capital: what lies between is let in.
        if runs and ord(letter) - ord(runs[-1][-1]) <= 2:
            runs[-1][1:] = [letter]
        else:
            runs.append([letter])
    return "".join("-".join(run) for run in runs)
