"""Where cases and referrals stand, asked over gRPC."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import grpc
import pytest
from contracts.events import common, referral
from contracts.vocabulary import Service
from psycopg_pool import AsyncConnectionPool
from reftrack.reporting.v1 import status_pb2 as pb
from reporting.settings import ReportingSettings

from tests.bench.reads import Bare
from tests.integration.reporting.conftest import World
from tests.unit.reporting.pathway import (
    AUDITOR,
    BO_DE,
    CLINIC,
    HIV_CLINIC,
    ME_TRI,
    POLICE,
    SOCIAL,
    SUPERVISOR,
    at,
    numbered,
    reached,
    referred,
    whole_pathway,
)
from tests.unit.reporting.story import Story, named

CASE = str(named("case", "an"))
BANK = "csxh-long-bien"


async def refused(call: object) -> grpc.StatusCode:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await call  # type: ignore[misc]
    return error.value.code()


async def test_the_bare_side_of_the_benchmark_finds_what_the_service_finds(
    world: World, told: SimpleNamespace, settings: ReportingSettings
) -> None:
    request = pb.GetReferralRequest(number=told.methadone)
    seen = (await world.status.GetReferral(request, **world.by("supervisor", SUPERVISOR))).referral
    async with AsyncConnectionPool(settings.postgres_dsn.get_secret_value(), open=False) as pool:
        found = (await Bare(pool).referral(request)).referral
    for ours_alone in ("fhir_status", "fhir_business_status", "moves"):
        seen.ClearField(ours_alone)
    assert found == seen


async def test_a_social_worker_sees_where_the_case_stands(world: World, told: SimpleNamespace) -> None:
    answer = await world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **world.by("operator", SOCIAL))
    case = answer.case
    assert (case.stage, case.commune, case.district, case.followup_state) == (
        "plan_agreed",
        BO_DE,
        "004",
        "under_management",
    )
    assert (case.opened_on, case.closed_on, case.client_group) == ("2019-03-02", "", "drug_user")
    assert case.introduction_number == told.introduction
    assert [item.service for item in case.plan] == ["methadone", "hiv_test"]
    assert [(each.service, each.state) for each in case.referrals] == [
        ("methadone", "completed"),
        ("hiv_test", "requested"),
    ]
    assert [(stay.number, stay.admitted_on, stay.completed_on) for stay in case.stays] == [
        (told.stay, "2019-03-10", "2019-03-25")
    ]
    assert case.seq == len(told.story.records) - 1, "all but the reference that the police bound"


async def test_police_learn_that_the_person_reached_a_social_worker_and_no_health_data(
    world: World, told: SimpleNamespace
) -> None:
    answer = await world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **world.by("operator", POLICE))
    case = answer.case
    assert case.stage == "registered"
    assert case.followup_state == case.client_group == case.client_id == ""
    assert not case.plan
    assert not case.referrals
    assert not case.stays
    assert list(case.agency_refs) == ["LB-an"]
    shown = str(answer)
    assert not any(word in shown for word in ("methadone", "hiv", "detox", CLINIC, HIV_CLINIC, told.stay))


async def test_the_timeline_of_police_tells_of_contact_and_nothing_of_treatment(
    world: World, told: SimpleNamespace
) -> None:
    request = pb.GetTimelineRequest(case_id=CASE)
    answer = await world.status.GetTimeline(request, **world.by("operator", POLICE))
    told_of = [
        (entry.type.split(".")[2], entry.org, entry.actor, {fact.field for fact in entry.facts})
        for entry in answer.entries
    ]
    assert told_of == [
        ("case-opened", POLICE, "w-1", set()),
        ("client-contacted", POLICE, "w-1", {"channel", "commune"}),
        ("client-registered", SOCIAL, "", set()),
        ("agency-reference-bound", POLICE, "w-1", {"org", "agency_ref"}),
        ("client-introduced", POLICE, "w-1", {"to_org", "number"}),
    ]
    handles = {entry.org: ":~" in entry.event_id for entry in answer.entries}
    assert handles == {POLICE: True, SOCIAL: False}, (
        "its own it may void, by a handle that has no place in it"
    )
    assert {entry.event_id for entry in answer.entries if entry.org == SOCIAL} == {""}
    assert "drug_user" not in str(answer)


async def test_the_timeline_speaks_both_languages_and_names_what_it_is_about(
    world: World, told: SimpleNamespace
) -> None:
    options = world.by("operator", SOCIAL)
    first = await world.status.GetTimeline(pb.GetTimelineRequest(case_id=CASE, page_size=5), **options)
    rest = await world.status.GetTimeline(
        pb.GetTimelineRequest(case_id=CASE, page_size=100, page_token=first.next_page_token), **options
    )
    entries = [*first.entries, *rest.entries]
    assert [entry.seq for entry in entries] == sorted({entry.seq for entry in entries})
    assert rest.next_page_token == ""
    screened = next(entry for entry in entries if "client-screened" in entry.type)
    assert (screened.title_vi, screened.title_en) == ("Sàng lọc", "Client screened")
    facts = {fact.field: fact for fact in screened.facts}
    assert json.loads(facts["scores/0/score"].value_json) == 20
    assert facts["risk"].text_vi
    assert facts["risk"].text_vi != facts["risk"].text_en
    moves = [entry for entry in entries if entry.number == told.methadone]
    assert len(moves) == 5


async def test_an_agency_finds_the_case_by_its_own_reference_and_nobody_elses(
    world: World, told: SimpleNamespace
) -> None:
    request = pb.FindCaseRequest(agency_ref="LB-an")
    answer = await world.status.FindCase(request, **world.by("agency", POLICE))
    assert answer.case.case_id == CASE
    stranger = world.status.FindCase(request, **world.by("agency", "cap-me-tri"))
    assert await refused(stranger) is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("kind", ["introduction", "referral", "stay"])
async def test_the_case_is_found_by_each_number_however_it_is_typed(
    world: World, told: SimpleNamespace, kind: str
) -> None:
    number = {"introduction": told.introduction, "referral": told.methadone, "stay": told.stay}[kind]
    request = pb.FindCaseRequest(**{kind: number.lower().replace("-", " ")})
    answer = await world.status.FindCase(request, **world.by("operator", SOCIAL))
    assert answer.case.case_id == CASE
    stranger = world.status.FindCase(request, **world.by("operator", "ldtbxh-me-tri"))
    assert await refused(stranger) is grpc.StatusCode.NOT_FOUND


async def test_a_mistyped_number_is_not_an_unknown_one(world: World, told: SimpleNamespace) -> None:
    wrong = told.methadone[:-1] + ("0" if told.methadone[-1] != "0" else "1")
    options = world.by("operator", SOCIAL)
    mistyped = world.status.GetReferral(pb.GetReferralRequest(number=wrong), **options)
    assert await refused(mistyped) is grpc.StatusCode.INVALID_ARGUMENT
    unknown = world.status.GetReferral(pb.GetReferralRequest(number=numbered("CG", "nobody")), **options)
    assert await refused(unknown) is grpc.StatusCode.NOT_FOUND


async def test_a_referral_says_where_it_stands_which_moves_it_allows_and_its_fhir_status(
    world: World, told: SimpleNamespace
) -> None:
    request = pb.GetReferralRequest(number=told.methadone)
    answer = await world.status.GetReferral(request, **world.by("agency", CLINIC))
    referred = answer.referral
    assert (referred.state, list(referred.moves), referred.fhir_status) == (
        "completed",
        ["close_loop"],
        "completed",
    )
    assert (referred.sender, referred.provider, referred.commune) == (SOCIAL, CLINIC, BO_DE)
    assert (referred.result, referred.version) == ("goal_met", 5)
    assert referred.changed_at.ToDatetime() == at(20).replace(tzinfo=None)
    assert referred.seq > 0


@pytest.mark.parametrize(
    ("role", "org", "sees"),
    [
        ("agency", CLINIC, True),
        ("agency", SOCIAL, True),
        ("agency", POLICE, False),
        ("agency", HIV_CLINIC, False),
        ("operator", HIV_CLINIC, False),
        ("operator", POLICE, False),
        ("operator", "cai-nghien-ha-noi", False),
        ("supervisor", SUPERVISOR, True),
        ("auditor", AUDITOR, True),
    ],
)
async def test_a_referral_is_shown_to_its_parties_and_to_those_whose_case_it_is(
    world: World, told: SimpleNamespace, role: str, org: str, sees: bool
) -> None:
    call = world.status.GetReferral(pb.GetReferralRequest(number=told.methadone), **world.by(role, org))
    if sees:
        assert (await call).referral.number == told.methadone
    else:
        assert await refused(call) is grpc.StatusCode.NOT_FOUND


async def test_work_lists_narrow_by_provider_state_service_and_commune(world: World) -> None:
    story = Story()
    for name, commune in (("an", BO_DE), ("binh", ME_TRI)):
        reached(story, name, commune)
        referred(story, name, Service.METHADONE, CLINIC)
        referred(story, name, Service.HIV_TEST, HIV_CLINIC)
    story.referral("an", "an/methadone", referral.ReferralReceived(), at=at(9), org=CLINIC)
    await world.tell(story)

    async def listed(role: str = "supervisor", org: str = SUPERVISOR, **wanted: object) -> list[str]:
        request = pb.ListReferralsRequest(**wanted)  # type: ignore[arg-type]
        answer = await world.status.ListReferrals(request, **world.by(role, org))
        return [each.number for each in answer.referrals]

    one, two = numbered("CG", "an/methadone"), numbered("CG", "binh/methadone")
    assert len(await listed()) == 4
    assert await listed(provider=CLINIC, states=["received"]) == [one]
    assert await listed(provider=CLINIC) == [one, two]
    assert await listed(service="methadone", commune=ME_TRI) == [two]
    assert set(await listed("operator", CLINIC)) == {one, two}
    assert await listed("operator", CLINIC, provider=HIV_CLINIC) == []


async def test_pages_of_a_work_list_follow_each_other_and_belong_to_their_question(world: World) -> None:
    story = Story()
    for number in range(7):
        reached(story, f"c{number}")
        referred(story, f"c{number}", Service.METHADONE, CLINIC, day=5 + number % 2)
    await world.tell(story)
    options, seen, token = world.by("supervisor", SUPERVISOR), [], ""
    while True:
        request = pb.ListReferralsRequest(page_size=3, page_token=token)
        answer = await world.status.ListReferrals(request, **options)
        seen += [each.number for each in answer.referrals]
        token = answer.next_page_token
        if not token:
            break
        other = pb.ListReferralsRequest(page_size=3, page_token=token, provider=CLINIC)
        assert await refused(world.status.ListReferrals(other, **options)) is grpc.StatusCode.INVALID_ARGUMENT
    assert sorted(seen) == sorted(numbered("CG", f"c{number}/methadone") for number in range(7))
    assert len(seen) == 7


async def test_what_was_just_written_is_read_once_history_and_views_have_it(
    world: World, told: SimpleNamespace
) -> None:
    [closed] = told.story.referral("an", "an/methadone", referral.LoopClosed(), at=at(21), org=SOCIAL)
    request = pb.GetReferralRequest(number=told.methadone, after_event_id=closed.event_id)
    asked = asyncio.ensure_future(world.status.GetReferral(request, **world.by("operator", SOCIAL)))
    await asyncio.sleep(0.2)
    assert not asked.done()
    await world.tell(told.story)
    assert (await asked).referral.state == "closed"


async def test_waiting_for_what_never_comes_ends_with_the_callers_deadline(
    world: World, told: SimpleNamespace
) -> None:
    request = pb.GetCaseRequest(case_id=CASE, after_event_id=f"{CASE}:999")
    call = world.status.GetCase(request, **world.by("operator", SOCIAL, timeout=0.5))
    assert await refused(call) is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_a_watch_shows_the_referral_as_it_is_then_each_change_and_goes_on_where_it_was_cut(
    world: World, told: SimpleNamespace
) -> None:
    options = world.by("operator", SOCIAL)
    watch = world.status.WatchReferral(pb.WatchReferralRequest(number=told.methadone), **options)
    first = (await watch.read()).changes[0]
    assert (first.type, first.referral.state) == ("", "completed")
    told.story.referral("an", "an/methadone", referral.LoopClosed(), at=at(21), org=SOCIAL)
    await world.tell(told.story)
    change = (await watch.read()).changes[0]
    assert (change.type, change.referral.state) == (referral.LoopClosed.TYPE, "closed")
    watch.cancel()
    resumed = world.status.WatchReferral(
        pb.WatchReferralRequest(number=told.methadone, after_seq=first.seq - 1), **options
    )
    assert [c.referral.state for c in (await resumed.read()).changes] == ["completed", "closed"]
    resumed.cancel()


async def test_district_coordinators_see_the_cases_and_referrals_of_their_district(world: World) -> None:
    story = Story()
    reached(story, "an", BO_DE)
    referred(story, "an", Service.METHADONE, CLINIC)
    await world.tell(story)
    number = numbered("CG", "an/methadone")
    for org, sees in (("dpv-long-bien", True), ("dpv-nam-tu-liem", False)):
        options = world.by("operator", org)
        listed = await world.status.ListReferrals(pb.ListReferralsRequest(), **options)
        assert [each.number for each in listed.referrals] == ([number] if sees else [])
        case = world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **options)
        one = world.status.GetReferral(pb.GetReferralRequest(number=number), **options)
        if sees:
            assert (await case).case.case_id == CASE
            assert (await one).referral.number == number
        else:
            assert await refused(case) is grpc.StatusCode.NOT_FOUND
            assert await refused(one) is grpc.StatusCode.NOT_FOUND


async def test_a_code_that_its_list_does_not_have_is_named_instead_of_finding_nothing(world: World) -> None:
    for request in (pb.ListReferralsRequest(states=["acepted"]), pb.ListReferralsRequest(service="detoks")):
        call = world.status.ListReferrals(request, **world.by("supervisor", SUPERVISOR))
        assert await refused(call) is grpc.StatusCode.INVALID_ARGUMENT


async def test_answers_to_events_that_were_not_carried_out_tell_police_nothing(world: World) -> None:
    """Who was refused, in which state, tells of treatment as much as what was carried out."""
    story = Story()
    whole_pathway(story)
    refusal = common.AgencyEventRefused(code="already_recorded", detail={}, state="detox_completed")
    story.followup("an", refusal, org="cai-nghien-ha-noi")
    story.referral("an", "turned away", refusal, org=HIV_CLINIC)
    story.referral("an", "an/hiv_test", refusal, org=HIV_CLINIC)
    await world.tell(story)

    async def refusals(role: str, org: str) -> int:
        answer = await world.status.GetTimeline(pb.GetTimelineRequest(case_id=CASE), **world.by(role, org))
        return sum("refused" in entry.type for entry in answer.entries)

    assert await refusals("operator", POLICE) == 0
    assert await refusals("operator", "ubnd-bo-de") == 1
    assert await refusals("operator", SOCIAL) == 3


async def test_texts_that_no_database_holds_are_bad_input(world: World) -> None:
    options = world.by("supervisor", SUPERVISOR)
    codes = [
        await refused(call)
        for call in (
            world.status.FindCase(pb.FindCaseRequest(agency_ref="LB\0"), **options),
            world.status.GetReferral(pb.GetReferralRequest(number="CG\0"), **options),
            world.status.ListReferrals(pb.ListReferralsRequest(provider="x\0"), **options),
            world.status.GetCase(pb.GetCaseRequest(case_id=CASE, after_event_id="x\0"), **options),
        )
    ]
    assert codes == [grpc.StatusCode.INVALID_ARGUMENT] * 4
