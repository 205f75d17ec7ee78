"""What an organisation has of a case is its own part, whatever its token says and however it asks."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import grpc
from contracts.events import cases, followup, intake, referral
from contracts.vocabulary import CloseReason, Service, SupportKind
from reftrack.reporting.v1 import status_pb2 as pb

from tests.integration.reporting.conftest import World
from tests.integration.reporting.test_status import refused
from tests.unit.reporting.pathway import (
    AUDITOR,
    BO_DE,
    CLINIC,
    HIV_CLINIC,
    ME_TRI,
    POLICE,
    SOCIAL,
    at,
    contacted,
    numbered,
    opened,
    reached,
    referred,
    whole_pathway,
)
from tests.unit.reporting.story import Story, named

CASE = str(named("case", "an"))
BANK = "csxh-long-bien"


async def test_a_provider_that_binds_its_own_reference_sees_its_referral_and_not_the_rest_of_the_case(
    world: World,
) -> None:
    story = Story()
    whole_pathway(story)
    bound = intake.AgencyReferenceBound(org="bhxh-long-bien", agency_ref="BH-7")
    referred(story, "an", Service.HEALTH_INSURANCE_CARD, "bhxh-long-bien")
    story.intake("an", bound, org="bhxh-long-bien")
    await world.tell(story)
    own = [numbered("CG", "an/health_insurance_card")]
    request = pb.FindCaseRequest(agency_ref="BH-7")
    case = (await world.status.FindCase(request, **world.by("operator", "bhxh-long-bien"))).case
    assert (case.case_id, list(case.agency_refs)) == (CASE, ["BH-7"])
    assert [referral.number for referral in case.referrals] == own
    assert (list(case.plan), list(case.stays), case.stage, case.followup_state) == ([], [], "", "")
    for call in (
        world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **world.by("operator", "bhxh-long-bien")),
        world.status.GetTimeline(
            pb.GetTimelineRequest(case_id=CASE), **world.by("operator", "bhxh-long-bien")
        ),
    ):
        assert await refused(call) is grpc.StatusCode.NOT_FOUND


async def test_a_bank_that_reports_a_loan_sees_no_more_of_the_case_than_before(world: World) -> None:
    story = Story()
    whole_pathway(story)
    referred(story, "an", Service.LOAN, BANK)
    lent = followup.SupportProvided(kind=SupportKind.LOAN, amount_vnd=1_000_000)
    story.followup("an", lent, at=at(28), org=BANK)
    await world.tell(story)
    for role in ("operator", "agency", "supervisor", "auditor"):
        options = world.by(role, BANK)
        for call in (
            world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **options),
            world.status.GetTimeline(pb.GetTimelineRequest(case_id=CASE), **options),
            world.status.FindCase(pb.FindCaseRequest(referral=numbered("CG", "an/loan")), **options),
        ):
            assert await refused(call) in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.PERMISSION_DENIED}
        own = pb.GetReferralRequest(number=numbered("CG", "an/loan"))
        assert (await world.status.GetReferral(own, **options)).referral.service == "loan"


async def test_a_token_that_says_supervisor_makes_no_bank_and_no_police_office_one(
    world: World, told: SimpleNamespace
) -> None:
    for org in (BANK, "cap-me-tri", "ldtbxh-me-tri", "nobody-knows"):
        options = world.by("supervisor", org)
        case = world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **options)
        assert await refused(case) is grpc.StatusCode.NOT_FOUND
        listed = await world.status.ListReferrals(pb.ListReferralsRequest(), **options)
        assert not listed.referrals


async def test_of_several_introductions_the_first_one_is_shown_and_each_finds_the_case(
    world: World,
) -> None:
    story = Story()
    reached(story, "an")
    numbers = [numbered("GT", name) for name in ("z", "a", "m")]
    for number in numbers:
        introduced = intake.ClientIntroduced(
            to_org=SOCIAL, instead_of_administrative_file=False, number=number
        )
        story.intake("an", introduced, at=at(6), org=POLICE)
    await world.tell(story)
    for number in numbers:
        request = pb.FindCaseRequest(introduction=number)
        found = await world.status.FindCase(request, **world.by("operator", SOCIAL))
        assert found.case.introduction_number == numbers[0]


async def test_nobody_learns_by_waiting_for_an_event_whether_somebody_else_recorded_it(
    world: World, told: SimpleNamespace
) -> None:
    """Events are numbered within a case: who could wait for others' could count what is hidden."""
    for org in ("ubnd-bo-de", POLICE, "nobody-knows"):
        request = pb.GetCaseRequest(case_id=CASE, after_event_id=f"{CASE}:5")
        call = world.status.GetCase(request, **world.by("operator", org, timeout=0.5))
        assert await refused(call) is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_watch_ends_when_its_organisation_does(world: World, told: SimpleNamespace) -> None:
    watch = world.status.WatchReferral(
        pb.WatchReferralRequest(number=told.methadone), **world.by("operator", "dpv-long-bien")
    )
    assert (await watch.read()).changes
    world.set_clock(datetime(2025, 7, 1, tzinfo=UTC))
    told.story.referral("an", "an/methadone", referral.LoopClosed(), at=at(21), org=SOCIAL)
    await world.tell(told.story)
    assert await refused(watch.read()) is grpc.StatusCode.PERMISSION_DENIED


