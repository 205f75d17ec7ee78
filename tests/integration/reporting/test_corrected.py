"""What was voided or corrected counts no more, and stays visible: figures, status, history, replay."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.base import Payload
from contracts.events import followup, intake, referral
from contracts.vocabulary import DetoxKind
from reftrack.reporting.v1 import audit_pb2
from reftrack.reporting.v1 import status_pb2 as pb
from reporting.pathway.entry import Entry

from tests.integration.reporting.conftest import World
from tests.integration.reporting.test_reports import figures_of, run, stamp
from tests.unit.reporting.corrected import OFFICE, voided
from tests.unit.reporting.pathway import AUDITOR, ME_TRI, POLICE, SUPERVISOR, at, contacted, whole_pathway
from tests.unit.reporting.story import Story, named

CASE = str(named("case", "an"))


@pytest.fixture
def story() -> Story:
    told = Story()
    whole_pathway(told)
    return told


def event(story: Story, wanted: type[Payload]) -> Entry:
    return next(entry for entry in story.entries() if entry.type == wanted.TYPE)


async def timeline(world: World, role: str = "supervisor", org: str = SUPERVISOR) -> list[Any]:
    request = pb.GetTimelineRequest(case_id=CASE, page_size=500)
    return list((await world.status.GetTimeline(request, **world.by(role, org))).entries)


async def case(world: World) -> pb.Case:
    request = pb.GetCaseRequest(case_id=CASE)
    seen: pb.Case = (await world.status.GetCase(request, **world.by("supervisor", SUPERVISOR))).case
    return seen


async def states(world: World, **as_of: Any) -> list[dict[str, Any]]:
    call = world.audit.ReplayCase(
        audit_pb2.ReplayCaseRequest(case_id=CASE, **as_of), **world.by("auditor", AUDITOR)
    )
    return [json.loads(step.state_json) async for answer in call for step in answer.steps]


async def test_a_voided_fact_counts_until_the_report_knows_of_it_and_a_corrected_one_from_then_on(
    world: World, story: Story
) -> None:
    await world.tell(story)
    before = await run(world)
    voided(story, "an", event(story, intake.ClientContacted), contacted(ME_TRI), at=at(2))
    await world.tell(story)
    corrected = await run(world, by=1)
    voided(story, "an", event(story, intake.PlanAgreed))
    await world.tell(story)
    after = await run(world)
    assert figures_of(before)["plans_agreed", "", ""] == figures_of(corrected)["plans_agreed", "", ""] == 1
    assert figures_of(after)["plans_agreed", "", ""] == 0
    assert figures_of(after)["clients_reached", "", ""] == 1
    assert (await case(world)).commune == ME_TRI
    for answer in (before, after):
        assert await run(world, seq=answer.seq) == answer
        assert figures_of(await run(world, known_at=answer.known_at)) == figures_of(answer)


async def test_both_are_seen_the_wrong_one_marked_with_who_when_why_and_what_replaced_it(
    world: World, story: Story
) -> None:
    wrong = event(story, intake.ClientContacted)
    void, right = voided(story, "an", wrong, contacted(ME_TRI))
    await world.tell(story)
    told = {entry.event_id: entry for entry in await timeline(world)}
    assert set(told) >= {wrong.event_id, void.event_id, right.event_id}
    mark = told[wrong.event_id].voided
    assert (mark.org, mark.actor, mark.reason) == (OFFICE, "w-1", "wrong_data")
    assert (mark.reason_vi, mark.reason_en) != ("", "")
    assert mark.recorded_at == stamp(void.recorded_at)
    assert mark.replaced_by == told[right.event_id].seq
    assert not told[right.event_id].HasField("voided")


async def test_who_sees_the_event_sees_that_it_was_voided_and_nobody_else_does(
    world: World, story: Story
) -> None:
    voided(story, "an", event(story, intake.ClientContacted), contacted(ME_TRI))
    voided(story, "an", event(story, intake.PlanAgreed))
    await world.tell(story)
    told = await timeline(world, "operator", POLICE)
    voids = [entry for entry in told if entry.type == "org.reftrack.event-voided.v1"]
    assert len(voids) == 1
    assert [fact.field for fact in voids[0].facts] == ["reason"]
    assert "org.reftrack.plan-agreed.v1" not in {entry.type for entry in told}


async def test_a_voided_request_ends_its_referral_and_a_voided_move_takes_it_back(
    world: World, story: Story
) -> None:
    voided(story, "an", event(story, referral.ServiceCompleted))
    await world.tell(story)
    by_state = {each.service: each.state for each in (await case(world)).referrals}
    assert by_state["methadone"] == "in_progress"
    voided(story, "an", event(story, referral.ReferralRequested))
    await world.tell(story)
    [methadone] = [each for each in (await case(world)).referrals if each.service == "methadone"]
    assert (methadone.state, methadone.fhir_status, list(methadone.moves)) == (
        "voided",
        "entered-in-error",
        [],
    )
    request = pb.GetReferralRequest(number=methadone.number)
    found = await world.status.GetReferral(request, **world.by("supervisor", SUPERVISOR))
    assert found.referral.state == "voided"


async def test_a_stay_that_is_corrected_keeps_its_completion(world: World, story: Story) -> None:
    wrong = event(story, followup.DetoxAdmitted)
    right = wrong.data.model_copy(update={"kind": DetoxKind.COMPULSORY})
    voided(story, "an", wrong, right, at=at(9))
    await world.tell(story)
    [stay] = (await case(world)).stays
    assert (stay.kind, stay.admitted_on, stay.completed_on) == ("compulsory", "2019-03-09", "2019-03-25")


async def test_a_replay_shows_what_was_thought_until_the_voiding_and_what_is_known_since(
    world: World, story: Story
) -> None:
    last = story.entries()[-1]
    voided(story, "an", event(story, intake.ClientContacted), contacted(ME_TRI), at=at(2))
    await world.tell(story)
    known_then = await states(world, recorded_by=stamp(last.recorded_at))
    known_now = await states(world)
    assert {state.get("commune") for state in known_then[1:]} == {"00139"}
    assert known_now[: len(known_then)] == known_then
    assert known_now[-1]["commune"] == ME_TRI
    then_in_the_world = await states(world, occurred_by=stamp(at(2)))
    assert then_in_the_world[-1]["commune"] == ME_TRI
