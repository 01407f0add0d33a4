"""Two ways of writing an address or a number are the same recipient; what is garbage is text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msglog_tui.recipients import address, group_of, masked, normal


@pytest.mark.parametrize(
    ("written", "kept", "compared"),
    [
        ("lindiwe@example.com", "lindiwe@example.com", "lindiwe@example.com"),
        ("Lindiwe@EXAMPLE.Com", "Lindiwe@example.com", "lindiwe@example.com"),
        ("Lindiwe M <Lindiwe@Example.com>", "Lindiwe@example.com", "lindiwe@example.com"),
        ('"a, b" <x@y.com> ', "x@y.com", "x@y.com"),
        ("mailto:Bob@example.com", "Bob@example.com", "bob@example.com"),
        (" bob@example.com.\t", "bob@example.com", "bob@example.com"),
        ("bob@bücher.example", "bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example"),
        ("bob@XN--BCHER-KVA.example", "bob@xn--bcher-kva.example", "bob@xn--bcher-kva.example"),
        ("+27 83 123 4567", "+27831234567", "+27831234567"),
        ("0027-83-123-4567", "+27831234567", "+27831234567"),
        ("27831234567", "+27831234567", "+27831234567"),
        ("+44 (0)20 7946 0018", "+442079460018", "+442079460018"),
        ("whatsapp:+14155238886", "+14155238886", "+14155238886"),
        ("tel:+1 (415) 523-8886", "+14155238886", "+14155238886"),
        ("083 123 4567", "0831234567", "0831234567"),
        ("40404", "40404", "40404"),
        ("", "", ""),
        ("No  Address", "no address", "no address"),
        ("@", "@", "@"),
        ("<>", "", ""),
        ("a@b@Example.com", "a@b@example.com", "a@b@example.com"),
        ("\N{MACRON}", "\N{COMBINING MACRON}", "\N{COMBINING MACRON}"),
        ("bob\N{SMALL COMMERCIAL AT}Example.com", "bob@example.com", "bob@example.com"),
        ("\N{CIRCLED DIGIT ONE}\N{CIRCLED DIGIT TWO}3", "123", "123"),
        ("tel\N{FULLWIDTH COLON}+27 83 123 4567", "+27831234567", "+27831234567"),
    ],
)
def test_a_recipient_is_kept_and_compared_in_one_form(written: str, kept: str, compared: str) -> None:
    for _ in range(2):  # a domain met before takes the short way
        assert (address(written), normal(written)) == (kept, compared)


@pytest.mark.parametrize(
    ("recipient", "shown", "group"),
    [
        ("thandi@example.com", "t•••@example.com", "example.com"),
        ("@example.com", "•••@example.com", "example.com"),
        ("+27831234123", "+27•••••123", "+27"),
        ("+14155238886", "+1•••••886", "+1"),
        ("+35312345678", "+353•••••678", "+353"),
        ("40404", "•••04", ""),
        ("somebody", "s•••", ""),
        ("", "•••", ""),
    ],
)
def test_a_recipient_is_masked_and_grouped(recipient: str, shown: str, group: str) -> None:
    assert masked(recipient) == shown
    assert group_of(recipient) == group


written = st.text() | st.emails() | st.text(alphabet="+0123456789 ()-./<>@:atelTEL", max_size=24)


@given(written)
def test_both_forms_are_their_own(text: str) -> None:
    assert address(address(text)) == address(text)
    assert normal(normal(text)) == normal(text) == normal(address(text))


@given(st.emails())
def test_the_case_of_an_address_does_not_matter(text: str) -> None:
    assert normal(text.upper()) == normal(text.lower())


@given(st.integers(10**10, 10**14), st.lists(st.integers(1, 10), max_size=4), st.sampled_from(" -.()"))
def test_how_a_number_is_spaced_does_not_matter(number: int, places: list[int], sign: str) -> None:
    spaced = str(number)
    for place in places:
        spaced = spaced[:place] + sign + spaced[place:]
    assert normal(f"+{spaced}") == normal(f"00{spaced}") == normal(f"+{number}") == f"+{number}"


@given(written)
def test_a_mask_shows_no_more_than_the_ends(text: str) -> None:
    local, at, _ = address(text).rpartition("@")
    if at and len(local) > 1:
        assert local not in masked(address(text)).partition("•")[0]