async def test_a_later_case_of_the_same_person_is_not_told_to_who_knew_the_earlier_one(world: World) -> None:
    story = Story()
    whole_pathway(story)
    for org, ref in ((BANK, "NH-1"), (CLINIC, "MT-1")):
        story.intake("an", intake.AgencyReferenceBound(org=org, agency_ref=ref), at=at(9), org=org)
    story.intake("an", cases.CaseClosed(reason=CloseReason.GOALS_MET), at=at(29), org=SOCIAL)
    again = (opened("an"), contacted(ME_TRI))
    story.intake("later", *again, at=at(2, 6), org="cap-me-tri")
    await world.tell(story)
    for org, ref in ((POLICE, "LB-an"), (BANK, "NH-1"), (CLINIC, "MT-1")):
        for role in ("operator", "agency"):
            request = pb.FindCaseRequest(agency_ref=ref)
            found = (await world.status.FindCase(request, **world.by(role, org))).case
            assert (found.case_id, found.commune) == (CASE, BO_DE)
    request = pb.FindCaseRequest(agency_ref="LB-an")
    stranger = world.status.FindCase(request, **world.by("agency", "cap-me-tri"))
    assert await refused(stranger) is grpc.StatusCode.NOT_FOUND


async def test_places_tell_an_office_nothing_of_how_much_happens_in_the_cases_of_others(
    world: World, told: SimpleNamespace
) -> None:
    for day, name in enumerate(("binh", "chi"), 21):
        whole_pathway(told.story, name)
        told.story.intake("an", intake.BriefInterventionGiven(minutes=15), at=at(day), org=SOCIAL)
        told.story.referral("an", "an/hiv_test", referral.ReferralReceived(), at=at(day), org=HIV_CLINIC)
    await world.tell(told.story)
    status, number = world.status, numbered("CG", "an/hiv_test")
    for role, org in (("operator", SOCIAL), ("operator", POLICE), ("operator", "dpv-long-bien")):
        by = world.by(role, org)
        first = await status.GetTimeline(pb.GetTimelineRequest(case_id=CASE, page_size=3), **by)
        rest = pb.GetTimelineRequest(case_id=CASE, page_token=first.next_page_token)
        places = [each.seq for each in (*first.entries, *(await status.GetTimeline(rest, **by)).entries)]
        assert places == list(range(1, len(places) + 1))
        assert (await status.GetCase(pb.GetCaseRequest(case_id=CASE), **by)).case.seq == len(places)
    for role, org, counted in (("operator", HIV_CLINIC, [3, 2, 3]), ("auditor", AUDITOR, [])):
        by = world.by(role, org)
        found = (await status.GetReferral(pb.GetReferralRequest(number=number), **by)).referral
        watch = status.WatchReferral(pb.WatchReferralRequest(number=number, after_seq=1), **by)
        changes = (await watch.read()).changes
        watch.cancel()
        told_of = [found.seq, *(each.seq for each in changes)]
        assert told_of == counted if counted else min(told_of) > 3


async def test_a_watch_begins_anew_after_a_place_that_there_is_not(
    world: World, told: SimpleNamespace
) -> None:
    """As one that was told to a caller who was told places in the history then."""
    options = world.by("operator", SOCIAL)
    asked = pb.WatchReferralRequest(number=told.methadone, after_seq=10_000)
    watch = world.status.WatchReferral(asked, **options)
    first = (await watch.read()).changes[0]
    assert (first.type, first.referral.state, first.seq) == ("", "completed", 5)
    told.story.referral("an", "an/methadone", referral.LoopClosed(), at=at(21), org=SOCIAL)
    await world.tell(told.story)
    assert [each.seq for each in (await watch.read()).changes] == [6]
    watch.cancel()
