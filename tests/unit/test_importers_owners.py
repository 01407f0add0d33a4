"""Whose the messages are of a source that knows no tenants."""

from __future__ import annotations

import pytest

from msglog_tui.errors import Refusal
from msglog_tui.importers.fields import BadField
from msglog_tui.importers.owners import OneOwner, OwnersFile, owners_of


def owners(tmp_path, text: str, encoding: str = "utf-8") -> OwnersFile:
    path = tmp_path / "owners.csv"
    path.write_text(text, encoding=encoding)
    return OwnersFile(path)


def test_everything_is_one_customers():
    assert OneOwner("Acme", "Bakery").of(["whatever"]) == ("Acme", "Bakery")
    assert OneOwner("Acme", None).of([]) == ("Acme", "Acme")


def test_the_first_known_key_decides(tmp_path):
    found = owners(
        tmp_path,
        "key,enterprise,customer\nretail,Acme,Acme Retail\nexample.com,Acme,\n*,Globex,Everybody else\n",
    )
    assert found.of(["retail", "example.com"]) == ("Acme", "Acme Retail")
    assert found.of(["unheard", "", "EXAMPLE.com", "retail"]) == ("Acme", "Acme")
    assert found.of(["unheard"]) == found.of([]) == ("Globex", "Everybody else")


def test_who_has_no_owner_is_refused_by_name(tmp_path):
    found = owners(tmp_path, "key;enterprise;customer\nretail;Acme;Retail\n")
    with pytest.raises(BadField, match=r"“mail\.example” has no owner.*owners\.csv"):
        found.of(["", "mail.example", "other"])
    with pytest.raises(BadField, match="tells no sender"):
        found.of(["", ""])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", r"owners\.csv is empty"),
        ("key,enterprise\na,b\n", "lacks the column customer"),
        ("key,enterprise,customer\n", "names no owners"),
        ("key,enterprise,customer\na,Acme,\n,Acme,\n", r"owners\.csv, line 3: a field is empty"),
        ("key,enterprise,customer\na,,Bakery\n", r"owners\.csv, line 2: a field is empty"),
        ("key,enterprise,customer\na,Acme,\nA,Globex,\n", r"line 3: the key “A” has another owner above"),
        ("key,enterprise,customer\na,Acme\n", r"owners\.csv, line 2: has 2 fields"),
        ('key,enterprise,customer\na,"Acme,b\n', r"owners\.csv, line 2: opens a quote"),
    ],
)
def test_a_bad_file_of_owners_is_refused(tmp_path, text, why):
    with pytest.raises(Refusal, match=why):
        owners(tmp_path, text)


def test_a_file_of_owners_may_be_utf16(tmp_path):
    assert owners(tmp_path, "key,enterprise,customer\n*,Café,Zoë\n", "utf-16").of([]) == ("Café", "Zoë")


def test_the_command_line_says_it_once(tmp_path):
    path = tmp_path / "owners.csv"
    path.write_text("key,enterprise,customer\n*,Acme,\n")
    assert owners_of(None, None, None) is None
    assert owners_of("Acme", "Bakery", None).of([]) == ("Acme", "Bakery")
    assert owners_of(None, None, path).of([]) == ("Acme", "Acme")
    for wrong in (
        ("Acme", None, path),
        (None, "Bakery", None),
        ("", None, None),
        (None, None, tmp_path / "no"),
    ):
        with pytest.raises(Refusal):
            owners_of(*wrong)
