"""Records of providers, written by hand from the fields that they document, and what msglog makes of them."""

from __future__ import annotations

import json
from typing import Any

from msglog_tui.delivery import DeliveryStatus
from msglog_tui.importers import formats
from msglog_tui.importers.foreign import Circumstances
from msglog_tui.importers.owners import OneOwner
from msglog_tui.importers.rows import Block

OWNER = OneOwner("Acme", "Bakery")

MAIL = {
    "timestamp": "2026-10-01T09:30:00.250Z",
    "source": "Shop <shop@bakery.test>",
    "sendingAccountId": "111122223333",
    "messageId": "ses-1",
    "destination": ["ann@example.com", "bob@example.org"],
    "commonHeaders": {"subject": "Fresh bread"},
    "tags": {"ses:configuration-set": ["shop"], "campaign": ["october"]},
}
SES_EVENTS: dict[str, dict[str, Any]] = {
    "Send": {"eventType": "Send", "mail": MAIL, "send": {}},
    "Delivery": {
        "eventType": "Delivery",
        "mail": MAIL,
        "delivery": {
            "timestamp": "2026-10-01T09:30:05.000Z",
            "recipients": ["ann@example.com"],
            "smtpResponse": "250 2.0.0 taken",
        },
    },
    "Bounce": {
        "eventType": "Bounce",
        "mail": MAIL,
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "NoEmail",
            "timestamp": "2026-10-01T09:30:06.000Z",
            "bouncedRecipients": [
                {
                    "emailAddress": "ann@example.com",
                    "status": "5.1.1",
                    "diagnosticCode": "550 5.1.1 who?",
                },
                {"emailAddress": "bob@example.org"},
            ],
        },
    },
    "DeliveryDelay": {
        "eventType": "DeliveryDelay",
        "mail": MAIL,
        "deliveryDelay": {
            "timestamp": "2026-10-01T09:31:00.000Z",
            "delayType": "MailboxFull",
            "delayedRecipients": [
                {"emailAddress": "ann@example.com", "diagnosticCode": "smtp; 452 4.2.2 full"},
            ],
        },
    },
    "Complaint": {
        "eventType": "Complaint",
        "mail": MAIL,
        "complaint": {
            "timestamp": "2026-10-02T00:00:00.000Z",
            "complaintFeedbackType": "abuse",
            "complainedRecipients": [{"emailAddress": "ann@example.com"}],
        },
    },
    "Reject": {"eventType": "Reject", "mail": MAIL, "reject": {"reason": "Bad content"}},
    "Rendering Failure": {
        "eventType": "Rendering Failure",
        "mail": MAIL,
        "failure": {"errorMessage": "no name given", "templateName": "hello"},
    },
    "Open": {"eventType": "Open", "mail": MAIL, "open": {"ipAddress": "192.0.2.1"}},
    "Subscription": {"eventType": "Subscription", "mail": MAIL, "subscription": {}},
}


def event(name: str, **changes: object) -> dict[str, Any]:
    """An event of SendGrid's webhook."""
    return {
        "email": "ann@example.com",
        "timestamp": 1790847000,
        "event": name,
        "category": ["october", "bread"],
        "sg_event_id": "e-" + name,
        "sg_message_id": "sg1.filter0001.42.0",
        "smtp-id": "<sg1.x.y@ismtpd-7>",
        **changes,
    }


ACTIVITY = {
    "from_email": "shop@bakery.test",
    "msg_id": "sg2.filter.1",
    "subject": "Fresh bread",
    "to_email": "ann@example.com",
    "status": "delivered",
    "last_event_time": "2026-10-01T09:30:00Z",
}
SMS: dict[str, Any] = {
    "sid": "SM01",
    "account_sid": "AC01",
    "messaging_service_sid": None,
    "from": "+27820000000",
    "to": "+27821111111",
    "body": "Your PIN is 4711",
    "status": "delivered",
    "direction": "outbound-api",
    "num_segments": "3",
    "price": "-0.00750",
    "price_unit": "USD",
    "error_code": None,
    "error_message": None,
    "date_created": "Thu, 01 Oct 2026 09:29:00 +0000",
    "date_sent": "Thu, 01 Oct 2026 09:30:00 +0000",
    "date_updated": "Thu, 01 Oct 2026 09:31:00 +0000",
}


def mailgun(name: str, **changes: object) -> dict[str, Any]:
    """An event of Mailgun's."""
    return {
        "event": name,
        "id": "mg-" + name,
        "timestamp": 1790847000.75,
        "log-level": "info",
        "recipient": "ann@example.com",
        "tags": ["october"],
        "flags": {"is-routed": False, "is-test-mode": False},
        "envelope": {"sender": "shop@bakery.test"},
        "message": {
            "headers": {
                "message-id": "mg1@bakery.test",
                "from": "Shop <shop@bakery.test>",
                "subject": "Fresh bread",
            }
        },
        **changes,
    }


