"""Mail logs of Postfix: what became of each recipient, from lines in any order and any file."""

from __future__ import annotations

import calendar
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.errors import Refusal
from msglog_tui.importers.foreign import Circumstances
from msglog_tui.importers.formats.postfix import Postfix
from msglog_tui.importers.owners import OneOwner, OwnersFile
from msglog_tui.importers.rows import Block

OWNER = OneOwner("Acme", "Bakery")
SHORT = "3D74ADB7400B"
LONG = "4ZJ8hR1cbnz1yZ3"
AT = calendar.timegm((2026, 10, 3, 9, 12, 1))


def line(said: str, daemon: str = "smtp", queue_id: str = LONG, time: str = "Oct  3 09:12:01") -> str:
    return f"{time} mx1 postfix/{daemon}[123]: {queue_id}: {said}"


def to(
    recipient: str = "thandi@example.com",
    status: str = "sent (250 2.0.0 Ok: queued as 1)",
    relay: str = "mx.example.com[192.0.2.1]:25",
    dsn: str = "2.0.0",
    delay: str = "1.7",
) -> str:
    return f"to=<{recipient}>, relay={relay}, delay={delay}, delays=0.1/0/1/0.6, dsn={dsn}, status={status}"


BOUNCED = (
    "bounced (host mx.example.com[192.0.2.1] said: 550 5.1.1 no such user (in reply to RCPT TO command))"
)
DEFERRED = "deferred (connect to mx.example.com[192.0.2.1]:25: Connection timed out)"
HANDED_ON = "mails handed to a filter"
SENDER = line("from=<news@acme.example>, size=3098, nrcpt=1 (queue active)", "qmgr")


def pieces(*lines: str, zone: str | None = "UTC", year: int | None = 2026, written_at=None, owners=OWNER):
    block = Block(1, [one.encode("utf-8", "surrogateescape") + b"\n" for one in lines])
    return list(Postfix().pieces([block], Circumstances(owners, zone, year, written_at)))


def read(*lines: str, **circumstances):
    [piece] = pieces(*lines, **circumstances)
    return piece


def test_a_mail_that_was_accepted():
    piece = read(line("message-id=<1@acme.example>", "cleanup"), SENDER, line(to()))
    [record] = piece.deliveries
    assert record._asdict() == {
        "enterprise": "Acme",
        "customer": "Bakery",
        "source": "postfix",
        "delivery_id": f"mx1 {LONG}",
        "recipient": "thandi@example.com",
        "channel": 0,
        "status": DeliveryStatus.DELIVERED,
        "at": AT,
        "code": "2.0.0",
        "reason": "250 2.0.0 Ok: queued as 1",
        "message_id": "",
        "campaign": "news@acme.example",
        "subject": "",
        "sent_at": AT - 2,
        "sent_by": "news@acme.example",
        "lists": (),
    }
    assert (piece.rows, piece.passed_over, piece.broken) == (3, {"other lines": 2}, [])


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (to(status=BOUNCED, dsn="5.1.1"), DeliveryStatus.BOUNCED, "5.1.1"),
        (to(status=DEFERRED, dsn="4.4.1", relay="none"), DeliveryStatus.DEFERRED, "4.4.1"),
        (to(status="SOFTBOUNCE (host said no)", dsn="5.7.1"), DeliveryStatus.DEFERRED, "5.7.1"),
        # Nobody was reached, so it has not left.
        (to(status="bounced (Host not found)", relay="none", dsn="5.4.4"), DeliveryStatus.FAILED, "5.4.4"),
        (to().replace("dsn=2.0.0, ", ""), DeliveryStatus.DELIVERED, "2.0.0"),
        (to().replace("delay=", "conn_use=2, delay="), DeliveryStatus.DELIVERED, "2.0.0"),
        (to().replace(", relay", ", orig_to=<t@example.com>, relay"), DeliveryStatus.DELIVERED, "2.0.0"),
    ],
)
def test_what_became_of_a_recipient(said, status, code):
    [record] = read(SENDER, line(said)).deliveries
    assert (record.status, record.code, record.recipient) == (status, code, "thandi@example.com")


