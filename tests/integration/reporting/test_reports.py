"""Indicators over gRPC, against a count of our own that shares no code with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import grpc
import pytest
from contracts.events import intake, referral, screening
from contracts.vocabulary import Service
from google.protobuf.timestamp_pb2 import Timestamp
from reftrack.reporting.v1 import report_pb2 as pb

from tests.integration.reporting.conftest import World
from tests.unit.reporting.pathway import (
    BO_DE,
    CLINIC,
    HIV_CLINIC,
    INTERVENED,
    ME_TRI,
    NGOC_LAM,
    POLICE,
    SCREENED,
    SOCIAL,
    SUPERVISOR,
    at,
    contacted,
    opened,
    planned,
    reached,
    referred,
    registered,
)
from tests.unit.reporting.story import Story, named

YEAR: dict[str, Any] = {"period_from": "2019-01-01", "period_to": "2019-12-10"}
TRAINING = "day-nghe-long-bien"


def figures_of(answer: pb.RunReportResponse) -> dict[tuple[str, str, str], int]:
    return {(f.indicator_id, f.area, f.row): f.value for f in answer.figures}


def stamp(moment: datetime) -> Timestamp:
    message = Timestamp()
    message.FromDatetime(moment)
    return message


async def run(
    world: World, *, role: str = "supervisor", org: str = SUPERVISOR, **wanted: object
) -> pb.RunReportResponse:
    request = pb.RunReportRequest(**{**YEAR, **wanted})
    answer: pb.RunReportResponse = await world.report.RunReport(request, **world.by(role, org))
    return answer


@pytest.fixture
def story() -> Story:
    """Two people in Bo De, one in Ngoc Lam (both Long Bien), one in Me Tri (Nam Tu Liem)."""
    told = Story()
    for name, commune in (("an", BO_DE), ("binh", BO_DE), ("chi", NGOC_LAM), ("dung", ME_TRI)):
        reached(told, name, commune)
        referred(told, name, Service.HIV_TEST, HIV_CLINIC)
    referred(told, "an", Service.VOCATIONAL_TRAINING, TRAINING)
    referred(told, "an", Service.JOB_PLACEMENT, "viec-lam-ha-noi")
    referred(told, "dung", Service.JOB_PLACEMENT, "viec-lam-ha-noi")
    return told


async def test_figures_are_divided_by_district_and_by_commune_and_add_up(world: World, story: Story) -> None:
    await world.tell(story)
    by_district = figures_of(await run(world, by=pb.AREA_DISTRICT))
    assert by_district["clients_reached", "", ""] == 4
    assert by_district["clients_reached", "004", ""] == 3
    assert by_district["clients_reached", "019", ""] == 1
    by_commune = figures_of(await run(world, by=pb.AREA_COMMUNE))
    assert by_commune["clients_reached", BO_DE, ""] == 2
    assert by_commune["plans_agreed", ME_TRI, ""] == 1


async def test_each_person_counts_once_for_training_or_job_but_once_in_each_services_row(
    world: World, story: Story
) -> None:
    await world.tell(story)
    answer = await run(world)
    figures = figures_of(answer)
    assert figures["referred_to_training_or_job", "", ""] == 2
    assert figures["referred_to", "", "vocational_training"] == 1
    assert figures["referred_to", "", "job_placement"] == 2
    assert figures["referred_to", "", "hiv_test"] == 4
    [share] = [f for f in answer.figures if f.indicator_id == "referred_to_training_or_job"]
    assert (share.of, share.percent) == (4, 50.0)
    rows = [f.row for f in answer.figures if f.indicator_id == "referred_to"]
    assert rows == ["hiv_test", "vocational_training", "job_placement"]


async def test_screening_alone_does_not_count_as_screened_with_brief_intervention(world: World) -> None:
    told = Story()
    told.intake("an", opened("an"), contacted(), SCREENED, at=at(2), org=SOCIAL)
    told.intake("binh", opened("binh"), contacted(), SCREENED, INTERVENED, at=at(2), org=SOCIAL)
    await world.tell(told)
    assert figures_of(await run(world))["screened_with_brief_intervention", "", ""] == 1


async def test_a_person_with_two_cases_is_one_person_in_the_commune_of_the_first_contact(
    world: World,
) -> None:
    told = Story()
    told.intake("first", opened("an"), contacted(BO_DE), at=at(2), org=POLICE)
    told.intake("second", opened("an"), contacted(ME_TRI), planned(Service.LOAN), at=at(9), org=POLICE)
    await world.tell(told)
    figures = figures_of(await run(world, by=pb.AREA_COMMUNE))
    assert figures["clients_reached", "", ""] == 1
    assert figures["plans_agreed", BO_DE, ""] == 1
    assert ("plans_agreed", ME_TRI, "") not in figures


async def test_a_walk_in_counts_as_reached_at_the_residence(world: World) -> None:
    told = Story()
    told.intake("an", opened("an"), registered(NGOC_LAM), at=at(2), org=SOCIAL)
    await world.tell(told)
    figures = figures_of(await run(world, by=pb.AREA_COMMUNE))
    assert figures["clients_reached", NGOC_LAM, ""] == 1


async def test_the_days_of_the_period_are_those_of_ha_noi(world: World) -> None:
    told = Story()
    last_evening = datetime(2019, 12, 10, 16, 59, tzinfo=UTC)
    told.intake("an", opened("an"), contacted(), at=last_evening)
    told.intake("binh", opened("binh"), contacted(), at=datetime(2019, 12, 10, 17, 0, tzinfo=UTC))
    await world.tell(told)
    assert figures_of(await run(world))["clients_reached", "", ""] == 1


async def test_what_was_told_late_is_not_in_a_report_as_known_before_and_explains_the_difference(
    world: World, story: Story
) -> None:
    late = datetime(2020, 1, 15, tzinfo=UTC)
    story.intake("em", opened("em"), contacted(ME_TRI), at=at(20), org=POLICE, recorded_at=late)
    await world.tell(story)
    known_at = stamp(datetime(2019, 12, 10, tzinfo=UTC))
    then, now = await run(world, known_at=known_at), await run(world)
    assert figures_of(then)["clients_reached", "", ""] == 4
    assert figures_of(now)["clients_reached", "", ""] == 5
    assert then.known_at == known_at
    assert now.known_at.ToDatetime() == story.recorded.replace(tzinfo=None)
    request = pb.ExplainFigureRequest(indicator_id="clients_reached", not_known_at=known_at, **YEAR)
    answer = await world.report.ExplainFigure(request, **world.by("supervisor", SUPERVISOR))
    [fact] = answer.facts
    assert (fact.client_id, fact.commune, fact.org) == (str(named("client", "em")), ME_TRI, POLICE)
    assert fact.type == intake.ClientContacted.TYPE


async def test_an_earlier_contact_told_late_moves_the_person_only_in_reports_that_knew_of_it(
    world: World,
) -> None:
    told = Story()
    told.intake("an", opened("an"), contacted(BO_DE), at=at(9))
    told.intake("an", contacted(ME_TRI), at=at(1), recorded_at=datetime(2020, 1, 15, tzinfo=UTC))
    await world.tell(told)
    then = await run(world, by=pb.AREA_COMMUNE, known_at=stamp(datetime(2019, 12, 10, tzinfo=UTC)))
    now = await run(world, by=pb.AREA_COMMUNE)
    assert figures_of(then)["clients_reached", BO_DE, ""] == 1
    assert figures_of(now)["clients_reached", ME_TRI, ""] == 1


async def test_a_figure_opens_into_exactly_the_facts_that_it_counts_page_by_page(
    world: World, story: Story
) -> None:
    await world.tell(story)
    options, clients, token = world.by("supervisor", SUPERVISOR), [], ""
    while True:
        request = pb.ExplainFigureRequest(
            indicator_id="referred_to", row="hiv_test", area="004", by=pb.AREA_DISTRICT, page_size=2,
            page_token=token, **YEAR,
        )  # fmt: skip
        answer = await world.report.ExplainFigure(request, **options)
        clients += [fact.client_id for fact in answer.facts]
        token = answer.next_page_token
        if not token:
            break
    assert sorted(clients) == sorted(str(named("client", name)) for name in ("an", "binh", "chi"))


async def test_an_operator_counts_its_own_area_only(world: World, story: Story) -> None:
    await world.tell(story)
    own = figures_of(await run(world, role="operator", org=SOCIAL))
    assert own["clients_reached", "", ""] == 2
    district = figures_of(await run(world, role="operator", org="dpv-long-bien", by=pb.AREA_COMMUNE))
    assert district["clients_reached", "", ""] == 3
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await run(world, role="operator", org=SOCIAL, communes=[ME_TRI])
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_police_may_not_open_a_figure_about_health(world: World, story: Story) -> None:
    await world.tell(story)
    request = pb.ExplainFigureRequest(indicator_id="screened_with_brief_intervention", **YEAR)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.report.ExplainFigure(request, **world.by("operator", POLICE))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_definitions_are_listed_with_numerator_and_denominator_in_both_languages(world: World) -> None:
    answer = await world.report.ListIndicators(
        pb.ListIndicatorsRequest(on="2019-12-10"), **world.by("operator", SOCIAL)
    )
    found = {each.indicator_id: each for each in answer.indicators}
    assert found["plans_agreed"].denominator == "clients_reached"
    assert found["referred_to"].rows == "Service"
    assert all(each.title_vi and each.title_en and each.numerator_vi for each in answer.indicators)


async def test_figures_equal_a_count_by_hand_over_a_generated_history(world: World) -> None:
    told = generated(people=60)
    await world.tell(told)
    for known_at in (datetime(2019, 1, 7, 4, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)):
        answer = await run(world, by=pb.AREA_COMMUNE, known_at=stamp(known_at))
        found = {(f.indicator_id, f.area, f.row): f.value for f in answer.figures if f.area and f.value}
        assert found == counted_by_hand(told, known_at)


def generated(people: int) -> Story:
    """People with every mixture of steps, communes and days in and out of the period, by arithmetic."""
    told = Story()
    for n in range(people):
        name, client = f"p{n}", f"p{n - n % 7 // 6}"
        commune = (BO_DE, NGOC_LAM, ME_TRI)[n % 3]
        told.intake(name, opened(client), at=at(1))
        if n % 5:
            told.intake(name, contacted(commune), at=at(1 + n % 28, 1 + n % 12, 2019 + n % 2))
        told.intake(name, registered(commune), at=at(1 + n % 28, 12, 2019))
        for step, every in ((SCREENED, 2), (INTERVENED, 3), (planned(Service.LOAN), 4)):
            if n % every == 0:
                told.intake(name, step, at=at(1 + n % 28, 1 + n * every % 12))
        for service in list(Service)[n % 4 :: 6]:
            referred(told, name, service, CLINIC, day=1 + n % 20)
    return told


def counted_by_hand(told: Story, known_at: datetime) -> dict[tuple[str, str, str], int]:
    """The same figures by commune in plain Python, from the definitions' words."""
    entries = [entry for entry in told.entries() if entry.recorded_at <= known_at]
    clients = {e.case_id: e.data.client_id for e in told.entries() if isinstance(e.data, intake.CaseOpened)}
    facts: dict[object, list[tuple[datetime, datetime, str, object]]] = defaultdict(list)
    for e in entries:
        facts[clients[e.case_id]].append((e.occurred_at, e.recorded_at, e.event_id, e.data))
    people: dict[tuple[str, str, str], set[object]] = defaultdict(set)
    for client, own in facts.items():
        own.sort(key=lambda fact: fact[:3])
        contacts = [f for f in own if isinstance(f[3], intake.ClientContacted)]
        walk_ins = [f for f in own if isinstance(f[3], intake.ClientRegistered)]
        first = next(iter(contacts or walk_ins), None)
        if first is None:
            continue
        commune = first[3].commune if contacts else first[3].residence_commune  # type: ignore[attr-defined]
        for indicator, row in _marks([f[3] for f in own if _within(f[0])], reached=_within(first[0])):
            people[indicator, str(commune), row].add(client)
    return {cell: len(who) for cell, who in people.items()}


