"""What each event of each provider means."""

from __future__ import annotations

import json

import pytest

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers import formats
from msglog_tui.importers.foreign import Circumstances
from msglog_tui.importers.rows import Block
from msglog_tui.types import Channel
from tests.unit.provider_json import (
    ACTIVITY,
    BOUNCE,
    MAIL,
    MESSAGE,
    OWNER,
    RECEIPT,
    REPORT,
    SES_EVENTS,
    SMS,
    event,
    mailgun,
    one,
    read,
    status,
)


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("Send", [("ann@example.com", "sent", 0, "", ""), ("bob@example.org", "sent", 0, "", "")]),
        ("Delivery", [("ann@example.com", "delivered", 5, "", "250 2.0.0 taken")]),
        (
            "Bounce",
            [
                ("ann@example.com", "bounced", 6, "5.1.1", "550 5.1.1 who?"),
                ("bob@example.org", "bounced", 6, "", "Permanent, NoEmail"),
            ],
        ),
        ("DeliveryDelay", [("ann@example.com", "deferred", 60, "4.2.2", "smtp; 452 4.2.2 full")]),
        ("Complaint", [("ann@example.com", "complained", 52_200, "", "abuse")]),
        (
            "Reject",
            [
                ("ann@example.com", "rejected", 0, "", "Bad content"),
                ("bob@example.org", "rejected", 0, "", "Bad content"),
            ],
        ),
        (
            "Rendering Failure",
            [
                ("ann@example.com", "failed", 0, "", "no name given"),
                ("bob@example.org", "failed", 0, "", "no name given"),
            ],
        ),
    ],
)
def test_ses_events(name, steps):
    made, passed_over, broken = read("ses", SES_EVENTS[name])
    assert [
        (each.recipient, DeliveryStatus(each.status).word, each.at - 1_790_847_000, each.code, each.reason)
        for each in made
    ] == steps
    assert {(each.delivery_id, each.campaign, each.subject, each.sent_at, each.sent_by) for each in made} == {
        ("ses-1", "october", "Fresh bread", 1_790_847_000, "Shop <shop@bakery.test>")
    }
    assert (passed_over, broken) == ({}, [])


@pytest.mark.parametrize(
    ("part", "subtype", "became"),
    [
        ("bounce", "Suppressed", "rejected"),
        ("bounce", "OnAccountSuppressionList", "rejected"),
        ("bounce", "General", "bounced"),
        ("complaint", "OnAccountSuppressionList", "rejected"),
    ],
)
def test_ses_mails_that_were_not_tried_never_left(part, subtype, became):
    kind = part.capitalize()
    changed = SES_EVENTS[kind] | {part: SES_EVENTS[kind][part] | {f"{part}SubType": subtype}}
    made, _, _ = read("ses", changed)
    assert {DeliveryStatus(each.status).word for each in made} == {became}


def test_ses_in_every_envelope():
    inner = SES_EVENTS["Delivery"]
    bare, _, _ = read("ses", inner)
    as_notification = {key: value for key, value in inner.items() if key != "eventType"}
    as_notification["notificationType"] = "Delivery"
    sns = {"Type": "Notification", "MessageId": "x", "TopicArn": "arn:x", "Message": json.dumps(inner)}
    for record in (
        as_notification,
        sns,
        {"Records": [{"EventSource": "aws:sns", "Sns": sns}]},
        {"Messages": [{"MessageId": "y", "Body": json.dumps(sns)}]},
        {"Records": [{"eventSource": "aws:sqs", "body": json.dumps(sns)}]},
        {"detail-type": "Email Delivered", "detail": inner},
    ):
        assert read("ses", record) == (bare, {}, [])
        assert formats.recognised(Block(1, [json.dumps(record).encode()])) is formats.named("ses")