def test_the_reason_is_kept_whole():
    [record] = read(SENDER, line(to(status=BOUNCED))).deliveries
    assert record.reason == BOUNCED.removeprefix("bounced (").removesuffix(")")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([line(to(status="deliverable (250 ok)"))], "tests of addresses"),
        ([line(to(relay="127.0.0.1[127.0.0.1]:10024"))], HANDED_ON),
        ([line(to(status=DEFERRED, relay="localhost[::1]:10024"))], HANDED_ON),
        ([line(to(status="deferred (connect to 127.0.0.1[127.0.0.1]:9: no)", relay="none"))], HANDED_ON),
        ([line(to(status="sent (forwarded as 4ZJ8hR1cbnz)"), "local")], "mails forwarded under another id"),
        ([line(to(status="sent (example.com)", relay="none"), "discard")], "mails thrown away"),
        ([line("from=<>, size=1, nrcpt=1 (queue active)", "qmgr"), line(to())], "notices of the mail system"),
        ([line("from=<a@b>, status=expired, returned to sender", "qmgr")],
         "mails given up whose recipients are in an earlier log"),
    ],
)  # fmt: skip
def test_what_is_no_sending_is_passed_over(lines, words):
    piece = read(*lines)
    assert not piece.deliveries
    assert piece.passed_over[words] == 1


def test_a_filter_that_refuses_is_where_the_mail_ends():
    [record] = read(SENDER, line(to(status=BOUNCED, relay="127.0.0.1[127.0.0.1]:10024"))).deliveries
    assert record.status is DeliveryStatus.BOUNCED


def test_a_mail_that_a_filter_elsewhere_gave_back_is_counted_once():
    back = "4ZJ8hR1cbnz1yZ9"
    piece = read(
        line("message-id=<1@acme.example>", "cleanup"),
        SENDER,
        line("message-id=<1@acme.example>", "cleanup", back),
        line("from=<news@acme.example>, size=4098, nrcpt=1 (queue active)", "qmgr", back),
        line(to(relay="filter[192.0.2.7]:10024", status=f"sent (250 2.0.0 from MTA: Ok: queued as {back})")),
        line(to(), queue_id=back),
    )
    assert [record.delivery_id for record in piece.deliveries] == [f"mx1 {back}"]
    assert piece.passed_over[HANDED_ON] == 1


def test_a_mail_that_was_given_up_failed_for_those_who_waited():
    piece = read(
        SENDER,
        line(to("a@example.com", DEFERRED, dsn="4.4.1")),
        line(to("b@example.com", DEFERRED, dsn="4.4.1")),
        line(to("b@example.com")),
        line("from=<news@acme.example>, status=expired, returned to sender", "qmgr", time="Oct  8 09:12:01"),
    )
    last = {record.recipient: record for record in piece.deliveries}
    assert last["a@example.com"].status is DeliveryStatus.FAILED
    assert (last["a@example.com"].code, last["a@example.com"].at) == ("4.4.1", AT + 5 * 86_400)
    assert last["b@example.com"].status is DeliveryStatus.DELIVERED


def test_a_short_id_goes_with_the_day_the_mail_came():
    first = line(to(status=DEFERRED), queue_id=SHORT, time="Oct  3 23:50:00")
    later = line(to(delay="1200"), queue_id=SHORT, time="Oct  4 00:10:00")
    again = line(to(delay="1.2"), queue_id=SHORT, time="Oct  9 10:00:00")
    ids = [record.delivery_id for record in read(first, later, again).deliveries]
    assert ids == [f"mx1 {SHORT} 2026-10-03"] * 2 + [f"mx1 {SHORT} 2026-10-09"]
    # Each by itself, in whatever file.
    assert [read(one).deliveries[0].delivery_id for one in (again, later, first)] == ids[::-1]


def test_a_subject_that_is_logged_makes_the_message():
    subject = line(
        "warning: header Subject: =?utf-8?q?Caf=C3=A9?= opens, relay= status=sent from 9; "
        "from=<hours from app[10.0.0.7]; from=<news@acme.example> to=<thandi@example.com> proto=ESMTP",
        "cleanup",
    )
    [record] = read(subject, SENDER, line(to())).deliveries
    assert (record.subject, record.campaign) == ("Café opens, relay= status=sent from 9; from=<hours",) * 2
    # Of a mail whose beginning is in an earlier file the subject is not known here: nothing is said.
    other = line(to(), queue_id="4ZJ8hR1cbnz1yZ5")
    records = read(subject, SENDER, line(to()), other).deliveries
    assert (records[1].subject, records[1].campaign) == ("", "")