def _within(moment: datetime) -> bool:
    day = moment.astimezone(ZoneInfo("Asia/Ho_Chi_Minh")).date()
    return date(2019, 1, 1) <= day <= date(2019, 12, 10)


def _marks(data: list[object], *, reached: bool) -> Iterable[tuple[str, str]]:
    if reached:
        yield "clients_reached", ""
    kinds = {type(each) for each in data}
    if intake.ClientRegistered in kinds:
        yield "clients_received", ""
    if {screening.ClientScreened, intake.BriefInterventionGiven} <= kinds:
        yield "screened_with_brief_intervention", ""
    if intake.PlanAgreed in kinds:
        yield "plans_agreed", ""
    for each in data:
        if isinstance(each, referral.ReferralRequested):
            yield "referred_to", str(each.service)
            if each.service in (Service.VOCATIONAL_TRAINING, Service.JOB_PLACEMENT):
                yield "referred_to_training_or_job", ""


async def test_as_occurred_by_a_day_what_happened_later_in_the_period_does_not_count(world: World) -> None:
    told = Story()
    told.intake("an", opened("an"), contacted(), at=at(2))
    told.intake("binh", opened("binh"), contacted(), at=at(9))
    await world.tell(told)
    assert figures_of(await run(world, occurred_by=stamp(at(5))))["clients_reached", "", ""] == 1
    assert figures_of(await run(world))["clients_reached", "", ""] == 2