def test_ses_what_sns_says_of_itself_is_passed_over_and_its_addresses_are_left_alone():
    confirm = {
        "Type": "SubscriptionConfirmation",
        "TopicArn": "arn:x",
        "Message": "You have chosen to subscribe",
        "SubscribeURL": "http://127.0.0.1:9/never",
    }
    test = {
        "Type": "Notification",
        "TopicArn": "arn:x",
        "Message": "Successfully validated SNS topic for SES",
    }
    assert read("ses", confirm) == ([], {"confirmations of subscriptions": 1}, [])
    assert read("ses", test) == ([], {"tests of the subscription": 1}, [])


def test_ses_without_headers_and_tags_has_no_campaign():
    mail = {key: MAIL[key] for key in ("timestamp", "source", "messageId", "destination")}
    made, _, _ = read("ses", {"eventType": "Send", "mail": mail})
    assert [(each.campaign, each.subject) for each in made] == [("", ""), ("", "")]


def test_ses_subjects_in_the_words_of_mail():
    for written, read_as in [
        ("=?UTF-8?Q?Fr=C3=BChst=C3=BCck?= =?UTF-8?B?4piV?=", "Frühstück☕"),
        ("=?no-such-set?Q?x?=", "=?no-such-set?Q?x?="),
        ("a =? b", "a =? b"),
    ]:
        mail = MAIL | {"commonHeaders": {"subject": written}}
        made, _, broken = read("ses", {"eventType": "Send", "mail": mail})
        assert {each.subject for each in made} == {read_as}
        assert not broken
    nul = MAIL | {"commonHeaders": {"subject": "=?UTF-8?Q?a=00?="}}
    assert [bad.field for bad in read("ses", {"eventType": "Send", "mail": nul})[2]] == ["subject"]


@pytest.mark.parametrize(
    ("record", "became", "code"),
    [
        (event("processed"), "queued", ""),
        (event("deferred", response="451 4.7.1 greylisted"), "deferred", "4.7.1"),
        (event("delivered", response="250 2.0.0 OK"), "delivered", ""),
        (event("dropped", reason="Bounced Address", status="5.0.0"), "rejected", "5.0.0"),
        (event("bounce", type="bounce", status="5.1.1", reason="550 5.1.1 who?"), "bounced", "5.1.1"),
        (event("bounce", type="blocked", reason="550 blocked"), "bounced", "550"),
        (event("spamreport"), "complained", ""),
    ],
)
def test_sendgrid_events(record, became, code):
    made = one("sendgrid", record)
    assert DeliveryStatus(made.status).word == became
    assert (made.delivery_id, made.at, made.code) == ("sg1", 1_790_847_000, code)
    assert (made.campaign, made.reason) == (
        "october, bread",
        record.get("reason") or record.get("response", ""),
    )
    assert made.sent_at == (1_790_847_000 if became == "queued" else None)


@pytest.mark.parametrize("name", ["open", "click", "unsubscribe", "group_unsubscribe", "group_resubscribe"])
def test_sendgrid_engagement_is_passed_over(name):
    made, passed_over, broken = read("sendgrid", event(name))
    assert (made, broken, sum(passed_over.values())) == ([], [], 1)


@pytest.mark.parametrize(
    ("changes", "delivery_id"),
    [
        ({"sg_message_id": None}, "sg1"),
        ({"sg_message_id": None, "smtp-id": "<own@bakery.test>"}, "e-bounce"),
        ({"sg_message_id": "sg9"}, "sg9"),
        # Nothing before the dot or the @ is no id that any number of deliveries could share.
        ({"sg_message_id": ".filter0"}, ".filter0"),
        ({"sg_message_id": None, "smtp-id": "<@ismtpd1.sendgrid.net>"}, "e-bounce"),
        ({"sg_message_id": None, "smtp-id": f"<{'x' * 300}@ismtpd1.sendgrid.net>"}, "e-bounce"),
    ],
)
def test_sendgrid_bounces_that_come_late_find_their_delivery(changes, delivery_id):
    assert one("sendgrid", event("bounce", **changes)).delivery_id == delivery_id


