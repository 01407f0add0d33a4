"""Hostile text made harmless: `msglog_tui.text`."""
# ruff: noqa: RUF001 - characters that look like others are what this is about

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from msglog_tui.text import cells, clean, fold, spreadsheet_safe

EVERY_CHARACTER = [chr(code) for code in range(sys.maxunicode + 1)]
BIDI_CONTROLS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
ANY_TEXT = st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zl", "Zp", "Zs", "Mn", "So"]))


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("Spring sale is here", "Spring sale is here"),
        ("", ""),
        ("one\ttwo", "one two"),
        ("one\r\ntwo", "one two"),
        ("one \t\n\v\f\r\u2028\u2029 two", "one   two"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("nul\0 bs\b us\x1f del\x7f", "nul␀ bs␈ us␟ del␡"),
        ("\x1c\x1d\x1e", "␜␝␞"),
        ("\x9b31m \x85 \x80\x9f", "\ufffd31m \ufffd \ufffd\ufffd"),
        ("invoice\u202efdp.exe", "invoice\ufffdfdp.exe"),
        ("\u202a\u202b\u202c\u202d\u202e", "\ufffd" * 5),
        ("\u2066\u2067\u2068\u2069", "\ufffd" * 4),
        ("\ud83d\ude00", "\ufffd\ufffd"),
        ("\ufeffbe\u00adgin", "begin"),
        ("[/now] [b]", "[/now] [b]"),
    ],
)
def test_what_becomes_of_hostile_text(hostile, harmless):
    assert clean(hostile) == harmless


@pytest.mark.parametrize(
    "text",
    [
        "क्\u200dष and ક\u200c્ષ",
        "👩🏽\u200d⚕\ufe0f ❤\ufe0f ❤\ufe0e",
        "\u200eabc\u200f \u061c",
        "e\u0301 Z̷͉̀a̸͠l̷g̶o̶",
        "שלום مرحبا 日本語 Ñandú",
        "no\u00a0break, thin\u2009space, em\u2003space",
    ],
)
def test_what_scripts_and_emoji_need_stays(text):
    assert clean(text) == text


def test_no_character_that_a_terminal_obeys_survives():
    survivors = {char for char in EVERY_CHARACTER if char in clean(char)}

    assert not {char for char in survivors if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}}
    assert not {char for char in survivors if unicodedata.bidirectional(char) in BIDI_CONTROLS}


def test_every_other_character_stays():
    changed = {char for char in EVERY_CHARACTER if clean(char) != char}
    breaks_bidi_and_nothings = set(
        "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u00ad\ufeff"
    )

    assert changed == breaks_bidi_and_nothings | {
        char for char in EVERY_CHARACTER if unicodedata.category(char) in {"Cc", "Cs"}
    }


@settings(deadline=None)
@given(ANY_TEXT)
@example("\t\ufeff\t")
@example("\u00ad\n\u00ad")
def test_cleaning_gives_one_line_that_can_be_written_and_stays(text):
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert len(cleaned) <= len(text)
    assert len(cleaned.splitlines()) <= 1
    cleaned.encode()


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1",
        "-1",
        "@SUM(1)",
        "\tx",
        "\rx",
        "\nx",
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(1)",
        "﹦1",
        "﹢1",
        "﹣1",
        "﹫x",
        " =1",
        "\u00a0=1",
        '"=1',
        '" =1',
        "“=1”",
        "\0=1",
        "\u200b=1",
        "\ufeff=1",
        "  \t=1",
        "=",
        "-",
    ],
)
def test_formulas_become_text(formula):
    assert spreadsheet_safe(formula) == "'" + formula


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Spring sale",
        "1+1=2",
        "a=1",
        "50% off - today",
        " Sale",
        '"Sale"',
        "(=1)",
        "#1",
        "'=1",
        "日本 = 1",
        "👍 = 1",
        "−1",
    ],
)
def test_what_no_spreadsheet_runs_stays(text):
    assert spreadsheet_safe(text) == text


@settings(deadline=None)
@given(st.text(st.sampled_from(" \t\r\n\0\"'=+-@＝a1“\u200b")) | ANY_TEXT)
def test_a_safe_cell_stays_and_begins_with_no_formula(text):
    safe = spreadsheet_safe(text)

    assert safe in {text, "'" + text}
    assert spreadsheet_safe(safe) == safe
    assert safe.strip(' "\0“\u200b')[:1] not in set("=+-@＝")
    assert safe[:1] not in set("\t\r\n")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Spring SALE", "spring sale"),
        ("Straße", "STRASSE"),
        ("Ａｃｍｅ", "acme"),
        ("ﬁnal", "FINAL"),
        ("Café", "CAFE\u0301"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("№ 5", "no 5"),
        ("ᾳ", "αι"),
        ("\u0390", "\u03aa\u0301"),  # iota with both marks, which lower case takes apart, and its capital
    ],
)
def test_texts_that_match_when_folded(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("résumé", "resume"), ("acme", "acme "), ("1", "l")])
def test_texts_that_do_not_match_when_folded(one, other):
    assert fold(one) != fold(other)


def test_folding_folded_text_changes_nothing():
    assert not [char for char in EVERY_CHARACTER if fold(fold(char)) != fold(char)]


@settings(deadline=None)
@given(st.text(), st.text(st.characters(codec="ascii")))
def test_case_and_normal_form_do_not_matter_when_folded(text, plain):
    assert fold(unicodedata.normalize("NFC", text)) == fold(unicodedata.normalize("NFD", text))
    assert fold(plain.upper()) == fold(plain.lower()) == fold(plain)


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("Spring sale", 11),
        ("Ñandú", 5),
        ("e\u0301", 1),
        ("日本語", 6),
        ("Ａ", 2),
        ("한글", 4),
        ("각", 2),
        ("שלום", 4),
        ("กำ", 2),
        ("a\u200bb\u200e", 2),
        ("␛[31m", 5),
        ("👍", 2),
        ("👍🏽", 2),
        ("🏽", 2),
        ("❤", 1),
        ("❤\ufe0f", 2),
        ("❤\ufe0f\ufe0f", 2),
        ("1\ufe0f\u20e3", 2),
        ("a\ufe0fb", 2),
        ("🇿🇦", 2),
        ("👨\u200d👩\u200d👧", 2),
        ("👩🏽\u200d⚕\ufe0f", 2),
        ("🏳\ufe0f\u200d🌈!", 3),
        ("क\u094d\u200dष", 2),
        ("👍a\u200d👍", 5),
        ("👍\u200da", 3),
    ],
)
def test_how_many_cells_text_takes(text, width):
    assert cells(text) == width


@settings(deadline=None)
@given(st.text(), st.text(st.characters(categories=["L", "N"], exclude_characters="\u1160")))
def test_cells_add_up(text, plain):
    # Letters and digits join nothing before them, so the widths of the parts are the width of the whole.
    if not any("\u1160" <= sign <= "\u11ff" for sign in plain):
        assert cells(text + plain) == cells(text) + cells(plain)
    assert 0 <= cells(text) <= 2 * len(text)
