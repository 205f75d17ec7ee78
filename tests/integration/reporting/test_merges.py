"""Two people found to be one, and found not to be: figures, cases, referrals and stays follow, both ways."""

from __future__ import annotations

from datetime import date
from typing import Any

import grpc
import pytest
from contracts.events import intake
from contracts.events.cases import ClientMoved
from contracts.vocabulary import Service
from reftrack.reporting.v1 import report_pb2
from reftrack.reporting.v1 import status_pb2 as pb

from tests.integration.reporting.conftest import World
from tests.integration.reporting.test_reports import figures_of, run
from tests.unit.reporting.corrected import merged, unmerged
from tests.unit.reporting.pathway import (
    BO_DE,
    CLINIC,
    ME_TRI,
    SOCIAL,
    SUPERVISOR,
    at,
    contacted,
    opened,
    reached,
    referred,
    registered,
    whole_pathway,
)
from tests.unit.reporting.story import Story, named

BY_COMMUNE: dict[str, Any] = {"by": report_pb2.AREA_COMMUNE}
OTHER_SOCIAL = "ldtbxh-me-tri"


@pytest.fixture
def story() -> Story:
    """An of Bo De and Binh of Me Tri, each with a reference of an office of the ward and a referral."""
    told = Story()
    whole_pathway(told, "an")
    reached(told, "binh", ME_TRI, day=6)
    referred(told, "binh", Service.METHADONE, CLINIC, day=8)
    for name, org in (("an", SOCIAL), ("binh", OTHER_SOCIAL)):
        bound = intake.AgencyReferenceBound(org=org, agency_ref=f"ref-{name}")
        told.intake(name, bound, at=at(9), org=org)
    told.intake("binh", registered(ME_TRI), at=at(9), org=OTHER_SOCIAL)
    return told


async def case_of(world: World, name: str, role: str = "supervisor", org: str = SUPERVISOR) -> pb.Case:
    request = pb.GetCaseRequest(case_id=str(named("case", name)))
    seen: pb.Case = (await world.status.GetCase(request, **world.by(role, org))).case
    return seen


async def found(world: World, ref: str, org: str) -> pb.Case:
    request = pb.FindCaseRequest(agency_ref=ref)
    seen: pb.Case = (await world.status.FindCase(request, **world.by("operator", org))).case
    return seen


async def test_people_are_counted_once_while_they_are_known_to_be_one(world: World, story: Story) -> None:
    await world.tell(story)
    before = await run(world, **BY_COMMUNE)
    merged(story, "an", "binh")
    await world.tell(story)
    joined = await run(world, **BY_COMMUNE)
    unmerged(story, "an", "binh")
    await world.tell(story)
    after = await run(world, **BY_COMMUNE)
    assert figures_of(before)["clients_reached", "", ""] == 2
    assert figures_of(joined)["clients_reached", "", ""] == 1
    assert figures_of(joined)["referred_to", "", "methadone"] == 1
    assert figures_of(joined)["clients_reached", BO_DE, ""] == 1
    assert figures_of(joined).get(("clients_reached", ME_TRI, ""), 0) == 0
    assert figures_of(after) == figures_of(before)
    for answer in (before, joined, after):
        assert await run(world, seq=answer.seq, **BY_COMMUNE) == answer
        assert figures_of(await run(world, known_at=answer.known_at, **BY_COMMUNE)) == figures_of(answer)


async def test_the_case_that_goes_on_shows_the_others_referrals_and_stays_until_they_part(
    world: World, story: Story
) -> None:
    await world.tell(story)
    alone = {name: await case_of(world, name) for name in ("an", "binh")}
    merged(story, "binh", "an")
    await world.tell(story)
    gone, kept = await case_of(world, "an"), await case_of(world, "binh")
    assert (gone.stage, gone.goes_on_in) == ("closed", str(named("case", "binh")))
    assert list(kept.merged_cases) == [str(named("case", "an"))]
    assert {each.number for each in kept.referrals} == {
        each.number for one in alone.values() for each in one.referrals
    }
    assert [each.number for each in kept.stays] == [each.number for each in alone["an"].stays]
    unmerged(story, "binh", "an")
    await world.tell(story)
    for name, was in alone.items():
        case = await case_of(world, name)
        assert (case.stage, case.referrals, case.stays) == (was.stage, was.referrals, was.stays)
        assert (case.goes_on_in, list(case.merged_cases), case.closed_on) == ("", [], "")