@pytest.mark.parametrize(
    ("changes", "campaign", "subject"),
    [
        ({"marketing_campaign_name": "Autumn"}, "Autumn", "Autumn"),
        ({"category": "single"}, "single", ""),
        ({"category": None, "subject": "Fresh bread"}, "Fresh bread", "Fresh bread"),
        ({"category": None}, "", ""),
    ],
)
def test_sendgrid_campaigns(changes, campaign, subject):
    made = one("sendgrid", event("processed", **changes))
    assert (made.campaign, made.subject) == (campaign, subject)


def test_sendgrid_email_activity():
    made = one("sendgrid", ACTIVITY)
    assert (made.delivery_id, made.recipient, made.at) == ("sg2", "ann@example.com", 1_790_847_000)
    assert (made.campaign, made.subject, made.sent_by) == ("Fresh bread", "Fresh bread", "shop@bakery.test")
    assert status("sendgrid", ACTIVITY | {"status": "not_delivered"}) == "bounced"
    events = [
        {"event_name": "processed", "processed": "2026-10-01T09:30:00Z"},
        {"event_name": "bounced", "processed": "2026-10-01T09:30:02Z", "reason": "550 5.1.1 who?"},
        {"event_name": "opened", "processed": "2026-10-01T09:30:09Z"},
    ]
    made, _, _ = read("sendgrid", ACTIVITY | {"events": events})
    assert [(each.status, each.at, each.code) for each in made] == [
        (DeliveryStatus.QUEUED, 1_790_847_000, ""),
        (DeliveryStatus.BOUNCED, 1_790_847_002, "5.1.1"),
    ]


@pytest.mark.parametrize(
    ("written", "became"),
    [
        ("accepted", "queued"),
        ("scheduled", "queued"),
        ("queued", "queued"),
        ("sending", "queued"),
        ("sent", "sent"),
        ("delivered", "delivered"),
        ("read", "delivered"),
        ("undelivered", "bounced"),
        ("failed", "failed"),
        ("canceled", "rejected"),
    ],
)
def test_twilio_statuses(written, became):
    assert status("twilio", SMS | {"status": written}) == became


def test_a_twilio_message_is_one_delivery_whatever_its_segments_and_keeps_nothing_of_its_body():
    made = one("twilio", SMS)
    assert (made.channel, made.recipient, made.delivery_id) == (Channel.SMS, "+27821111111", "SM01")
    assert (made.sent_at, made.at) == (1_790_847_000, 1_790_847_060)
    assert (made.campaign, made.subject, made.sent_by) == ("+27820000000",) * 3
    assert "4711" not in repr(made)
    assert one("twilio", SMS | {"messaging_service_sid": "MG1"}).campaign == "MG1"


def test_twilio_errors_prices_and_times_of_bulk_exports():
    odd = SMS | {
        "error_code": 30003,
        "error_message": "Unreachable",
        "price": -1e400,
        "status": "undelivered",
    }
    made = one("twilio", json.loads(json.dumps(odd).replace("-Infinity", "-1E400"), parse_float=str))
    assert (made.code, made.reason) == ("30003", "Unreachable")
    exported = SMS | {f"date_{what}": "2026-10-01T09:30:00Z" for what in ("created", "sent", "updated")}
    del exported["error_message"], exported["price"]
    assert one("twilio", exported).at == 1_790_847_000
    assert one("twilio", SMS | {"date_sent": None}).sent_at is None


@pytest.mark.parametrize("changes", [{"direction": "inbound", "error_code": 30004}, {"status": "received"}])
def test_twilio_inbound_messages_are_no_sends(changes):
    assert read("twilio", SMS | changes) == ([], {"inbound messages": 1}, [])


def test_what_is_no_sms_of_twilios_is_passed_over():
    changes = {"to": "whatsapp:+27821234567"}
    assert read("twilio", SMS | changes) == ([], {"messages over other channels": 1}, [])


SAID = {"code": 550, "message": "5.1.1 no such user", "description": ""}


