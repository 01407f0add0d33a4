"""Providers' JSON: however it lies in a file, and that no value does more than refuse its record."""

from __future__ import annotations

import copy
import gzip
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msglog_tui.errors import Refusal
from msglog_tui.importers import formats
from msglog_tui.importers.foreign import Circumstances
from msglog_tui.importers.rows import Block
from tests.unit.importing import Kept
from tests.unit.provider_json import BOUNCE, OWNER, SAMPLES, SES_EVENTS, SMS, event, mailgun, read


@pytest.mark.parametrize("name", SAMPLES)
def test_every_format_recognises_its_own_alone(name):
    for sample in SAMPLES[name]:
        cut = json.dumps([sample, sample])[:-30]
        for text in (json.dumps(sample), json.dumps([sample], indent=1), cut):
            found = formats.recognised(Block(1, text.encode().splitlines(keepends=True)))
            assert found is not None, text
            assert found.name == name


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[[[", "17", '{"a": {"b": [1]}}', "\ufeff", "{" * 2_000, '{"messages": []}'],
)
def test_what_is_nobodys_is_not_recognised(text):
    assert formats.recognised(Block(1, text.encode().splitlines(keepends=True))) is None


@pytest.mark.parametrize("name", SAMPLES)
def test_however_records_lie_in_a_file_they_are_the_same(name):
    samples = SAMPLES[name]
    written = [json.dumps(sample) for sample in samples]
    layouts = [
        "\n".join(written),
        "".join(written),
        json.dumps(samples),
        json.dumps(samples, indent=2),
        "\n".join(reversed(written * 2)),
    ]
    for wrapped in formats.named(name).lists:
        layouts += [
            json.dumps({"before": [1], wrapped: samples, "after": {}}),
            json.dumps({wrapped: samples[:1]}) + json.dumps({wrapped: samples[1:]}, indent=4),
        ]
    deliveries, passed_over, broken = read(name, *samples)
    assert deliveries
    assert not broken
    for layout in layouts:
        again, others, refused = read(name, lines=layout.encode())
        assert set(again) == set(deliveries)
        assert set(others) == set(passed_over)
        assert not refused


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        ["", " ", "\0", "\ud800", "9" * 5_000, "x" * 20_000, "2026-13-01T00:00:00Z", "sent", "{}"]
    ),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def paths(value: object, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, inner in items for path in ((*before, key), *paths(inner, (*before, key)))]


@settings(deadline=None)
@given(st.data())
def test_any_value_in_any_field_is_read_or_refused(data):
    name = data.draw(st.sampled_from(sorted(SAMPLES)))
    record = copy.deepcopy(data.draw(st.sampled_from(SAMPLES[name])))
    for _ in range(data.draw(st.integers(1, 3))):
        place = record
        *before, last = data.draw(st.sampled_from(paths(record)))
        for key in before:
            place = place[key]
        place[last] = data.draw(JSON_VALUES)
    deliveries, passed_over, broken = read(name, record)
    assert bool(deliveries) + bool(passed_over) + bool(broken) == 1
    for made in deliveries:
        assert made.delivery_id
        assert made.recipient
        assert not {"\0", "\ud800"}.intersection("".join((*made[:5], *made[8:13], made.sent_by)))
        assert made.at >= 0
    formats.recognised(Block(1, [json.dumps(record).encode()]))


class Recorded:
    """Owners that note what they are asked."""

    def __init__(self):
        self.asked = []

    def of(self, keys):
        self.asked.append(tuple(keys))
        return "Acme", "Bakery"


@pytest.mark.parametrize(
    ("name", "record", "keys"),
    [
        (
            "ses",
            SES_EVENTS["Send"],
            ("october", "shop", "Shop <shop@bakery.test>", "bakery.test", "111122223333"),
        ),
        ("sendgrid", event("processed", username="sub"), ("sub", "october", "bread", "", "")),
        ("twilio", SMS, ("AC01", "", "+27820000000")),
        ("mailgun", mailgun("accepted"), ("october", "Shop <shop@bakery.test>", "", "bakery.test", "")),
        ("postmark", BOUNCE, ("october", "shop@bakery.test", "bakery.test", "outbound", "23")),
    ],
)
def test_owners_are_asked_for_the_narrowest_first(name, record, keys):
    owners = Recorded()
    data = Block(1, [json.dumps(record).encode()])
    assert next(iter(formats.named(name).pieces([data], Circumstances(owners, None, None)))).deliveries
    assert owners.asked == [keys]


def test_bad_records_of_a_page_are_refused_as_they_were(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    good, bad = json.dumps(event("delivered")), json.dumps(event("bounce", timestamp="soon"), indent=1)
    (tmp_path / "batch.json").write_text(f'[{good},\n{bad}, 17,\n{good}, {{"event": NaN}}]\n')
    kept = Kept()
    report = kept.take(tmp_path / "batch.json", owners=OWNER)
    assert (report.rows, report.rejected, len(kept.records)) == (5, 3, 2)
    assert report.rejects is not None
    assert report.rejects.read_text() == f'{bad}\n17\n{{"event": NaN}}\n'
    assert [(found.line, found.field, found.value) for found in report.rejections] == [
        (2, "timestamp", "soon"),
        (bad.count("\n") + 2, "", "17"),
        (bad.count("\n") + 3, "", '{"event": NaN}'),
    ]


def test_bad_messages_of_a_page_of_an_api_are_refused_alone_and_read_again_when_mended(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    bad = json.dumps(SMS | {"sid": "SM02", "status": "lost"})
    page = json.dumps({"page": 0, "messages": [SMS, "HERE", SMS]}, indent=1).replace('"HERE"', bad)
    (tmp_path / "page.json").write_text(page)
    kept = Kept()
    report = kept.take(tmp_path / "page.json", owners=OWNER)
    assert (report.rows, report.rejected) == (3, 1)
    assert report.rejections[0].field == "status"
    assert "Twilio has accepted" in report.rejections[0].reason
    assert report.rejects is not None
    assert report.rejects.read_text() == bad + "\n"
    report.rejects.write_text(bad.replace("lost", "sent"))
    assert kept.take(report.rejects, owners=OWNER).rejected == 0
    assert kept.records[-1].delivery_id == "SM02"


def test_events_of_another_format_among_them_are_refused_not_guessed():
    for name in SAMPLES:
        for other, samples in SAMPLES.items():
            if other != name:
                made, passed_over, broken = read(name, samples[0])
                assert (made, passed_over, len(broken)) == ([], {}, 1), (name, other)


def test_a_gzipped_batch_that_breaks_off_brings_in_what_is_whole(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    batch = [event("delivered", email=f"user{number * 7919}@example.com") for number in range(20_000)]
    data = gzip.compress(json.dumps(batch, indent=0).encode())
    (tmp_path / "batch.json.gz").write_bytes(data[: len(data) // 2])
    kept = Kept()
    with pytest.raises(Refusal, match=r"is truncated after line [1-9]"):
        kept.take(tmp_path / "batch.json.gz", owners=OWNER)
    assert len(kept.records) > 1_000
    assert [record.recipient for record in kept.records] == [
        each["email"] for each in batch[: len(kept.records)]
    ]
