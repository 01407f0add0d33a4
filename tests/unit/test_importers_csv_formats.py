"""The CSV files of SendGrid, Twilio and Mailchimp: their documented columns, rows of our own."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msglog_tui.delivery import DeliveryRecord, DeliveryStatus
from msglog_tui.errors import Refusal
from msglog_tui.importers.foreign import Circumstances
from msglog_tui.importers.formats import FORMATS, named, recognised
from msglog_tui.importers.formats.smtp import code_of, domain_of
from msglog_tui.importers.owners import OneOwner, OwnersFile
from msglog_tui.importers.rows import Block
from msglog_tui.types import MessageRecord
from tests.unit.importing import SENT_AT, Kept, csv_text
from tests.unit.provider_csv import ACTIVITY, CAMPAIGN, CONSOLE, REPORT

OWNER = OneOwner("Acme", "Bakery")


def take(tmp_path, *rows: dict[str, str], owners=OWNER, zone: str | None = "UTC", encoding: str = "utf-8"):
    path = tmp_path / "theirs.csv"
    path.write_text(csv_text(*rows), encoding=encoding)
    kept = Kept()
    for number in range(99):
        rejects = tmp_path / f"rejects-{number}.csv"
        if not rejects.exists():
            break
    return kept.records, kept.take(path, zone=zone, owners=owners, rejects=rejects), kept


def one(tmp_path, row: dict[str, str], **more):
    _, report, kept = take(tmp_path, row, **more)
    assert report.rejected == 0, report.rejections
    return kept.records[0] if kept.records else report.passed_over[0][0]


def test_each_is_told_by_its_header():
    for row, name in (
        (ACTIVITY, "sendgrid-activity"),
        (CONSOLE, "twilio-csv"),
        (CAMPAIGN, "mailchimp-campaigns"),
        (REPORT, "mailchimp-campaigns"),
    ):
        head = Block(1, csv_text(row).encode().splitlines(keepends=True))
        assert recognised(head) is named(name)
    assert named("postfix") in FORMATS
    with pytest.raises(Refusal, match="no format fax: --format takes one of"):
        named("fax")


def test_an_event_of_sendgrids(tmp_path):
    assert one(tmp_path, ACTIVITY) == DeliveryRecord(
        enterprise="Acme",
        customer="Bakery",
        source="sendgrid",
        delivery_id="sg-1",
        recipient="thandi@example.com",
        channel=0,
        status=DeliveryStatus.DELIVERED,
        at=SENT_AT,
        code="",
        reason="",
        message_id="",
        campaign="autumn, bread",
        subject="Fresh bread",
        sent_at=None,
        sent_by="news@acme.example",
        lists=(),
    )


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("processed", DeliveryStatus.QUEUED),
        ("deferred", DeliveryStatus.DEFERRED),
        ("bounce", DeliveryStatus.BOUNCED),
        ("Dropped", DeliveryStatus.REJECTED),
        ("spamreport", DeliveryStatus.COMPLAINED),
    ],
)
def test_the_events_of_sendgrid(tmp_path, event, status):
    record = one(tmp_path, ACTIVITY | {"event": event, "reason": "550 5.1.1 no such user"})
    assert (record.status, record.reason) == (status, "550 5.1.1 no such user")
    assert record.code == ("5.1.1" if event != "processed" else "")
    assert record.sent_at == (SENT_AT if event == "processed" else None)


@pytest.mark.parametrize(
    ("changes", "campaign"),
    [
        ({"marketing_campaign_name": "Autumn sale"}, "Autumn sale"),
        ({"categories": "autumn"}, "autumn"),
        ({"categories": ""}, "Fresh bread"),
        ({"categories": "[1, broken"}, "[1, broken"),
        ({"categories": "[" * 5_000}, "[" * 2_000),
    ],
)
def test_what_makes_a_message_of_sendgrids_events(tmp_path, changes, campaign):
    if len(changes.get("categories", "")) > 2_000:
        _, report, _ = take(tmp_path, ACTIVITY | changes)
        assert report.rejected == 1
    else:
        assert one(tmp_path, ACTIVITY | changes).campaign == campaign


def test_opens_and_clicks_are_no_statuses(tmp_path):
    _, report, kept = take(tmp_path, ACTIVITY | {"event": "open"}, ACTIVITY | {"event": "click"}, ACTIVITY)
    assert len(kept.records) == 1
    assert (report.rows, report.passed_over) == (3, (("opens and clicks", 2),))


def test_owners_by_subuser_category_and_domain(tmp_path):
    path = tmp_path / "owners.csv"
    path.write_text(
        "key,enterprise,customer\nbread,Acme,By category\nacme.example,Acme,By domain\n"
        "cakes@acme.example,Acme,By address\n"
    )
    owners = OwnersFile(path)
    assert one(tmp_path, ACTIVITY, owners=owners).customer == "By category"
    assert one(tmp_path, ACTIVITY | {"categories": ""}, owners=owners).customer == "By domain"
    cakes = {"categories": "", "from": "cakes@acme.example"}
    assert one(tmp_path, ACTIVITY | cakes, owners=owners).customer == "By address"
    _, report, _ = take(tmp_path, ACTIVITY | {"categories": "", "from": "x@other.example"}, owners=owners)
    [rejection] = report.rejections
    assert (rejection.line, rejection.field) == (2, "from")
    assert "“retail” has no owner" in rejection.reason


def test_a_message_of_twilios(tmp_path):
    assert one(tmp_path, CONSOLE) == DeliveryRecord(
        enterprise="Acme",
        customer="Bakery",
        source="twilio",
        delivery_id="SM-1",
        recipient="+27821234567",
        channel=1,
        status=DeliveryStatus.DELIVERED,
        at=SENT_AT,
        code="",
        reason="",
        message_id="",
        campaign="+27110000000",
        subject="+27110000000",
        sent_at=SENT_AT,
        sent_by="+27110000000",
        lists=(),
    )
    failed = one(tmp_path, CONSOLE | {"Status": "failed", "ErrorCode": "30004"})
    assert (failed.status, failed.code) == (DeliveryStatus.FAILED, "30004")
    assert one(tmp_path, CONSOLE | {"Status": "undelivered"}).status is DeliveryStatus.BOUNCED


@pytest.mark.parametrize(
    "changes",
    [
        {"Status": "received", "Direction": "inbound"},
        {"Status": "receiving", "Direction": "inbound"},
        {"Status": "failed", "Direction": "inbound", "ErrorCode": "30004"},
    ],
)
def test_inbound_messages_are_no_sends(tmp_path, changes):
    assert one(tmp_path, CONSOLE | changes) == "inbound messages"


def test_what_is_no_sms_is_passed_over(tmp_path):
    assert one(tmp_path, CONSOLE | {"To": "whatsapp:+27821234567"}) == "messages over other channels"


def test_a_campaign_of_mailchimps_tells_neither_failures_nor_bounces(tmp_path):
    assert one(tmp_path, CAMPAIGN) == MessageRecord(
        enterprise="Acme",
        customer="Bakery",
        message_id="abc123",
        subject="Fresh bread",
        channel=0,
        sent=123,
        failed=None,
        bounced=None,
        sent_at=SENT_AT,
        sent_by="",
        lists=("Members",),
    )
    report = one(tmp_path, REPORT | {"Subject": ""})
    assert (report.bounced, report.failed, report.subject, report.lists) == (3, None, "October", ("Members",))


def test_mailchimps_times_are_in_the_accounts_zone(tmp_path):
    assert one(tmp_path, CAMPAIGN, zone="Africa/Johannesburg").sent_at == SENT_AT - 7_200
    _, report, _ = take(tmp_path, CAMPAIGN, zone=None)
    assert "--time-zone" in report.rejections[0].reason


def test_encodings_are_those_of_any_csv(tmp_path):
    for encoding in ("utf-8-sig", "utf-16"):
        assert one(tmp_path, CAMPAIGN | {"Subject": "Café"}, encoding=encoding).subject == "Café"


def test_without_an_owner_the_file_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(Refusal, match=r"theirs\.csv holds Mailchimp campaigns.*--enterprise.*--owners"):
        take(tmp_path, CAMPAIGN, owners=None)


@pytest.mark.parametrize("name", ["sendgrid-activity", "twilio-csv", "mailchimp-campaigns"])
def test_a_format_that_is_named_has_to_be_that_of_the_file(tmp_path, name):
    path = tmp_path / "f.csv"
    for text, why in (("a,b\n1,2\n", "has no column"), ("", "is empty"), ("\n\n", "is empty")):
        path.write_text(text)
        with pytest.raises(Refusal, match=why):
            Kept().take(path, provider=named(name), owners=OWNER)


def test_refused_rows_can_be_mended_and_imported_again(tmp_path):
    _, report, kept = take(
        tmp_path, ACTIVITY, ACTIVITY | {"event": "eaten"}, ACTIVITY | {"processed": "soon"}
    )
    assert len(kept.records) == 1
    assert [(bad.line, bad.field, bad.value) for bad in report.rejections] == [
        (3, "event", "eaten"),
        (4, "processed", "soon"),
    ]
    rejects = report.rejects
    mended = rejects.read_text().replace("eaten", "bounce").replace("soon", "2026-10-01T09:30:00Z")
    path = tmp_path / "mended.csv"
    path.write_text(mended)
    again = Kept()
    assert again.take(path, owners=OWNER).rejected == 0
    assert [record.status for record in again.records] == [DeliveryStatus.BOUNCED, DeliveryStatus.DELIVERED]


CELLS = st.one_of(
    st.sampled_from(["", " ", "0", "-1", "1e9", "9" * 400, "a\0b", "\udcff", "=1+1", '"', "a\nb", "é" * 300]),
    st.sampled_from(["[", '["a"]', "[1]", "{}", "open", "inbound", "x" * 3_000]),
    st.sampled_from(["01/02/2026", "2026-02-30T00:00:00Z", "Oct 32, 2026 09:30 am"]),
    st.text(max_size=6),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.sampled_from([ACTIVITY, CONSOLE, CAMPAIGN, REPORT]), st.data())
def test_any_cell_anywhere_is_read_or_refused(tmp_path, good, data):
    rows = [
        good | data.draw(st.dictionaries(st.sampled_from(sorted(good)), CELLS, max_size=3))
        for _ in range(data.draw(st.integers(1, 4)))
    ]
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(good), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    text = out.getvalue().encode("utf-8", "surrogatepass")
    block = Block(1, text.splitlines(keepends=True))
    provider = recognised(block)
    taken = refused = 0
    for piece in provider.pieces([block], Circumstances(OWNER, "UTC", None, None)):
        taken += piece.rows
        refused += len(piece.broken)
        for record in (*piece.deliveries, *piece.messages):
            "".join(field for field in record if isinstance(field, str)).encode()
    assert taken <= len(rows)
    assert taken == len(rows) or refused


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("550 5.1.1 no such user", "5.1.1"),
        ("host mx[192.2.3.4] said: 452-4.2.2 full", "4.2.2"),
        ("550 no such user", "550"),
        ("5.7.26 unauthenticated", "5.7.26"),
        ("see 192.2.3.4 and 2500", ""),
        ("", ""),
    ],
)
def test_the_code_in_a_reply(reply, code):
    assert code_of(reply) == code


def test_the_domain_of_an_address():
    assert domain_of("Ann <ann@example.com>") == domain_of("ann@example.com") == "example.com"
    assert domain_of("ann") == domain_of("") == ""