BOUNCE: dict[str, Any] = {
    "RecordType": "Bounce",
    "ID": 42,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Tag": "october",
    "MessageID": "pm-1",
    "ServerID": 23,
    "MessageStream": "outbound",
    "Description": "The server was unable to deliver.",
    "Details": "smtp;550 5.1.1 nobody here",
    "Email": "ann@example.com",
    "From": "shop@bakery.test",
    "BouncedAt": "2026-10-01T09:30:00Z",
    "Subject": "Fresh bread",
}
MESSAGE: dict[str, Any] = {
    "Tag": "october",
    "MessageID": "pm-1",
    "MessageStream": "outbound",
    "To": [{"Email": "ann@example.com", "Name": None}, {"Email": "bob@example.org", "Name": "Bob"}],
    "Recipients": ["ann@example.com", "bob@example.org"],
    "ReceivedAt": "2026-10-01T05:30:00.0000000-04:00",
    "From": "shop@bakery.test",
    "Subject": "Fresh bread",
    "Status": "Sent",
    "MessageEvents": [
        {
            "Recipient": "bob@example.org",
            "Type": "Delivered",
            "ReceivedAt": "2026-10-01T05:30:09.0000000-04:00",
            "Details": {"DeliveryMessage": "smtp;250 taken"},
        },
        {
            "Recipient": "bob@example.org",
            "Type": "Opened",
            "ReceivedAt": "2026-10-01T06:00:00Z",
            "Details": {},
        },
        {
            "Recipient": "ann@example.com",
            "Type": "Bounced",
            "ReceivedAt": "2026-10-01T05:30:08.0000000-04:00",
            "Details": {"Summary": "smtp;550 5.1.1 nobody here", "BounceID": "42"},
        },
    ],
}
REPORT: dict[str, Any] = {
    "bulkId": "bulk-1",
    "messageId": "ib-1",
    "to": "27821111111",
    "sender": "Bakery",
    "sentAt": "2026-10-01T11:30:00.000+0200",
    "doneAt": "2026-10-01T11:30:04.000+0200",
    "messageCount": 3,
    "price": {"pricePerMessage": 0.01, "currency": "EUR"},
    "status": {
        "groupId": 3,
        "groupName": "DELIVERED",
        "name": "DELIVERED_TO_HANDSET",
        "description": "There",
    },
    "error": {"groupId": 0, "id": 0, "name": "NO_ERROR", "description": "No Error", "permanent": False},
    "platform": {"entityId": "shop", "applicationId": "till"},
}
RECEIPT: dict[str, Any] = {
    "msisdn": "27821111111",
    "to": "Bakery",
    "network-code": "65501",
    "messageId": "vo-1",
    "price": "0.03330000",
    "status": "delivered",
    "scts": "2610010930",
    "err-code": "0",
    "api-key": "a1b2c3",
    "message-timestamp": "2026-10-01 09:30:00 +0000",
}
SAMPLES: dict[str, list[dict[str, Any]]] = {
    "ses": [
        *SES_EVENTS.values(),
        {"Type": "Notification", "TopicArn": "arn:x", "Message": json.dumps(SES_EVENTS["Bounce"])},
    ],
    "sendgrid": [*map(event, ("processed", "deferred", "delivered", "dropped", "bounce", "open")), ACTIVITY],
    "twilio": [SMS],
    "mailgun": [
        *map(mailgun, ("accepted", "delivered", "failed", "rejected", "complained", "opened")),
        {"signature": {"token": "t"}, "event-data": mailgun("failed", severity="permanent")},
    ],
    "postmark": [BOUNCE, MESSAGE],
    "infobip": [REPORT],
    "vonage": [RECEIPT],
}


def read(name: str, *records: object, lines: bytes = b""):
    """What a format makes of records: records of deliveries, what is passed over, what is refused."""
    data = lines or "\n".join(map(json.dumps, records)).encode()
    deliveries, passed_over, broken = [], {}, []
    for piece in formats.named(name).pieces([Block(1, [data])], Circumstances(OWNER, None, None)):
        deliveries += piece.deliveries
        passed_over |= piece.passed_over
        broken += piece.broken
    return deliveries, passed_over, broken


def one(name: str, record: object):
    [made], passed_over, broken = read(name, record)
    assert (passed_over, broken) == ({}, [])
    return made


def status(name: str, record: object) -> str:
    return DeliveryStatus(one(name, record).status).word
