"""Histories for auditors, over gRPC."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import grpc
import pytest
from contracts.events import referral
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.reporting.v1 import audit_pb2 as pb
from reftrack.reporting.v1 import status_pb2

from tests.integration.reporting.conftest import World
from tests.unit.reporting.pathway import AUDITOR, CLINIC, POLICE, SOCIAL, SUPERVISOR, at, whole_pathway
from tests.unit.reporting.story import Story, named

CASE = str(named("case", "an"))


@pytest.fixture
async def told(world: World) -> SimpleNamespace:
    story = Story()
    numbers = whole_pathway(story)
    whole_pathway(story, "binh")
    await world.tell(story)
    return SimpleNamespace(story=story, **vars(numbers))


async def replayed(world: World, **moments: Any) -> list[pb.ReplayStep]:
    stamps: dict[str, Any] = {}
    for name, moment in moments.items():
        stamps[name] = Timestamp()
        stamps[name].FromDatetime(moment)
    call = world.audit.ReplayCase(
        pb.ReplayCaseRequest(case_id=CASE, **stamps), **world.by("auditor", AUDITOR)
    )
    return [step async for response in call for step in response.steps]


async def test_a_case_is_played_from_its_first_event_each_step_with_the_state_after_it(
    world: World, told: SimpleNamespace
) -> None:
    steps = await replayed(world)
    own = [entry for entry in told.story.entries() if str(entry.case_id) == CASE]
    assert [step.event.event_id for step in steps] == [entry.event_id for entry in own]
    assert [step.event.value for step in steps] == [entry.value for entry in own]
    states = [json.loads(step.state_json) for step in steps]
    assert states[1]["stage"] == "contacted"
    assert states[-1]["followup_state"] == "under_management"
    assert [each["state"] for each in states[-1]["referrals"]] == ["completed", "requested"]
    assert steps[1].title_vi == "Tiếp cận"


async def test_the_last_state_of_a_replay_is_the_state_that_the_views_show(
    world: World, told: SimpleNamespace
) -> None:
    last = json.loads((await replayed(world))[-1].state_json)
    answer = await world.status.GetCase(
        status_pb2.GetCaseRequest(case_id=CASE), **world.by("auditor", AUDITOR)
    )
    shown = answer.case
    assert (last["stage"], last["commune"], last["district"]) == (shown.stage, shown.commune, shown.district)
    assert last["introduction_number"] == shown.introduction_number
    assert [(r["number"], r["state"], r["version"]) for r in last["referrals"]] == [
        (r.number, r.state, str(r.version)) for r in shown.referrals
    ]
    assert [stay["number"] for stay in last["stays"]] == [stay.number for stay in shown.stays]


async def test_as_of_an_earlier_day_on_either_axis(world: World, told: SimpleNamespace) -> None:
    occurred = json.loads((await replayed(world, occurred_by=at(9)))[-1].state_json)
    assert [each["state"] for each in occurred["referrals"]] == ["in_progress", "requested"]
    assert occurred["followup_state"] == "none"
    third = told.story.entries()[2].recorded_at
    recorded = await replayed(world, recorded_by=third)
    assert len(recorded) == 3


async def test_a_case_that_does_not_exist_is_not_found(world: World) -> None:
    call = world.audit.ReplayCase(
        pb.ReplayCaseRequest(case_id=str(named("case", "nobody"))), **world.by("auditor", AUDITOR)
    )
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call.read()
    assert error.value.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize(
    ("role", "org"), [("operator", SOCIAL), ("supervisor", SUPERVISOR), ("agency", CLINIC)]
)
async def test_only_auditors_replay(world: World, role: str, org: str) -> None:
    call = world.audit.ReplayCase(pb.ReplayCaseRequest(case_id=CASE), **world.by(role, org))
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call.read()
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_the_whole_history_streams_byte_for_byte_and_goes_on_after_a_place(
    world: World, told: SimpleNamespace
) -> None:
    options = world.by("auditor", AUDITOR)
    events = [
        e async for r in world.audit.StreamEvents(pb.StreamEventsRequest(), **options) for e in r.events
    ]
    assert [event.seq for event in events] == list(range(1, len(told.story.records) + 1))
    assert [event.value for event in events] == [record.value for record in told.story.records]
    rest = world.audit.StreamEvents(pb.StreamEventsRequest(after_seq=10), **options)
    assert [e.seq async for r in rest for e in r.events] == [event.seq for event in events[10:]]


async def test_the_stream_narrows_to_types_and_to_a_case(world: World, told: SimpleNamespace) -> None:
    request = pb.StreamEventsRequest(types=[referral.ReferralRequested.TYPE], case_id=CASE)
    call = world.audit.StreamEvents(request, **world.by("auditor", AUDITOR))
    events = [event async for response in call for event in response.events]
    assert [event.type for event in events] == [referral.ReferralRequested.TYPE] * 2
    assert {event.case_id for event in events} == {CASE}


async def test_a_stream_that_follows_goes_on_with_what_is_recorded_later(
    world: World, told: SimpleNamespace
) -> None:
    head = len(told.story.records)
    request = pb.StreamEventsRequest(after_seq=head, follow=True)
    call = world.audit.StreamEvents(request, **world.by("auditor", AUDITOR))
    told.story.referral("an", "an/methadone", referral.LoopClosed(), at=at(21), org=SOCIAL)
    await world.tell(told.story)
    response = await call.read()
    assert [event.seq for event in response.events] == [head + 1]
    call.cancel()


@pytest.mark.parametrize("org", [POLICE, "ubnd-bo-de", "csxh-long-bien", SOCIAL, SUPERVISOR, "nobody-knows"])
async def test_bytes_as_published_are_for_offices_of_auditors(
    world: World, told: SimpleNamespace, org: str
) -> None:
    """An auditor's token does not make a bank or an office of the police an auditor."""
    options = world.by("auditor", org)
    for call in (
        world.audit.ReplayCase(pb.ReplayCaseRequest(case_id=CASE), **options),
        world.audit.StreamEvents(pb.StreamEventsRequest(), **options),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call.read()
        assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