async def test_a_reference_of_either_finds_the_open_case_for_who_took_the_person_up(
    world: World, story: Story
) -> None:
    merged(story, "an", "binh")
    await world.tell(story)
    for ref, org in (("ref-an", SOCIAL), ("ref-binh", OTHER_SOCIAL)):
        assert (await found(world, ref, org)).case_id == str(named("case", "an"))
    unmerged(story, "an", "binh")
    await world.tell(story)
    for name, org in (("an", SOCIAL), ("binh", OTHER_SOCIAL)):
        assert (await found(world, f"ref-{name}", org)).case_id == str(named("case", name))
    with pytest.raises(grpc.aio.AioRpcError):
        await case_of(world, "an", "operator", OTHER_SOCIAL)


async def test_who_registered_one_in_the_others_case_sees_both_while_they_are_one_and_then_that_one_alone(
    world: World, story: Story
) -> None:
    third = "ldtbxh-duc-giang"

    async def sees(name: str) -> bool:
        try:
            return bool((await case_of(world, name, "operator", third)).stage)
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.NOT_FOUND:
                raise
            return False

    merged(story, "an", "binh")
    story.intake("an", registered(ME_TRI), at=at(12), org=third, client=named("client", "binh"))
    await world.tell(story)
    assert [await sees("an"), await sees("binh")] == [True, True]
    unmerged(story, "an", "binh")
    await world.tell(story)
    assert [await sees("an"), await sees("binh")] == [False, True]


async def test_the_history_of_the_case_that_goes_on_is_that_of_both(world: World, story: Story) -> None:
    merged(story, "an", "binh")
    await world.tell(story)
    request = pb.GetTimelineRequest(case_id=str(named("case", "an")), page_size=500)
    told = (await world.status.GetTimeline(request, **world.by("supervisor", SUPERVISOR))).entries
    assert {each.case_id for each in told} == {str(named("case", name)) for name in ("an", "binh")}
    assert [each.seq for each in told] == sorted(each.seq for each in told)
    types = [each.type for each in told]
    assert types.count("org.reftrack.clients-merged.v1") == 2


async def test_what_the_case_of_the_other_took_counts_for_whom_it_was_told_when_they_part(
    world: World,
) -> None:
    """Of binh nothing but the opening of a case is told, until the case of an takes it."""
    story = Story()
    reached(story, "an")
    story.intake("binh", opened("binh"), at=at(2), org=OTHER_SOCIAL)
    merged(story, "an", "binh")
    for told in (contacted(ME_TRI), registered(ME_TRI)):
        story.intake("an", told, at=at(9), org=OTHER_SOCIAL, client=named("client", "binh"))
    await world.tell(story)
    assert figures_of(await run(world))["clients_reached", "", ""] == 1
    unmerged(story, "an", "binh")
    await world.tell(story)
    assert figures_of(await run(world))["clients_reached", "", ""] == 2
    assert (await case_of(world, "an")).commune == BO_DE


async def test_a_plan_or_move_told_of_the_other_is_never_shown_as_the_cases_own(
    world: World, story: Story
) -> None:
    await world.tell(story)
    own = (await case_of(world, "an")).plan
    assert own
    merged(story, "an", "binh")
    theirs = intake.PlanAgreed(items=(intake.PlanItem(service=Service.HIV_TREATMENT),))
    gone = ClientMoved(to_commune="00625", notified_on=date(2019, 3, 1))
    for told in (theirs, gone):
        story.intake("an", told, at=at(12), org=OTHER_SOCIAL, client=named("client", "binh"))
    unmerged(story, "an", "binh")
    await world.tell(story)
    shown = await case_of(world, "an")
    assert (shown.plan, shown.moved_to) == (own, "")


async def test_chains_and_circles_of_merges_are_undone_edge_by_edge(world: World) -> None:
    story = Story()
    for name in ("an", "binh", "chi"):
        reached(story, name)
    merged(story, "an", "binh")
    merged(story, "binh", "chi")
    merged(story, "chi", "an")
    await world.tell(story)
    assert figures_of(await run(world))["clients_reached", "", ""] == 1
    unmerged(story, "binh", "chi")
    await world.tell(story)
    assert figures_of(await run(world))["clients_reached", "", ""] == 1
    unmerged(story, "chi", "an")
    await world.tell(story)
    assert figures_of(await run(world))["clients_reached", "", ""] == 2
    merged(story, "an", "chi", times=2)
    await world.tell(story)
    assert figures_of(await run(world))["clients_reached", "", ""] == 1


async def test_a_figure_opens_into_the_facts_with_the_clients_for_whom_they_were_recorded(
    world: World, story: Story
) -> None:
    merged(story, "an", "binh")
    await world.tell(story)
    request = report_pb2.ExplainFigureRequest(
        indicator_id="screened_with_brief_intervention", period_from="2019-01-01", period_to="2019-12-31"
    )
    facts = (await world.report.ExplainFigure(request, **world.by("supervisor", SUPERVISOR))).facts
    assert {each.client_id for each in facts} == {str(named("client", name)) for name in ("an", "binh")}