def test_names_of_instances_and_times_of_all_kinds():
    iso = "2026-10-03T11:12:01.404714+02:00 mx1 postfix-out/smtp[1]: " + line(to()).partition("]: ")[2]
    short = "2026-10-03T09:12:01Z mx1 postfix/submission/smtp[1]: " + line(to()).partition("]: ")[2]
    padded = line(to(), time="Oct 03 09:12:01")
    prefixed = "<22>" + line(to())
    for written in (iso, short, padded, prefixed):
        assert [record.at for record in read(written).deliveries] == [AT], written
    local = iso.replace("+02:00", "")
    assert [record.at for record in read(local, zone="Africa/Johannesburg").deliveries] == [AT]


def times_of(*written: str, **circumstances) -> list[int]:
    lines = [line(to(), time=time) for time in written]
    return [record.at for record in read(*lines, **circumstances).deliveries]


def test_a_given_year_is_that_of_the_first_line():
    found = times_of("Dec 31 23:59:59", "Jan  1 00:00:01", "Dec 31 23:59:58", "Jan  1 00:00:02", year=2025)
    start = calendar.timegm((2026, 1, 1, 0, 0, 0))
    assert [at - start for at in found] == [-1, 1, -2, 2]


def test_without_a_year_a_line_is_of_the_twelve_months_before_the_file():
    written_at = calendar.timegm((2026, 1, 2, 3, 0, 0))
    found = times_of(
        "Dec 31 23:59:59", "Jan  2 01:00:00", "Jan  9 00:00:00", year=None, written_at=written_at
    )
    assert found == [
        calendar.timegm(when)
        for when in ((2025, 12, 31, 23, 59, 59), (2026, 1, 2, 1, 0, 0), (2025, 1, 9, 0, 0, 0))
    ]


def test_no_year_or_no_zone_is_refused_with_what_to_do():
    with pytest.raises(Refusal, match="--year"):
        read(line(to()), year=None)
    with pytest.raises(Refusal, match="--time-zone"):
        read(line(to()), zone=None)
    iso = line(to(), time="2026-10-03T09:12:01")
    with pytest.raises(Refusal, match="--time-zone"):
        read(iso, zone=None)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (line(to(), time="Feb 29 10:00:00"), "cannot be"),
        (line(to(), time="Oct 32 10:00:00"), "cannot be"),
        (line(to(), time="Oct  3 25:00:00"), "cannot be"),
        (line(to(), time="Oct  3 10:00:99"), "cannot be"),
        (line(to(), time="Foo  3 10:00:00"), "month"),
        (line("to=thandi@example.com, relay=none, status=sent (ok)"), "not like Postfix"),
        (line("from=<a@b>, status=lost", "qmgr"), "not like Postfix"),
        (line(to(status="eaten (ok)")), "status that Postfix does not have"),
        (line(to(recipient="")), "is empty"),
        (line(to(status=f"bounced ({'x' * 20_000})")), "more than 16,384 characters"),
        (line(to(status=f"bounced ({'x' * 12_000})")), "at most 10,000"),
        (line(to(recipient="a\udcff@example.com")), "no text"),
    ],
)
def test_a_line_about_a_recipient_that_cannot_be_read_is_refused(written, why):
    piece = read(SENDER, written)
    assert not piece.deliveries
    [bad] = piece.broken
    assert why in bad.reason
    assert (bad.start, bad.end) == (1, 2)


def test_an_owner_may_be_told_by_domain(tmp_path):
    path = tmp_path / "owners.csv"
    path.write_text("key,enterprise,customer\nacme.example,Acme,Acme Mail\n")
    piece = read(SENDER, line(to()), line(to(), queue_id="4ZJ8hR1cbnz1yZ5"), owners=OwnersFile(path))
    assert [(record.enterprise, record.customer) for record in piece.deliveries] == [("Acme", "Acme Mail")]
    [bad] = piece.broken  # its sender is in another file
    assert "tells no sender" in bad.reason


