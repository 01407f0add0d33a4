"""The sample archive is the same everywhere, plausible, and adds up."""

import csv
import gzip
import json
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from msglog_tui import demo, sample
from msglog_tui.errors import StoreError
from msglog_tui.sample.traffic import sms_parts
from msglog_tui.types import Channel, MessageRecord, Role, TransactionRecord, TransactionStatus

COMMITTED = Path(__file__).parents[2] / "sample_data"
NEWEST = date(2026, 10, 31)
OTHER_NEWEST = date(2028, 3, 1)


@pytest.fixture(scope="module")
def messages() -> list[MessageRecord]:
    return list(sample.messages(NEWEST))


@pytest.fixture(scope="module")
def transactions() -> list[TransactionRecord]:
    return list(sample.transactions(NEWEST))


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    sample.write(folder, NEWEST)
    return folder


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def local_times(messages: Sequence[MessageRecord]) -> list[datetime]:
    zones = {name: ZoneInfo(zone) for name, zone in sample.zones().items()}
    return [datetime.fromtimestamp(message.sent_at, zones[message.enterprise]) for message in messages]


@pytest.mark.parametrize("name", ["messages.csv", "transactions.csv"])
def test_committed_files_are_what_the_generator_writes(written: Path, name: str) -> None:
    assert (written / name).read_bytes() == (COMMITTED / name).read_bytes()


def test_committed_compressed_file_holds_what_the_generator_writes(written: Path) -> None:
    # Compressed bytes depend on the zlib that Python was built with; what they stand for does not.
    name = "messages.jsonl.gz"
    assert gzip.decompress((written / name).read_bytes()) == gzip.decompress((COMMITTED / name).read_bytes())


def test_writing_twice_gives_the_same_bytes(written: Path, tmp_path: Path) -> None:
    sample.write(tmp_path, NEWEST)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["messages.csv", "messages.jsonl.gz", "transactions.csv"]
    assert [(tmp_path / name).read_bytes() for name in names] == [
        (written / name).read_bytes() for name in names
    ]


def test_files_hold_every_record_as_it_is(
    written: Path, messages: list[MessageRecord], transactions: list[TransactionRecord]
) -> None:
    rows = read_csv(written / "messages.csv")
    compressed = gzip.decompress((written / "messages.jsonl.gz").read_bytes()).decode()
    objects = [json.loads(line) for line in compressed.removesuffix("\n").split("\n")]
    by_id = {message.message_id: message for message in messages}
    assert sorted(
        [*(row["message_id"] for row in rows), *(each["message_id"] for each in objects)]
    ) == sorted(by_id)
    for row in rows:
        message = by_id[row["message_id"]]
        names = row["lists"].replace(";;", "\0").split(";") if row["lists"] else []
        assert (
            tuple(name.replace("\0", ";") for name in names),
            *(
                row["subject"],
                row["channel"],
                row["send_amount"],
                row["failed_amount"],
                row["bounced_amount"],
            ),
            datetime.fromisoformat(row["send_date"]).timestamp(),
        ) == (
            message.lists,
            *(message.subject, Channel(message.channel).word, str(message.sent)),
            *("" if amount is None else str(amount) for amount in (message.failed, message.bounced)),
            message.sent_at,
        )
    for each in objects:
        message = by_id[each["message_id"]]
        assert (tuple(each["lists"]), each["subject"], each["send_amount"], each["failed_amount"]) == (
            *(message.lists, message.subject, message.sent, message.failed),
        )
    assert [row["transaction_id"] for row in read_csv(written / "transactions.csv")] == [
        transaction.transaction_id for transaction in transactions
    ]


def test_size_of_the_archive(messages: list[MessageRecord], transactions: list[TransactionRecord]) -> None:
    counts = Counter((message.enterprise, message.customer) for message in messages)
    named = {(each.enterprise, each.customer) for each in transactions if each.customer}
    assert len(sample.zones()) == 6
    assert len(messages) == 10_209
    assert counts.most_common(1) == [(("Protea Retail Group", "Protea Online"), 2000)]
    assert len(named) == 60
    assert named - set(counts) == {("Protea Retail Group", "Padstal Pickles")}
    assert sum(path.stat().st_size for path in COMMITTED.iterdir()) < 2_000_000


