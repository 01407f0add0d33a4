"""Each field takes what people write and refuses, with a reason that helps, what would be read wrongly."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msglog_tui.importers import fields
from msglog_tui.importers.fields import BadField
from msglog_tui.types import Channel, TransactionKind, TransactionStatus


def reason(check, value) -> str:
    with pytest.raises(BadField) as caught:
        check(value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "number"),
    [("0", 0), ("12", 12), (" 12 ", 12), ("007", 7), ("0" * 5_000 + "5", 5), (str(2**53), 2**53)],
)
def test_counts_in_plain_digits(written, number):
    assert fields.count(written) == number


@pytest.mark.parametrize(
    "written",
    [
        "1_000",
        "\uff11\uff12",
        "+5",
        "1e3",
        "12.0",
        "1,234",
        "1 234",
        "0x1f",
        "twelve",
        "--5",
        "\u0663",
        "1\u00a0000",
    ],
)
def test_counts_that_int_would_take_or_people_might_write(written):
    assert "write digits alone" in reason(fields.count, written)


@pytest.mark.parametrize("written", [str(2**53 + 1), "9" * 5_000])
def test_counts_too_large_to_be_exact(written):
    assert "too large: at most 9,007,199,254,740,992" in reason(fields.count, written)


def test_a_negative_count_is_called_negative():
    assert reason(fields.count, "-5").startswith("is negative")


@pytest.mark.parametrize(
    "check", [fields.count, fields.name, fields.identifier, fields.decimal, fields.channel]
)
def test_what_must_be_there_is_refused_when_empty(check):
    assert reason(check, " ").startswith("is empty")


def test_an_empty_optional_count_is_unknown_and_not_nought():
    assert fields.count_or_unknown(" ") is None
    assert fields.count_or_unknown("0") == 0
    assert reason(fields.count_or_unknown, "n/a")


@pytest.mark.parametrize("value", [True, False, {"a": "1"}, ("1",)])
@pytest.mark.parametrize(
    "check",
    [
        fields.count,
        fields.count_or_unknown,
        fields.text,
        fields.name,
        fields.identifier,
        fields.channel,
        fields.decimal,
        fields.currency,
        fields.status,
        fields.transaction_kind,
        fields.instant("UTC"),
    ],
)
def test_json_values_that_are_no_text_or_number_are_named(check, value):
    word = {bool: str(value).lower(), dict: "an object", tuple: "an array"}[type(value)]
    assert reason(check, value).startswith(f"is {word}: write ")


@pytest.mark.parametrize("written", ["email", "E-Mail", " EMAIL "])
def test_email_as_people_write_it(written):
    assert fields.channel(written) == Channel.EMAIL


def test_channels_are_the_numbers_of_the_store():
    assert fields.channel("SMS") == Channel.SMS
    assert type(fields.channel("sms")) is int
    assert reason(fields.channel, "fax") == "is unknown: write email or sms"


@pytest.mark.parametrize("written", ["top_up", "Top-up", "top up", "TOPUP"])
def test_top_ups_as_people_write_them(written):
    assert fields.transaction_kind(written) is TransactionKind.TOP_UP


def test_package_and_statuses():
    assert fields.transaction_kind("Package") is TransactionKind.PACKAGE
    assert [fields.status(status.value.upper()) for status in TransactionStatus] == list(TransactionStatus)
    assert "requested, invoiced, processed" in reason(fields.status, "paid")


@pytest.mark.parametrize("written", ["0", "12.5", "0.000001", "999999999999.999999", "0000000000000001"])
def test_decimals_in_plain_notation(written):
    assert fields.decimal(written) == Decimal(written)


@pytest.mark.parametrize(
    "written",
    [
        "1e2",
        "NaN",
        "Infinity",
        "-1e2",
        "12,50",
        "1.0000001",
        ".5",
        "5.",
        "1_0.0",
        "\u0663.\u0665",
        "EUR 5",
        "1.2.3",
    ],
)
def test_decimals_that_would_be_read_in_two_ways(written):
    assert "with a point and at most six decimals" in reason(fields.decimal, written)


def test_decimals_out_of_range():
    assert reason(fields.decimal, "-0.01").startswith("is negative")
    assert reason(fields.decimal, "1000000000000").startswith("is too large")


def test_currencies():
    assert fields.currency(" eur ") == "EUR"
    for written in ("", "EURO", "E1R", "€", "ÄÖÜ"):
        assert "three letters" in reason(fields.currency, written)


def test_names_are_one_however_their_accents_were_typed():
    assert fields.name("Cafe\u0301 ") == "Café"
    assert fields.name_or_empty("  ") == ""


def test_ids_are_kept_as_they_are():
    assert fields.identifier(" Cafe\u0301 ") == "Cafe\u0301"


@pytest.mark.parametrize(
    ("check", "longest"), [(fields.text, 2_000), (fields.name, 255), (fields.identifier, 255)]
)
def test_text_has_a_longest(check, longest):
    assert check("ü" * longest) == "ü" * longest
    assert f"has {longest + 1:,} characters" in reason(check, "x" * (longest + 1))


def test_a_name_is_measured_as_it_will_be_kept():
    assert "characters" in reason(fields.name, "\u0958" * 200)  # NFC takes each of these apart into two


@pytest.mark.parametrize("check", [fields.text, fields.name, fields.identifier])
def test_text_that_a_database_or_terminal_must_not_get(check):
    assert "NUL" in reason(check, "a\0b")
    assert "UTF-8" in reason(check, "a\ud800b")
    assert "UTF-8" in reason(check, b"caf\xe9".decode("utf-8", "surrogateescape"))


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("", ()),
        ("Members", ("Members",)),
        ("Members;Friends", ("Members", "Friends")),
        (" Members ; Friends ", ("Members", "Friends")),
        (";;", (";",)),
        ("a;;b", ("a;b",)),
        ("a;;;b", ("a;", "b")),
        ("a;;;;b", ("a;;b",)),
        (";a;", ("a",)),
        ("a; ;b", ("a", "b")),
    ],
)
def test_lists_in_csv(written, names):
    assert fields.list_names_of_csv(written, fields.name_or_empty) == names


@given(
    st.lists(
        st.text(st.sampled_from("ab; "), min_size=1)
        .map(str.strip)
        .filter(lambda name: name and not name.startswith(";"))
    )
)
def test_lists_come_back_as_they_were_written(names):
    # A name that begins with a semicolon cannot be told from one that ends with it, after a separator.
    written = ";".join(name.replace(";", ";;") for name in names)
    assert fields.list_names_of_csv(written, fields.name_or_empty) == tuple(names)


def test_lists_in_json():
    assert fields.list_names_of_json((" a ", "", "b;c"), fields.name_or_empty) == ("a", "b;c")
    assert fields.list_names_of_json("", fields.name_or_empty) == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [("a;b", "is not an array"), (("a", {}), "an object"), (("a", None), "null"), (("a", ["b"]), "an array")],
)
def test_lists_in_json_that_are_no_array_of_text(value, told):
    assert told in reason(lambda value: fields.list_names_of_json(value, fields.name_or_empty), value)


def test_times_need_an_offset_or_a_zone():
    assert fields.instant(None)("2026-10-01T00:00:00+02:00") == fields.instant("Europe/Paris")(
        "2026-10-01T00:00:00"
    )
    assert "time-zone" in reason(fields.instant(None), "2026-10-01T00:00:00")
    assert "1970 to 2100" in reason(fields.instant(None), "0102-10-01T00:00:00Z")
    assert reason(fields.instant(None), "").startswith("is empty")