@pytest.mark.parametrize(
    ("record", "became", "code", "said"),
    [
        (mailgun("accepted"), "queued", "", ""),
        (mailgun("delivered", **{"delivery-status": {"code": 250, "message": "OK"}}), "delivered", "", "OK"),
        (
            mailgun("failed", severity="permanent", reason="bounce", **{"delivery-status": SAID}),
            "bounced",
            "5.1.1",
            "5.1.1 no such user",
        ),
        (
            mailgun("failed", severity="temporary", **{"delivery-status": {"code": 421, "message": "later"}}),
            "deferred",
            "421",
            "later",
        ),
        (
            mailgun(
                "failed", severity="permanent", reason="suppress-bounce", **{"delivery-status": {"code": 605}}
            ),
            "rejected",
            "605",
            "suppress-bounce",
        ),
        (mailgun("rejected", reject={"reason": "Sandbox"}), "rejected", "", "Sandbox"),
        (mailgun("complained"), "complained", "", ""),
    ],
)
def test_mailgun_events(record, became, code, said):
    made = one("mailgun", record)
    assert DeliveryStatus(made.status).word == became
    assert (made.delivery_id, made.at, made.code, made.reason) == (
        "mg1@bakery.test",
        1_790_847_000,
        code,
        said,
    )
    assert (made.campaign, made.subject) == ("october", "Fresh bread")


@pytest.mark.parametrize(
    "record",
    [
        *map(mailgun, ("opened", "clicked", "unsubscribed", "stored")),
        mailgun("accepted", flags={"is-routed": True}),
        mailgun("delivered", flags={"is-test-mode": True}),
    ],
)
def test_mailgun_passes_over(record):
    made, passed_over, broken = read("mailgun", record)
    assert (made, broken, sum(passed_over.values())) == ([], [], 1)


def test_mailgun_rejected_for_everybody_and_times_of_the_logs_api():
    rejected = mailgun("rejected", reject={"reason": "Sandbox"})
    del rejected["recipient"], rejected["timestamp"]
    rejected["@timestamp"] = "2026-10-01T09:30:00.123Z"
    rejected["message"]["headers"]["to"] = "Ann <ann@example.com>, bob@example.org"
    made, _, broken = read("mailgun", rejected)
    assert [(each.recipient, each.at, each.reason) for each in made] == [
        ("ann@example.com", 1_790_847_000, "Sandbox"),
        ("bob@example.org", 1_790_847_000, "Sandbox"),
    ]
    assert not broken


@pytest.mark.parametrize(
    ("kind", "became"),
    [
        ("HardBounce", "bounced"),
        ("SoftBounce", "bounced"),
        ("Blocked", "bounced"),
        ("Transient", "deferred"),
        ("SpamComplaint", "complained"),
        ("BadEmailAddress", "rejected"),
        ("ManuallyDeactivated", "rejected"),
        ("SMTPApiError", "failed"),
    ],
)
def test_postmark_bounces(kind, became):
    made = one("postmark", BOUNCE | {"Type": kind})
    assert DeliveryStatus(made.status).word == became
    assert (made.code, made.reason) == ("5.1.1", "smtp;550 5.1.1 nobody here")
    assert (made.campaign, made.sent_at, made.at) == ("october", None, 1_790_847_000)


def test_postmark_deliveries_and_what_it_passes_over():
    delivered = {
        "RecordType": "Delivery",
        "MessageID": "pm-1",
        "Recipient": "ann@example.com",
        "DeliveredAt": "2026-10-01T09:30:00Z",
        "Details": "250 taken",
        "Tag": "october",
    }
    made = one("postmark", delivered)
    assert (made.status, made.reason, made.code) == (DeliveryStatus.DELIVERED, "250 taken", "")
    for kind in ("Open", "Click", "SubscriptionChange"):
        assert sum(read("postmark", {"RecordType": kind, "MessageID": "pm-1"})[1].values()) == 1
    for kind in ("AutoResponder", "Subscribe", "InboundError"):
        assert sum(read("postmark", BOUNCE | {"Type": kind})[1].values()) == 1