@pytest.mark.parametrize(
    ("first", "known"),
    [
        (line("connect from app", "smtpd"), True),
        ("Oct  3 09:12:01 mx1 dovecot: imap-login: Login", False),
        ("Oct  3 09:12:01 mx1 sshd/session[1]: hello", False),
        ("enterprise,customer,message_id", False),
        ("\udcff\0", False),
        ("", False),
    ],
)
def test_a_log_is_told_by_its_lines(first, known):
    comment = b"# begins with this\n"
    assert Postfix().recognises(Block(1, [comment, first.encode("utf-8", "surrogateescape")])) is known


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr("msglog_tui.importers.formats.postfix._MAILS_REMEMBERED", 10)
    monkeypatch.setattr("msglog_tui.importers.formats.postfix._WAITING_REMEMBERED", 5)
    ids = [f"4ZJ8hR1cbnz{number:04}" for number in range(100)]
    lines = [line(to(f"a{n}@example.com", DEFERRED), queue_id=one) for one in ids for n in range(3)]
    given_up = "from=<news@acme.example>, status=expired, returned to sender"
    lines += [line(given_up, "qmgr", one) for one in ids]
    piece = read(*lines)
    tally = Counter(record.status for record in piece.deliveries)
    assert tally[DeliveryStatus.DEFERRED] == 300
    assert tally[DeliveryStatus.FAILED] <= 5
    assert piece.passed_over["mails given up whose recipients are in an earlier log"] >= 98


@st.composite
def attempts(draw):
    """The lines of each time that some mails were tried: who sends, and what became of each recipient."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        queue_id = draw(st.sampled_from([f"{SHORT}{number}", f"{LONG}{number}"]))
        came = draw(st.integers(0, 3 * 86_400))
        waited = sorted(draw(st.sets(st.integers(2, 5 * 86_400), min_size=1, max_size=3)))
        for delay in waited:
            day, second = divmod(came + delay, 86_400)
            time = f"Oct {day + 3:2} {second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
            status = (
                draw(st.sampled_from([DEFERRED, BOUNCED, "sent (250 ok)"]))
                if delay == waited[-1]
                else DEFERRED
            )
            said = [
                to(f"r{one}@example.com", status, delay=str(delay)) for one in range(draw(st.integers(1, 2)))
            ]
            sender = f"from=<s{number}@acme.example>, size=1, nrcpt=1 (queue active)"
            made.append(
                [line(sender, "qmgr", queue_id, time), *(line(one, "smtp", queue_id, time) for one in said)]
            )
    return made


@settings(deadline=None)
@given(attempts(), st.data())
def test_a_log_says_the_same_in_whatever_files_and_order_its_attempts_are(made, data):
    whole = set(read(*(one for attempt in made for one in attempt)).deliveries)
    shuffled = data.draw(st.permutations(made))
    cut = data.draw(st.integers(0, len(made)))
    files = [[one for attempt in part for one in attempt] for part in (shuffled[:cut], shuffled[cut:])]
    assert {record for lines in files if lines for record in read(*lines).deliveries} == whole


PARTS = st.sampled_from(
    [
        "Oct  3 09:12:01 ", "Feb 30 09:12:01 ", "2026-10-03T09:12:01Z ", "mx1 ", "postfix/smtp[1]: ",
        "postfix/qmgr[1]: ", "postfix/cleanup[1]: ", f"{SHORT}: ", f"{LONG}: ", "to=<a@b>, ", "to=<",
        "from=<>, ", "relay=x[1]:25, ", "delay=1.7, ", "delay=9999999999999, ", "dsn=5.1.1, ",
        "status=sent (ok)", "status=bounced", "status=expired", "removed", "\udcff", "\0", ", ", " ",
        "warning: header Subject: =?utf-8?q?=FF?= from x; from=<a>",
    ]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.lists(PARTS, max_size=9).map("".join) | st.text(max_size=20), max_size=8))
def test_lines_of_garbage_are_read_or_refused(lines):
    lines = [one.replace("\n", " ") for one in lines]
    [piece] = pieces(
        *(one.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape") for one in lines)
    )
    assert all(record.recipient for record in piece.deliveries)
    assert piece.rows + len(piece.broken) <= len(lines)