@pytest.mark.parametrize("org", ["viec-lam-ha-noi", "csxh-long-bien", HIV_CLINIC, "tyt-bo-de", POLICE])
async def test_who_answers_for_no_area_counts_nobody(world: World, story: Story, org: str) -> None:
    """A day and a commune narrow a figure down to one person whom they know."""
    await world.tell(story)
    for role in ("operator", "supervisor", "auditor"):
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await run(world, role=role, org=org)
        assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_rows_of_hiv_services_are_not_shown_to_the_commune_authority(
    world: World, story: Story
) -> None:
    referred(story, "an", Service.METHADONE, "methadone-long-bien")
    await world.tell(story)
    shown = figures_of(await run(world, role="operator", org="ubnd-bo-de"))
    rows = {row for indicator, _, row in shown if indicator == "referred_to"}
    assert rows == {"methadone", "vocational_training", "job_placement"}
    request = pb.ExplainFigureRequest(indicator_id="referred_to", **YEAR)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.report.ExplainFigure(request, **world.by("operator", "ubnd-bo-de"))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
    request.row = "methadone"
    opened_up = await world.report.ExplainFigure(request, **world.by("operator", "ubnd-bo-de"))
    assert [fact.case_id for fact in opened_up.facts] == [str(named("case", "an"))]