def test_a_postmark_message_with_its_events():
    made, passed_over, broken = read("postmark", MESSAGE)
    assert [(each.recipient, DeliveryStatus(each.status).word, each.at, each.code) for each in made] == [
        ("ann@example.com", "sent", 1_790_847_000, ""),
        ("bob@example.org", "sent", 1_790_847_000, ""),
        ("bob@example.org", "delivered", 1_790_847_009, ""),
        ("ann@example.com", "bounced", 1_790_847_008, "5.1.1"),
    ]
    assert {(each.sent_at, each.campaign, each.subject) for each in made} == {
        (1_790_847_000, "october", "Fresh bread")
    }
    assert (passed_over, broken) == ({}, [])


@pytest.mark.parametrize(
    ("group", "name", "became"),
    [
        ("PENDING", "PENDING_ACCEPTED", "queued"),
        ("PENDING", "PENDING_ENROUTE", "sent"),
        ("DELIVERED", "DELIVERED_TO_OPERATOR", "delivered"),
        ("UNDELIVERABLE", "UNDELIVERABLE_NOT_DELIVERED", "bounced"),
        ("EXPIRED", "EXPIRED_UNKNOWN", "bounced"),
        ("REJECTED", "REJECTED_PREFIX_MISSING", "rejected"),
    ],
)
def test_infobip_statuses(group, name, became):
    assert status("infobip", REPORT | {"status": {"groupName": group, "name": name}}) == became


def test_infobip_reports_and_logs():
    made = one("infobip", REPORT)
    assert (made.channel, made.recipient, made.delivery_id) == (Channel.SMS, "27821111111", "ib-1")
    assert (made.sent_at, made.at, made.code, made.reason) == (1_790_847_000, 1_790_847_004, "", "There")
    assert (made.campaign, made.subject, made.sent_by) == ("Bakery", "Bakery", "Bakery")
    error = {"id": 27, "name": "EC_ABSENT_SUBSCRIBER", "description": "Absent Subscriber"}
    log = {key: value for key, value in REPORT.items() if key not in ("to", "sender")}
    made = one(
        "infobip", log | {"destination": "ann@example.com", "error": error, "content": {"text": "4711"}}
    )
    assert (made.channel, made.code, made.reason) == (Channel.EMAIL, "27", "Absent Subscriber")
    assert (made.campaign, made.subject) == ("", "")
    assert "4711" not in repr(made)
    assert read("infobip", REPORT | {"receivedAt": "2026-10-01T09:30:00Z"})[1] == {"inbound messages": 1}


@pytest.mark.parametrize(
    ("written", "became"),
    [
        ("accepted", "sent"),
        ("buffered", "sent"),
        ("delivered", "delivered"),
        ("expired", "bounced"),
        ("failed", "bounced"),
    ],
)
def test_vonage_receipts(written, became):
    made = one("vonage", RECEIPT | {"status": written, "err-code": "0" if became != "bounced" else "5"})
    assert DeliveryStatus(made.status).word == became
    assert made.code == ("5" if became == "bounced" else "")
    assert (made.delivery_id, made.recipient, made.at) == ("vo-1", "27821111111", 1_790_847_000)
    assert (made.campaign, made.sent_at) == ("Bakery", None)


@pytest.mark.parametrize("zone", [None, "Africa/Johannesburg"])
def test_vonage_writes_utc_whatever_zone_is_meant_for_other_files(zone):
    receipt = json.dumps(RECEIPT | {"message-timestamp": "2026-10-01 09:30:00"}).encode()
    pieces = formats.named("vonage").pieces([Block(1, [receipt])], Circumstances(OWNER, zone, None))
    assert [made.at for piece in pieces for made in piece.deliveries] == [1_790_847_000]


def test_ids_that_are_too_long_to_keep_are_refused():
    made, _, broken = read("sendgrid", event("delivered", sg_message_id="x" * 300))
    assert (made, len(broken)) == ([], 1)
