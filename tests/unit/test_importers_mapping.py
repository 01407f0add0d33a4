"""Any CSV file, read by a mapping that is kept in a profile."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msglog_tui.errors import Refusal
from msglog_tui.importers.kinds import KNOWN
from msglog_tui.importers.mapping import Mapping
from msglog_tui.importers.profiles import read_profile, save_profile
from tests.unit.importing import SENT_AT, TRANSACTION, Kept

# The columns of a Klaviyo-like list of campaigns, with rows of our own.
CAMPAIGNS = """\
Campaign Name,Subject,List,Send Time,Total Recipients,Revenue,Bounces,Campaign ID,Campaign Channel
Autumn,Fresh bread,Members,2026-10-01 09:30:00,123,120,3,K-1,Email
Winter,,"Members;Friends",2026-10-02 09:30:00,10,,,K-2,Email
"""
FOR_CAMPAIGNS = (
    "enterprise=:Acme",
    "customer=:Bakery",
    "message_id=Campaign ID",
    "send_amount=Total Recipients",
    "bounced_amount=Bounces",
    "send_date=Send Time",
    "channel=campaign channel",
    "lists=List",
)
EVENTS = """\
id;type;recipient;created;sendId
1;SENT;thandi@example.com;01/10/2026 09:30;s-1
2;OPEN;thandi@example.com;01/10/2026 09:31;s-1
3;BOUNCE;vusi@example.com;01/10/2026 09:30;s-1
"""
FOR_EVENTS = (
    "enterprise=:Acme",
    "customer=:Bakery",
    "message_id=sendId",
    "status=type",
    "status[SENT]=sent",
    "status[BOUNCE]=bounced",
    "status[OPEN]=",
    "at=created",
)


def mapping(*pieces: str, date_format: str | None = None) -> Mapping:
    made = Mapping(date_format=date_format)
    for piece in pieces:
        made.take(piece)
    return made


def take(tmp_path, text: str, made: Mapping, zone: str | None = "UTC"):
    path = tmp_path / "theirs.csv"
    path.write_text(text, encoding="utf-8")
    kept = Kept()
    return kept, kept.take(path, zone=zone, rejects=tmp_path / "rejects.csv", mapping=made)


def test_a_list_of_campaigns_becomes_messages(tmp_path):
    kept, report = take(tmp_path, CAMPAIGNS, mapping(*FOR_CAMPAIGNS))
    first, second = kept.records
    assert first._asdict() == {
        "enterprise": "Acme",
        "customer": "Bakery",
        "message_id": "K-1",
        "subject": "Fresh bread",
        "channel": 0,
        "sent": 123,
        "failed": None,
        "bounced": 3,
        "sent_at": SENT_AT,
        "sent_by": "",
        "lists": ("Members",),
    }
    assert (second.bounced, second.lists) == (None, ("Members", "Friends"))
    assert (report.kind, report.rows, report.rejected) == ("message", 2, 0)
    assert report.extra == ("Campaign Name", "Revenue")
    assert report.missing == ("failed_amount", "sent_by")


def test_events_become_deliveries_word_for_word(tmp_path):
    kept, report = take(tmp_path, EVENTS, mapping(*FOR_EVENTS, date_format="%d/%m/%Y %H:%M"))
    assert [(record.recipient, record.status, record.at) for record in kept.records] == [
        ("thandi@example.com", 2, SENT_AT),
        ("vusi@example.com", 4, SENT_AT),
    ]
    assert (report.rows, report.passed_over) == (3, (("rows mapped to nothing", 1),))


def test_transactions_may_be_mapped_too(tmp_path):
    pieces = (
        "enterprise=:Acme", "transaction_id=no", "kind=:top_up", "channel=:sms", "credits=units",
        "amount=gross", "currency=:EUR", "status=:invoiced", "requested_at=day",
    )  # fmt: skip
    kept, _ = take(tmp_path, "no,units,gross,day\n7,1000,49.90,1 Oct 2026 09:30 GMT\n", mapping(*pieces))
    [record] = kept.records
    assert (str(record.amount), record.requested_at, record.customer) == ("49.90", SENT_AT, "")


def test_rejects_can_be_mended_and_imported_again_by_the_same_mapping(tmp_path):
    bad = CAMPAIGNS + "Spring,Hello,Members,2026-10-03 09:30:00,many,1,1,K-3,Email\n"
    _, report = take(tmp_path, bad, mapping(*FOR_CAMPAIGNS))
    [rejection] = report.rejections
    assert (rejection.line, rejection.field, rejection.value) == (4, "send_amount", "many")
    mended = report.rejects.read_text(encoding="utf-8").replace("many", "1")
    report.rejects.unlink()
    report.reasons.unlink()
    kept, _ = take(tmp_path, mended, mapping(*FOR_CAMPAIGNS))
    assert [record.message_id for record in kept.records] == ["K-3"]


def test_dates_whose_order_is_not_known_are_refused_row_by_row(tmp_path):
    kept, report = take(tmp_path, EVENTS, mapping(*FOR_EVENTS))
    assert not kept.records
    assert report.rejected == 2
    assert "--date-format" in report.rejections[0].reason


@pytest.mark.parametrize(
    ("pieces", "why"),
    [
        (["send_amount"], "is no mapping"),
        (["=x"], "is no mapping"),
        (["send_amount="], "names no column"),
        (["sent=Delivered"], "no column sent to map to"),
        (["sent[a]=b"], "no column sent to map to"),
    ],
)
def test_a_mapping_that_is_none_is_refused(pieces, why):
    with pytest.raises(Refusal, match=why):
        mapping(*pieces)


@pytest.mark.parametrize(
    ("text", "pieces", "why"),
    [
        (
            CAMPAIGNS,
            ["message_id=Campaign Id Number"],
            "no column “Campaign Id Number”, which is mapped to mess",
        ),
        (CAMPAIGNS, FOR_CAMPAIGNS[:2], "some of the columns, not all: for messages it lacks"),
        (CAMPAIGNS.replace("Bounces", "List"), FOR_CAMPAIGNS, "“List” more than once|no column “Bounces”"),
        ("", FOR_CAMPAIGNS, "is empty"),
        ('{"a": 1}\n', FOR_CAMPAIGNS, "is JSON"),
        ("enterprise,enterprise\na,b\n", ["customer=:B"], "not all"),
    ],
)
def test_a_file_that_the_mapping_does_not_fit_is_refused(tmp_path, text, pieces, why):
    with pytest.raises(Refusal, match=why):
        take(tmp_path, text, mapping(*pieces))


def test_our_own_columns_need_no_mapping_but_may_not_be_there_twice(tmp_path):
    header = "enterprise,customer,message_id,subject,channel,send_date,Sent"
    row = "Acme,Bakery,m-1,Bread,email,2026-10-01T09:30:00Z,5"
    kept, _ = take(tmp_path, f"{header}\n{row}\n", mapping("send_amount=sent"))
    assert [record.sent for record in kept.records] == [5]
    with pytest.raises(Refusal, match="enterprise more than once"):
        take(tmp_path, f"{header},Enterprise\n{row},Acme\n", mapping("send_amount=sent"))


def test_what_the_file_says_of_an_owner_stands_against_what_is_said_for_all_files(tmp_path):
    made = mapping(*FOR_CAMPAIGNS[2:], "customer=Campaign Name")
    made.defaults = {"enterprise": "Acme", "customer": "Acme"}
    kept, _ = take(tmp_path, CAMPAIGNS, made)
    assert [(record.enterprise, record.customer) for record in kept.records] == [
        ("Acme", "Autumn"),
        ("Acme", "Winter"),
    ]


@pytest.mark.parametrize(("customer", "whose"), [("Acme", ""), ("Bakery", "Bakery")])
def test_an_enterprises_own_transactions_have_no_customer(tmp_path, customer, whose):
    columns = [name for name in TRANSACTION if name not in ("enterprise", "customer")]
    text = f"{','.join(columns)}\n{','.join(TRANSACTION[name] for name in columns)}\n"
    made = Mapping(defaults={"enterprise": "Acme", "customer": customer})
    kept, _ = take(tmp_path, text, made)
    assert [(record.enterprise, record.customer) for record in kept.records] == [("Acme", whose)]


def test_the_owner_of_a_file_is_not_the_customer_of_another_enterprise(tmp_path):
    row = {name: value for name, value in TRANSACTION.items() if name != "customer"} | {
        "enterprise": "Globex"
    }
    made = Mapping(defaults={"enterprise": "Acme", "customer": "Acme"})
    for number, text in enumerate((f"{','.join(row)}\n{','.join(row.values())}\n", json.dumps(row))):
        (folder := tmp_path / str(number)).mkdir()
        kept, _ = take(folder, text, made)
        assert [(record.enterprise, record.customer) for record in kept.records] == [("Globex", "")]


def test_keys_that_lines_of_json_lack_are_spared_too(tmp_path):
    row = {"message_id": "1", "subject": "", "channel": "email", "send_amount": 1}
    row["send_date"] = "2026-10-03T09:12:00Z"
    lines = [row, row | {"message_id": "2", "customer": "Retail"}, row | {"message_id": "3", "customer": ""}]
    made = Mapping(defaults={"enterprise": "Acme", "customer": "Bakery"})
    kept, report = take(tmp_path, "\n".join(map(json.dumps, lines)), made)
    assert [(record.enterprise, record.customer) for record in kept.records] == [
        ("Acme", "Bakery"),
        ("Acme", "Retail"),
    ]
    assert [(bad.line, bad.field) for bad in report.rejections] == [(3, "customer")]


def test_what_is_said_later_stands(tmp_path):
    made = mapping("channel=Campaign Channel", "channel=:sms", "lists=:all", "lists=List")
    assert (made.columns, made.constants) == ({"lists": "List"}, {"channel": "sms"})


def test_a_profile_keeps_a_mapping(tmp_path):
    path = tmp_path / "deep" / "hubspot.toml"
    made = mapping(*FOR_EVENTS, date_format="%d/%m/%Y %H:%M")
    save_profile(path, made)
    assert read_profile(path) == made
    text = path.read_text(encoding="utf-8")
    assert '[values.status]\n"SENT" = "sent"\n"BOUNCE" = "bounced"\n"OPEN" = ""' in text
    with pytest.raises(Refusal, match="exists"):
        save_profile(path, made)


words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = st.sampled_from(sorted(KNOWN))


@settings(deadline=None)
@given(
    st.dictionaries(names, words),
    st.dictionaries(names, words),
    st.dictionaries(names, st.dictionaries(words, words, min_size=1), max_size=2),
)
def test_a_profile_keeps_any_mapping(tmp_path_factory, columns, constants, values):
    path = tmp_path_factory.mktemp("profiles") / "p.toml"
    made = Mapping(columns, constants, values)
    save_profile(path, made)
    assert read_profile(path) == made


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("columns = 3", "no table"),
        ("[columns]\nsend_amount = 3", "no text"),
        ("[columns]\nsent = 'x'", "no column sent"),
        ("[values]\nstatus = 'x'", "no table"),
        ("[colums]\na = 'b'", "has colums, but may have only"),
        ("date_format = 3", "no text"),
        ("[columns", "no TOML"),
    ],
)
def test_a_bad_profile_is_refused(tmp_path, text, why):
    path = tmp_path / "p.toml"
    path.write_text(text)
    with pytest.raises(Refusal, match=why):
        read_profile(path)


def test_a_profile_that_is_not_there_or_is_no_text_is_refused(tmp_path):
    with pytest.raises(Refusal, match="There is no profile"):
        read_profile(tmp_path / "p.toml")
    (tmp_path / "p.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(Refusal, match="no TOML"):
        read_profile(tmp_path / "p.toml")
    with pytest.raises(Refusal, match="cannot be"):
        read_profile(tmp_path)