@pytest.mark.parametrize("org", ["viec-lam-ha-noi", HIV_CLINIC, POLICE])
async def test_who_answers_for_no_area_opens_no_figure(world: World, story: Story, org: str) -> None:
    await world.tell(story)
    request = pb.ExplainFigureRequest(indicator_id="clients_reached", **YEAR)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await world.report.ExplainFigure(request, **world.by("operator", org))
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_a_district_counts_its_people_also_in_a_period_that_ends_after_districts_did(
    world: World, story: Story
) -> None:
    await world.tell(story)
    long: dict[str, Any] = {"period_from": "2018-12-15", "period_to": "2026-01-01"}
    total = figures_of(await run(world, role="operator", org="dpv-long-bien", **long))
    assert total["clients_reached", "", ""] == 3
    by_commune = figures_of(
        await run(world, role="operator", org="dpv-long-bien", by=pb.AREA_COMMUNE, **long)
    )
    assert by_commune["clients_reached", BO_DE, ""] == 2
    narrowed = figures_of(await run(world, districts=["019"], **long))
    assert narrowed["clients_reached", "", ""] == 1


async def test_figures_are_not_divided_by_districts_that_there_are_not(world: World, story: Story) -> None:
    await world.tell(story)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await run(world, by=pb.AREA_DISTRICT, period_to="2025-07-01")
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "no_district_on_that_day" in str(error.value.details())
    last_day = figures_of(await run(world, by=pb.AREA_DISTRICT, period_to="2025-06-30"))
    assert last_day["clients_reached", "004", ""] == 3


async def test_people_of_a_commune_that_was_merged_stay_in_their_district(world: World) -> None:
    """Sai Dong ended on 31 December 2024, half a year before Long Bien did."""
    told = Story()
    told.intake("an", opened("an"), contacted("00142"), at=at(2), org=POLICE)
    await world.tell(told)
    by_district = figures_of(await run(world, by=pb.AREA_DISTRICT, period_to="2025-03-01"))
    assert by_district["clients_reached", "004", ""] == 1


@pytest.mark.parametrize("asked", [{"districts": ["999"]}, {"communes": ["99999"]}, {"communes": ["004"]}])
async def test_units_that_there_never_were_are_named_instead_of_counting_nobody(
    world: World, asked: dict[str, Any]
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await run(world, **asked)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_organisation_that_ended_asks_nothing_any_more(world: World, story: Story) -> None:
    await world.tell(story)
    assert (await run(world, role="operator", org="dpv-long-bien")).figures
    world.set_clock(datetime(2025, 6, 30, 17, tzinfo=UTC))
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await run(world, role="operator", org="dpv-long-bien")
    assert error.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "2025-06-30" in str(error.value.details())


@pytest.mark.parametrize(
    "asked",
    [
        {"period_to": "9999-12-31"},
        {"period_from": "0001-01-01"},
        {"known_at": Timestamp(seconds=10**15)},
        {"occurred_by": Timestamp(nanos=-5)},
    ],
    ids=str,
)
async def test_days_and_moments_out_of_any_range_are_named(world: World, asked: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await run(world, **asked)
    assert error.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert next(iter(asked)) in str(error.value.details())