@pytest.mark.parametrize("newest", [NEWEST, OTHER_NEWEST])
def test_newest_date_is_honoured(newest: date) -> None:
    messages = list(sample.messages(newest))
    times = local_times(messages)
    on_newest = [(message, at) for message, at in zip(messages, times, strict=True) if at.date() == newest]
    assert max(times).date() == newest
    assert {message.enterprise for message, _ in on_newest} == set(sample.zones())
    assert len(on_newest) > 50
    assert max(at.hour for _, at in on_newest) < 8
    assert newest - timedelta(days=549) < min(times).date() < newest - timedelta(days=540)


def test_each_date_has_an_archive_of_its_own(messages: list[MessageRecord]) -> None:
    other = list(sample.messages(OTHER_NEWEST))
    assert other == list(sample.messages(OTHER_NEWEST))
    assert [each.sent_at for each in other] != [each.sent_at for each in messages]


def test_another_day_replaces_every_message_and_adds_none(messages: list[MessageRecord]) -> None:
    other = sample.messages(OTHER_NEWEST)
    keys = {(each.enterprise, each.message_id) for each in messages}
    assert len(keys) == len(messages)
    assert keys == {(each.enterprise, each.message_id) for each in other}


def test_messages_come_oldest_first(messages: list[MessageRecord]) -> None:
    times = [message.sent_at for message in messages]
    assert times == sorted(times)


def test_business_goes_by_the_week(messages: list[MessageRecord]) -> None:
    weekdays = Counter(at.weekday() for at in local_times(messages))
    assert max(weekdays[5], weekdays[6]) < min(weekdays[day] for day in range(5)) * 0.8


@pytest.mark.parametrize("newest", [NEWEST, OTHER_NEWEST])
def test_credits_cover_every_message_at_the_moment_it_is_sent(newest: date) -> None:
    movements: dict[tuple[str, str, int], list[tuple[int, int]]] = defaultdict(list)
    for each in sample.transactions(newest):
        if each.processed_at is not None:
            movements[each.enterprise, each.customer, each.channel].append(
                (each.processed_at, int(each.credits))
            )
    for message in sample.messages(newest):
        key = (message.enterprise, message.customer, message.channel)
        movements[key].append((message.sent_at, -sample.credits_spent(message)))
    for key, changes in movements.items():
        balance = 0
        for _, change in sorted(changes):
            balance += change
            assert balance >= 0, key


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ŷ" * 70, 1),
        ("ŷ" * 71, 2),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("ŷ" * 135, 3),
    ],
)
def test_parts_of_an_sms(text: str, parts: int) -> None:
    assert sms_parts(text) == parts


def test_what_a_message_costs(messages: list[MessageRecord]) -> None:
    message = messages[0]._replace(subject="a" * 161, sent=10, failed=7, bounced=2)
    assert sample.credits_spent(message._replace(channel=Channel.EMAIL)) == 10
    assert sample.credits_spent(message._replace(channel=Channel.SMS)) == 20


def test_transactions_of_every_kind(transactions: list[TransactionRecord]) -> None:
    assert {each.status for each in transactions} == set(TransactionStatus)
    assert {each.currency for each in transactions} == {"ZAR", "GBP"}
    assert {each.description.split(" ")[0] for each in transactions} == {
        *("Monthly", "Pay-as-you-go", "Top-up", "Shared"),
    }
    assert {each.enterprise for each in transactions if not each.customer} == set(sample.zones())
    assert len({each.transaction_id for each in transactions}) == len(transactions)
    for each in transactions:
        assert (each.processed_at is not None) == (each.status is TransactionStatus.PROCESSED)
        assert each.processed_at is None or each.requested_at <= each.processed_at
        assert each.amount > 0
        assert each.amount == each.amount.quantize(Decimal("0.01"))
        assert datetime.fromtimestamp(each.processed_at or each.requested_at, UTC).date() <= NEWEST


