"""Intake over gRPC: statuses of items, receipts, quarantine; who may what."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

import grpc
import pytest
from reftrack.intake.v1 import intake_pb2 as pb

from tests.integration.intake.desk import POLICE, SOCIAL, as_item
from tests.integration.intake.posts import Post, contact, counselling, registration
from tests.integration.intake.serving import Serving, bearer


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    async with Serving.begin(tmp_path, postgres_dsn) as serving:
        yield serving


async def test_each_item_has_its_status_and_one_bad_item_spoils_no_other(serving: Serving) -> None:
    posts = [
        registration(SOCIAL, {"agency_ref": "TV-1"}),
        counselling(SOCIAL, "TV-1"),
        counselling(SOCIAL, "TV-2"),
        contact(POLICE, "PX-1"),
    ]
    items = [as_item(post, index) for index, post in enumerate(posts)]
    items.append(pb.SubmittedEvent(index=9, structured=b"not json"))
    items.append(pb.SubmittedEvent(index=10))
    statuses = await submit(serving, SOCIAL, [items])
    told = {status.index: status.receipt for status in statuses}
    assert {index: one.verdict for index, one in told.items()} == {
        0: "accepted",
        1: "accepted",
        2: "waiting",
        3: "rejected",
        9: "quarantined",
        10: "quarantined",
    }
    assert told[3].code == "source_not_yours"
    assert told[9].problems[0].code == "not_json"
    assert told[2].until.seconds > 0
    assert sorted(one.position for one in told.values()) == [1, 2, 3, 4, 5, 6]
    assert not any(one.topic for one in told.values())


async def test_who_entered_an_event_stands_in_it_beside_who_acted(serving: Serving) -> None:
    await submit(serving, SOCIAL, [[as_item(contact(SOCIAL, "TV-1"))]], role="operator")
    rows = await serving.rows("SELECT convert_from(state, 'UTF8')::jsonb->'meta' FROM stored_events")
    assert {(meta["actor"], meta["entered_by"]) for (meta,) in rows} == {("nv-07", "tester")}


async def test_the_stream_goes_on_after_a_bad_message_and_repetitions_are_told(serving: Serving) -> None:
    post = contact(SOCIAL, "TV-1")
    statuses = await submit(
        serving, SOCIAL, [[pb.SubmittedEvent(index=1)], [as_item(post, 2)], [as_item(post, 3)]]
    )
    told = [(status.index, status.receipt.verdict, status.receipt.repetition) for status in statuses]
    assert told == [(1, "quarantined", False), (2, "accepted", False), (3, "accepted", True)]


async def test_what_another_service_decides_is_routed_and_has_no_position_yet(serving: Serving) -> None:
    data = {"service": "methadone", "provider": "methadone-long-bien"}
    asked = Post(SOCIAL, "referral-requested", {"agency_ref": "TV-1"}, data)
    items = [as_item(registration(SOCIAL, {"agency_ref": "TV-1"})), as_item(asked, 1)]
    *_, status = await submit(serving, SOCIAL, [items])
    assert (status.receipt.verdict, status.receipt.position) == ("routed", 0)


async def test_receipts_are_listed_in_pages_and_by_what_one_looks_for(serving: Serving) -> None:
    posts = [contact(SOCIAL, f"TV-{n}") for n in range(5)]
    await submit(serving, SOCIAL, [[as_item(post) for post in posts]])
    stub, metadata = serving.intake, bearer(serving, SOCIAL)
    page = await stub.ListReceipts(pb.ListReceiptsRequest(page_size=2), metadata=metadata)
    rest = await stub.ListReceipts(
        pb.ListReceiptsRequest(after_position=page.next_after_position), metadata=metadata
    )
    assert [one.id for one in [*page.receipts, *rest.receipts]] == [post.id for post in posts]
    assert rest.next_after_position == 0
    one = await stub.ListReceipts(pb.ListReceiptsRequest(id=posts[3].id), metadata=metadata)
    assert [found.id for found in one.receipts] == [posts[3].id]
    none = await stub.ListReceipts(pb.ListReceiptsRequest(), metadata=bearer(serving, POLICE))
    assert not none.receipts


async def test_a_watch_goes_on_where_it_was_broken_off(serving: Serving) -> None:
    posts = [contact(SOCIAL, f"TV-{n}") for n in range(4)]
    await submit(serving, SOCIAL, [[as_item(post) for post in posts[:2]]])
    first = await watched(serving, 0, 1)
    watching = asyncio.create_task(watched(serving, first[0].position, 3))
    await submit(serving, SOCIAL, [[as_item(post) for post in posts[2:]]])
    rest = await asyncio.wait_for(watching, 20)
    assert [one.id for one in [first[0], *rest]] == [post.id for post in posts]


async def test_a_supervisor_lists_shows_and_discards_and_looking_is_recorded(serving: Serving) -> None:
    await submit(serving, SOCIAL, [[pb.SubmittedEvent(index=1, structured=b"secret rubbish")]])
    stub, metadata = serving.quarantine, bearer(serving, "pctnxh-ha-noi", "supervisor")
    (found,) = (await stub.ListQuarantined(pb.ListQuarantinedRequest(), metadata=metadata)).deliveries
    assert (found.org, found.size, found.problems[0].code) == (SOCIAL, 14, "not_json")
    looks = pb.ShowQuarantinedRequest(quarantine_id=found.quarantine_id, reason="who sent this?")
    shown = await stub.ShowQuarantined(looks, metadata=metadata)
    assert shown.value == b"secret rubbish"
    request = pb.DiscardQuarantinedRequest(quarantine_id=found.quarantine_id, reason="noise")
    told = await stub.DiscardQuarantined(request, metadata=metadata)
    assert told.receipt.verdict == "discarded"
    assert not (await stub.ListQuarantined(pb.ListQuarantinedRequest(), metadata=metadata)).deliveries
    acts = await serving.rows("SELECT act, by FROM quarantine_acts ORDER BY at, act")
    assert acts == [("discarded", "pctnxh-ha-noi/tester"), ("shown", "pctnxh-ha-noi/tester")]


async def test_nobody_looks_without_a_reason(serving: Serving) -> None:
    await submit(serving, SOCIAL, [[pb.SubmittedEvent(index=1, structured=b"secret rubbish")]])
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await serving.quarantine.ShowQuarantined(
            pb.ShowQuarantinedRequest(quarantine_id=1),
            metadata=bearer(serving, "pctnxh-ha-noi", "supervisor"),
        )
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert await serving.rows("SELECT act FROM quarantine_acts") == []


@pytest.mark.parametrize("org", [POLICE, SOCIAL, "cap-my-dinh-1", "csxh-long-bien", "no-such-org"])
async def test_only_a_supervising_organisation_supervises_whatever_a_token_says(
    serving: Serving, org: str
) -> None:
    await submit(serving, SOCIAL, [[pb.SubmittedEvent(index=1, structured=b"secret rubbish")]])
    stub, metadata = serving.quarantine, bearer(serving, org, "supervisor")
    for ask, request in (
        (stub.ListQuarantined, pb.ListQuarantinedRequest()),
        (stub.ShowQuarantined, pb.ShowQuarantinedRequest(quarantine_id=1, reason="curious")),
        (stub.ReleaseQuarantined, pb.ReleaseQuarantinedRequest(quarantine_id=1, reason="curious")),
        (stub.DiscardQuarantined, pb.DiscardQuarantinedRequest(quarantine_id=1, reason="curious")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await ask(request, metadata=metadata)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert await serving.rows("SELECT verdict FROM kept_deliveries") == [("quarantined",)]


async def test_what_an_unknown_agency_sent_is_for_who_supervises_the_province(serving: Serving) -> None:
    await submit(serving, "no-such-org", [[pb.SubmittedEvent(index=1, structured=b"rubbish")]])
    page = await serving.quarantine.ListQuarantined(
        pb.ListQuarantinedRequest(), metadata=bearer(serving, "pctnxh-ha-noi", "supervisor")
    )
    assert [one.org for one in page.deliveries] == ["no-such-org"]


async def test_what_waits_is_listed_longest_first_for_those_who_answer_for_it(serving: Serving) -> None:
    for ref in ("TV-8", "TV-9"):
        await submit(serving, SOCIAL, [[as_item(counselling(SOCIAL, ref))]])
    district, stranger = "dpv-long-bien", "ldtbxh-my-dinh-1"
    for org, role in ((SOCIAL, "agency"), (SOCIAL, "operator"), (district, "operator")):
        assert await waiting(serving, org, role) == ["agency_ref TV-8", "agency_ref TV-9"]
    assert await waiting(serving, stranger, "operator") == []
    assert await waiting(serving, district, "agency") == []
    assert await waiting(serving, SOCIAL, "operator", overdue_only=True) == []
    await serving.rows_changed(
        "UPDATE inbox SET detail = jsonb_set(detail, '{until}', '\"2000-01-01T00:00:00+00:00\"')"
        " WHERE detail->>'waiting_for' = 'agency_ref TV-9'"
    )
    assert await waiting(serving, SOCIAL, "operator", overdue_only=True) == ["agency_ref TV-9"]


async def test_what_waits_for_its_agency_is_listed_for_who_supervises_the_province(serving: Serving) -> None:
    await submit(serving, "no-such-org", [[as_item(contact("no-such-org", "TV-1"))]])
    listed = {
        org: await waiting(serving, org, role)
        for org, role in (
            ("pctnxh-ha-noi", "supervisor"),
            ("dpv-long-bien", "supervisor"),
            (SOCIAL, "operator"),
        )
    }
    assert listed == {"pctnxh-ha-noi": ["agency no-such-org"], "dpv-long-bien": [], SOCIAL: []}


async def test_a_message_of_thousands_of_items_gives_each_its_status(serving: Serving) -> None:
    items = [pb.SubmittedEvent(index=index, structured=b"rubbish %d" % index) for index in range(5_000)]
    statuses = await submit(serving, SOCIAL, [items])
    assert [status.index for status in statuses] == list(range(5_000))
    assert {status.receipt.verdict for status in statuses} == {"quarantined"}


async def test_a_discard_without_a_reason_or_of_nothing_is_refused(serving: Serving) -> None:
    metadata = bearer(serving, "pctnxh-ha-noi", "supervisor")
    for request, code in (
        (pb.DiscardQuarantinedRequest(quarantine_id=1), grpc.StatusCode.INVALID_ARGUMENT),
        (pb.DiscardQuarantinedRequest(quarantine_id=1, reason="x"), grpc.StatusCode.NOT_FOUND),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await serving.quarantine.DiscardQuarantined(request, metadata=metadata)
        assert refused.value.code() is code


async def test_agencies_do_not_look_into_the_quarantine_and_auditors_do_not_post(serving: Serving) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await serving.quarantine.ListQuarantined(
            pb.ListQuarantinedRequest(), metadata=bearer(serving, SOCIAL)
        )
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await submit(serving, "thanh-tra", [[as_item(contact(SOCIAL, "TV-1"))]], role="auditor")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def submit(
    serving: Serving, org: str, messages: Iterable[list[pb.SubmittedEvent]], role: str = "agency"
) -> list[pb.ItemStatus]:
    async def requests() -> AsyncIterator[pb.SubmitEventsRequest]:
        for events in messages:
            yield pb.SubmitEventsRequest(events=events)

    call: Any = serving.intake.SubmitEvents(requests(), metadata=bearer(serving, org, role), timeout=100)
    return [status async for response in call for status in response.statuses]


async def waiting(serving: Serving, org: str, role: str, *, overdue_only: bool = False) -> list[str]:
    """What waits for what, as one reads it a page of one at a time."""
    found, request = [], pb.ListWaitingRequest(page_size=1, overdue_only=overdue_only)
    while True:
        page = await serving.intake.ListWaiting(request, metadata=bearer(serving, org, role))
        found += [one.waiting_for for one in page.waiting]
        assert all(one.overdue or not overdue_only for one in page.waiting)
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


async def watched(serving: Serving, after: int, most: int) -> list[pb.Receipt]:
    call: Any = serving.intake.WatchReceipts(
        pb.WatchReceiptsRequest(after_position=after), metadata=bearer(serving, SOCIAL)
    )
    found: list[pb.Receipt] = []
    async for response in call:
        found.extend(response.receipts)
        if len(found) >= most:
            break
    call.cancel()
    return found[:most]


async def test_receipts_are_listed_by_organisation_and_time_for_who_answers_for_it(serving: Serving) -> None:
    await submit(serving, SOCIAL, [[as_item(registration(SOCIAL, {"agency_ref": "TV-1"}))]])
    metadata = bearer(serving, "dpv-long-bien", "operator")
    found = await serving.intake.ListReceipts(pb.ListReceiptsRequest(org=SOCIAL), metadata=metadata)
    (one,) = found.receipts
    at = one.recorded_at
    for since, until, count in ((at, None, 1), (None, at, 0)):
        asked = pb.ListReceiptsRequest(org=SOCIAL, since=since, until=until)
        page = await serving.intake.ListReceipts(asked, metadata=metadata)
        assert len(page.receipts) == count


@pytest.mark.parametrize(
    ("org", "role"),
    [
        ("dpv-nam-tu-liem", "operator"),
        ("dpv-long-bien", "agency"),
        (POLICE, "operator"),
        ("ubnd-bo-de", "operator"),
    ],
)
async def test_who_does_not_answer_for_an_office_reads_none_of_its_receipts(
    serving: Serving, org: str, role: str
) -> None:
    for asked in (SOCIAL, "no-such-office"):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await serving.intake.ListReceipts(
                pb.ListReceiptsRequest(org=asked), metadata=bearer(serving, org, role)
            )
        assert caught.value.code() is grpc.StatusCode.PERMISSION_DENIED
