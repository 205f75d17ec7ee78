"""Everything an agency can get wrong, among good events, through the whole running system."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc
from reftrack_local.access import Speaker

from tests.faults.journal import Sent
from tests.faults.people import NOW
from tests.faults.system import System
from tests.integration.intake.bad_input import Bad, bad_records
from tests.integration.intake.posts import Headers, Post, contact, counselling, registration, screening

SOCIAL, POLICE = "ldtbxh-duc-giang", "cap-duc-giang"
ON_THE_WIRE = "ldtbxh-my-dinh-1"
COMMUNE = {"ldtbxh-duc-giang": "00124", "ldtbxh-my-dinh-1": "00625"}
"""An office that posts over gRPC: the same reference is another person there."""

ONLY_ON_KAFKA = {"tombstone", "null header", "no headers", "not UTF-8"}
"""Protobuf has neither nulls nor headers: these come as something else that is missing."""

Receipts = Mapping[int, dict[str, Any]]


def all_bad(tag: str, social: str) -> list[Bad]:
    """The list, with a future that is one by this system's clock."""
    ahead = counselling(social, "TV-1", at=NOW + timedelta(hours=1), id=f"{tag}-ahead")
    future = Bad("future", ahead.headers(), ahead.value(), "rejected", "time_in_future", "ce_time")
    return [future, *(bad for bad in bad_records(tag, social, POLICE) if bad.name != "future")]


def opening(tag: str, social: str) -> list[Post]:
    """What makes TV-1 known."""
    return [
        contact(social, "TV-1", commune=COMMUNE[social], id=f"{tag}-opens"),
        registration(social, {"agency_ref": "TV-1"}, id=f"{tag}-registers"),
    ]


def send(town: System, headers: Headers, value: bytes | None) -> int:
    """Post onto the real topic; gives the offset at which it stands."""
    topic = f"agency.{SOCIAL}.events.v1"
    id_ = (headers.get("ce_id") or b"").decode()
    town.office.send(Sent(topic, f"/agencies/{SOCIAL}", id_, None, value, tuple(headers.items())))
    return len(town.office.journal.topics[topic]) - 1


@pytest.mark.timeout(300)
def test_each_gets_its_receipt_the_good_ones_are_recorded_and_nothing_stops(town: System) -> None:
    tag, before = "e2e-kafka", len(kept(town))
    for post in opening(tag, SOCIAL):
        send(town, post.headers(), post.value())
    good, wrong = [], {}
    for n, bad in enumerate(all_bad(tag, SOCIAL)):
        between = counselling(SOCIAL, "TV-1", id=f"{tag}-good-{n}")
        good.append(send(town, between.headers(), between.value()))
        wrong[send(town, bad.headers, bad.value)] = bad
    town.office.settle()

    receipts = told(town)
    for offset, bad in wrong.items():
        found = receipts[offset][0]
        assert (found["verdict"], found["code"], found["field"]) == (bad.verdict, bad.code, bad.field), (
            bad.name
        )
        assert found["remedy"]["vi"], bad.name
        assert found["remedy"]["en"], bad.name
    assert [receipts[offset][-1]["verdict"] for offset in good] == ["accepted"] * len(good)
    kept_sealed(town, list(wrong.values()), before)

    late = screening(SOCIAL, "TV-1", id=f"{tag}-screened")
    send(town, late.headers(), late.value())
    town.office.settle()
    seen = town.quiet()  # everybody's lag is zero
    early = next(offset for offset, bad in wrong.items() if bad.name == "too early")
    assert [each["verdict"] for each in told(town)[early]] == ["waiting", "accepted"]
    assert not any(store.parked for store in seen.stores.values())


@pytest.mark.timeout(120)
def test_over_grpc_it_is_the_status_of_the_item_and_the_stream_goes_on(town: System) -> None:
    tag = "e2e-grpc"
    bad = [each for each in all_bad(tag, ON_THE_WIRE) if each.name not in ONLY_ON_KAFKA]
    first = [submitted(post.headers(), post.value(), index=-1) for post in opening(tag, ON_THE_WIRE)]
    middle = [submitted(each.headers, each.value, index=n) for n, each in enumerate(bad)]
    after = counselling(ON_THE_WIRE, "TV-1", id=f"{tag}-after")
    batches = [first, middle, [submitted(after.headers(), after.value(), index=999)]]
    with town.channel("intake", Speaker(role="agency", org=ON_THE_WIRE)) as channel:
        stub = intake_pb2_grpc.IntakeServiceStub(channel)
        requests = (intake_pb2.SubmitEventsRequest(events=batch) for batch in batches)
        answers = list(stub.SubmitEvents(requests, timeout=60))
    statuses = {each.index: each.receipt for answer in answers for each in answer.statuses}
    assert statuses[999].verdict == "accepted"
    for n, each in enumerate(bad):
        assert (statuses[n].verdict, statuses[n].code) == (each.verdict, each.code), each.name


def told(town: System) -> dict[int, list[dict[str, Any]]]:
    """What each delivery of the office was told, as it stands on the topic of its receipts, by offset."""
    found: dict[int, list[dict[str, Any]]] = {}
    for message in town.quiet().messages[f"agency.{SOCIAL}.receipts.v1"]:
        receipt = json.loads(message.value or b"")
        found.setdefault(receipt.get("offset", -1), []).append(receipt)
    return found


def kept(town: System) -> list[tuple[bytes]]:
    """What intake keeps of this agency, sealed."""
    with psycopg.connect(town.runtime.dsn("intake")) as connection:
        return connection.execute(_KEPT, [SOCIAL, *[f"agency.{SOCIAL}.events.v1"] * 2]).fetchall()


def kept_sealed(town: System, wrong: list[Bad], before: int) -> None:
    """What was not accepted is kept, and nobody can read it in the database."""
    rows = kept(town)
    assert len(rows) == before + len(wrong)
    for bad in wrong:
        assert not any(bad.value and len(bad.value) > 8 and bad.value in sealed for (sealed,) in rows), (
            bad.name
        )


def submitted(headers: Headers, value: bytes | None, *, index: int) -> intake_pb2.SubmittedEvent:
    names = {name.removeprefix("ce_"): (text or b"").decode() for name, text in headers.items()}
    names.pop("specversion", None)
    attributed = intake_pb2.Attributed(data=value or b"", **names)
    return intake_pb2.SubmittedEvent(index=index, attributed=attributed)


_KEPT = """
SELECT sealed FROM kept_deliveries WHERE org = %s
UNION ALL SELECT sealed FROM waits WHERE topic = %s
UNION ALL SELECT sealed FROM other_contents WHERE topic = %s
"""
