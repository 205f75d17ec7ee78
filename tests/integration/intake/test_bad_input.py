"""Bad input on the real Kafka, each kind among good events: a clear answer, nothing lost, nothing stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from reftrack.intake.v1 import intake_pb2 as pb

from tests.integration.intake.bad_input import Bad, bad_records
from tests.integration.intake.posts import Headers, Post, contact, counselling, registration, screening
from tests.integration.intake.serving import Serving, bearer
from tests.integration.intake.wire import as_record, post, receipts_of, until


@pytest.mark.timeout(240)
async def test_each_kind_gets_its_receipt_and_the_good_ones_around_it_are_recorded(
    on_kafka: Serving, tag: str, kafka_bootstrap: str
) -> None:
    social, bad = f"{tag}-social", bad_records(tag)
    good = [counselling(social, "TV-1", id=f"{tag}-good-{n}") for n in range(len(bad) + 1)]
    records = [as_record(post) for post in opening(social, tag)]
    for between, wrong in zip(good, bad, strict=False):
        records += [as_record(between), (wrong.headers, wrong.value)]
    records.append(as_record(good[-1]))
    await post(kafka_bootstrap, f"agency.{social}.events.v1", records)

    receipts = await receipts_of(kafka_bootstrap, social, len(records))
    for n, wrong in enumerate(bad):
        check(wrong, receipts[3 + 2 * n])
    assert [one["verdict"] for one in receipts[::2]] == ["accepted"] * (len(good) + 1)
    assert [one["offset"] for one in receipts] == list(range(len(records)))
    await all_is_taken_in(on_kafka, social, len(records))
    await bytes_are_kept_sealed(on_kafka, bad)
    assert await on_kafka.rows("SELECT count(*) FROM parked") == [(0,)]
    recorded = "SELECT count(*) FROM stored_events WHERE topic LIKE '%%counselling-provided%%'"
    assert await on_kafka.rows(recorded) == [(len(good),)]


@pytest.mark.timeout(240)
async def test_what_came_too_early_goes_on_by_itself_and_a_second_receipt_says_so(
    on_kafka: Serving, tag: str, kafka_bootstrap: str
) -> None:
    social = f"{tag}-social"
    early = screening(social, "TV-1")
    topic = f"agency.{social}.events.v1"
    await post(kafka_bootstrap, topic, [as_record(one) for one in (contact(social, "TV-1"), early)])
    await receipts_of(kafka_bootstrap, social, 2)
    await post(kafka_bootstrap, topic, [as_record(registration(social, {"agency_ref": "TV-1"}))])
    *_, told = await receipts_of(kafka_bootstrap, social, 4)
    assert (told["id"], told["verdict"], told["offset"]) == (early.id, "accepted", 1)


@pytest.mark.timeout(240)
async def test_over_grpc_the_same_bad_input_has_the_same_verdict_and_the_stream_goes_on(
    on_kafka: Serving, tag: str
) -> None:
    social, bad = f"{tag}-social", bad_records(tag)
    first = [as_submitted(*as_record(one), index=-n) for n, one in enumerate(opening(social, tag), 1)]
    items = [as_submitted(wrong.headers, wrong.value, index=n) for n, wrong in enumerate(bad)]
    good = as_submitted(*as_record(counselling(social, "TV-1")), index=999)

    async def requests() -> AsyncIterator[pb.SubmitEventsRequest]:
        for events in (first, items, [good]):
            yield pb.SubmitEventsRequest(events=events)

    call: Any = on_kafka.intake.SubmitEvents(requests(), metadata=bearer(on_kafka, social))
    told = {status.index: status.receipt async for response in call for status in response.statuses}
    assert told[999].verdict == "accepted"
    for n, wrong in enumerate(bad):
        if wrong.name not in ONLY_ON_KAFKA:
            assert (told[n].verdict, told[n].code) == (wrong.verdict, wrong.code), wrong.name


ONLY_ON_KAFKA = {"tombstone", "null header", "no headers", "not UTF-8"}
"""Protobuf has neither nulls nor headers: these come as something else that is missing."""


def opening(social: str, tag: str) -> list[Post]:
    """What makes TV-1 known."""
    return [
        contact(social, "TV-1", id=f"{tag}-opens"),
        registration(social, {"agency_ref": "TV-1"}, id=f"{tag}-registers"),
    ]


def check(wrong: Bad, receipt: dict[str, Any]) -> None:
    found = (receipt["verdict"], receipt.get("code"), receipt.get("field"))
    assert found == (wrong.verdict, wrong.code, wrong.field), wrong.name
    assert receipt["remedy"]["vi"], wrong.name
    assert receipt["remedy"]["en"], wrong.name


def as_submitted(headers: Headers, value: bytes | None, *, index: int) -> pb.SubmittedEvent:
    names = {name.removeprefix("ce_"): (text or b"").decode() for name, text in headers.items()}
    names.pop("specversion", None)
    return pb.SubmittedEvent(index=index, attributed=pb.Attributed(data=value or b"", **names))


async def all_is_taken_in(on_kafka: Serving, org: str, end: int) -> None:
    query = "SELECT next_offset FROM positions WHERE topic = %s"
    await until(lambda: on_kafka.rows(query, f"agency.{org}.events.v1"), [(end,)])


async def bytes_are_kept_sealed(on_kafka: Serving, bad: list[Bad]) -> None:
    kept = "SELECT sealed FROM kept_deliveries UNION ALL SELECT sealed FROM waits"
    rows = await on_kafka.rows(f"{kept} UNION ALL SELECT sealed FROM other_contents")
    assert len(rows) == len(bad)
    assert not any(
        wrong.value and len(wrong.value) > 8 and wrong.value in row[0] for row in rows for wrong in bad
    )
