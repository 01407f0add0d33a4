"""The README says what the code does."""

from __future__ import annotations

import pytest

from msglog_tui import config
from msglog_tui.importers import kinds
from msglog_tui.importers.formats import FORMATS
from tests import readme

TEXT = readme.README.read_text(encoding="utf-8")


@pytest.mark.parametrize("part", readme.PARTS)
def test_tables_come_from_the_code(part: str) -> None:
    assert readme.block(TEXT, part) == readme.PARTS[part](), "python -m tests.readme writes them anew"


def columns_of(part: str) -> list[str]:
    return [line.split("`")[1] for line in readme.block(TEXT, part).splitlines() if line.startswith("| `")]


@pytest.mark.parametrize("kind", kinds.KINDS, ids=lambda kind: kind.words)
def test_every_column_of_a_file_is_named(kind: kinds.Kind) -> None:
    assert set(columns_of(f"{kind.words}-columns")) == set(kind.columns)


def test_every_format_is_named() -> None:
    assert columns_of("formats") == sorted(provider.name for provider in FORMATS)


def test_every_setting_is_named() -> None:
    settings = readme.block(TEXT, "settings")
    for name in (*config.SETTINGS, "--store", "--as", "--time-zone", "--forced"):
        assert f"`{name}`" in settings


def test_the_picture_is_there() -> None:
    picture = readme.README.parent / TEXT.split("](")[1].split(")")[0]
    assert "Account" in picture.read_text(encoding="utf-8")