def test_amounts_are_sane_and_some_are_unknown(messages: list[MessageRecord]) -> None:
    by_customer: dict[str, set[bool]] = defaultdict(set)
    for message in messages:
        by_customer[message.customer].add(message.failed is None)
        assert message.sent >= 0
        assert (message.failed or 0) >= 0
        assert 0 <= (message.bounced or 0) <= message.sent
    assert [customer for customer, unknown in by_customer.items() if unknown == {True}] == [
        "Puffin Pet Cover"
    ]
    assert all(len(unknown) == 1 for unknown in by_customer.values())
    assert sum(message.bounced is not None for message in messages) > 1000
    assert any(message.sent == 0 and message.failed for message in messages)


HOSTILE_SIGNS = {
    "clipboard": "\x1b]52;",
    "window title": "\x1b]0;",
    "clear screen": "\x1b[2J",
    "C1": "\x9b",
    "bidi override": "\u202e",
    "closing markup": "[/now]",
    "markup": "[bold]",
    "formula": "=HYPERLINK(",
    "header injection": "\r\nBcc:",
    "zalgo": "\u0489",
    "line separator": "\u2028",
    "family": "\u200d\U0001f467",
    "flag": "\U0001f1ff\U0001f1e6",
    "Arabic": "ع",
    "Hebrew": "ח",
    "Chinese": "季",
    "Japanese": "の",
    "Hindi": "क",
    "Thai": "ล",
    "Korean": "봄",
    "isiZulu": "Sanibonani",
    "Afrikaans": "môre",
}


@pytest.mark.parametrize("sign", HOSTILE_SIGNS.values(), ids=HOSTILE_SIGNS.keys())
def test_hard_subjects_are_there_lately(messages: list[MessageRecord], sign: str) -> None:
    lately = datetime(2026, 10, 1, tzinfo=UTC).timestamp()
    assert any(sign in message.subject for message in messages if message.sent_at >= lately)


def test_empty_long_and_awkward_texts_are_there(messages: list[MessageRecord]) -> None:
    assert min(len(message.subject) for message in messages) == 0
    assert max(len(message.subject) for message in messages) > 1000
    lists = {name for message in messages for name in message.lists}
    assert {"Loyalty; gold", "a;;b;", "💙 Fans", "العملاء"} <= lists
    assert any(not message.lists for message in messages)
    for message in messages:
        # NUL would make git, grep and editors take the files for binary ones.
        assert "\0" not in message.subject


def test_names_of_enterprises_and_customers_are_clean(transactions: list[TransactionRecord]) -> None:
    names = {each.enterprise for each in transactions} | {
        each.customer for each in transactions if each.customer
    }
    for name in names:
        assert name == " ".join(unicodedata.normalize("NFC", name).split())
        assert not {unicodedata.category(letter) for letter in name} & {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
        assert not set(name) & set("[]=\\;")


def test_users_and_zones(messages: list[MessageRecord]) -> None:
    users = sample.users()
    pairs = {(message.enterprise, message.customer) for message in messages}
    assert [user.login for user in users if user.role is Role.OPERATOR] == ["thandi"]
    assert [user.enterprise for user in users if user.role is Role.ADMINISTRATOR] == list(sample.zones())
    customer_users = [user for user in users if user.role is Role.CUSTOMER]
    assert len({user.customer for user in customer_users}) == 5
    assert all((user.enterprise, user.customer) in pairs for user in customer_users)
    assert all(user.name for user in users)
    assert len({user.login for user in users}) == len(users)
    assert set(sample.zones().values()) == {"Africa/Johannesburg", "Europe/London"}
    # A login that belongs to a customer's user sends for that customer and for no other.
    homes = {user.login: (user.enterprise, user.customer) for user in customer_users}
    senders = {(message.sent_by, (message.enterprise, message.customer)) for message in messages}
    assert {login: home for login, home in senders if login in homes} == homes
    assert sum(login in homes for login, _ in senders) == len(homes)


def test_the_sample_goes_where_nothing_is_and_nowhere_else(tmp_path: Path) -> None:
    said: list[str] = []
    with patch("msglog_tui.demo.fill") as fill:
        made = demo.prepare_in(str(tmp_path / "new" / "sample.db"), NEWEST, said.append)
        assert made.path.exists()
        assert len(said) == fill.call_count == 1
        with pytest.raises(StoreError, match="is there already"):
            demo.prepare_in(str(made.path), NEWEST, said.append)
    assert [file.name for file in made.path.parent.iterdir()] == ["sample.db"]
