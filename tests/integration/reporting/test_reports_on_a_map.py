"""The same facts on the map of any day: exactly, in one of several, or not to be found; never divided."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import grpc
import pytest
from contracts.events.territory import (
    STREAM,
    OrgUnit,
    OrgUnitAbolished,
    OrgUnitCreated,
    OrgUnitsMerged,
    TerritoryOpened,
    UnitName,
)
from contracts.vocabulary import Service
from directory import living_of
from directory.units import FOLLOW
from reference.territory import whole_country
from reftrack.reporting.v1 import audit_pb2, status_pb2
from reftrack.reporting.v1 import report_pb2 as pb
from reporting.application import REPORTING
from reporting.pathway.entry import INTAKE

from tests.integration.reporting.conftest import Query, World
from tests.unit.reporting.pathway import (
    AUDITOR,
    BO_DE,
    CLINIC,
    NGOC_LAM,
    POLICE,
    SOCIAL,
    SUPERVISOR,
    contacted,
    opened,
    planned,
    referred,
)
from tests.unit.reporting.story import Story, named

YEARS: dict[str, Any] = {"period_from": "2019-01-01", "period_to": "2026-12-31"}
IN_2019 = datetime(2019, 3, 5, 3, tzinfo=UTC)
IN_2026 = datetime(2026, 3, 5, 3, tzinfo=UTC)
NEW_BO_DE, LONG_BIEN, HANOI = "00118", "004", "01"
DIVIDED_INTO = ["00097", "00118", "00145"]

Cell = tuple[str, tuple[str, ...], bool]


@pytest.fixture
def story() -> Story:
    """In 2019 one in Bồ Đề, which was divided later, and one in Ngọc Lâm, which went over whole; in 2026 one
    in the new Bồ Đề, which bears the code of the old Ngọc Thụy; and one of whose place a code was told that
    is none."""
    told = Story()
    told.intake("an", opened("an"), contacted(BO_DE), at=IN_2019, org=POLICE)
    told.intake("binh", opened("binh"), contacted(NGOC_LAM), planned(Service.LOAN), at=IN_2019, org=POLICE)
    told.intake("chi", opened("chi"), contacted(NEW_BO_DE), at=IN_2026, org=SOCIAL)
    told.intake("dung", opened("dung"), contacted("99999"), at=IN_2026, org=SOCIAL)
    return told


async def run(world: World, *, role: str = "supervisor", org: str = SUPERVISOR, **more: Any) -> Any:
    asked = {"indicators": ["clients_reached"], **YEARS, **more}
    return await world.report.RunReport(pb.RunReportRequest(**asked), **world.by(role, org))


def cells(answer: pb.RunReportResponse) -> dict[Cell, int]:
    return {(f.area, tuple(f.one_of), f.nowhere): f.value for f in answer.figures}


TOTAL: Cell = ("", (), False)
NOWHERE: Cell = ("", (), True)


async def test_on_todays_map_whole_wards_are_counted_with_what_they_became_and_divided_ones_shown_as_such(
    world: World, story: Story
) -> None:
    await world.tell(story)
    answer = await run(world, by=pb.AREA_COMMUNE, map="2026-11-20")
    assert cells(answer) == {
        TOTAL: 4,
        (NEW_BO_DE, (), False): 2,
        ("", tuple(DIVIDED_INTO), False): 1,
        NOWHERE: 1,
    }
    assert answer.map == "2026-11-20"
    names = {unit.code: unit.name_vi for unit in answer.units}
    assert names[NEW_BO_DE] == "Phường Bồ Đề"
    assert set(names) == set(DIVIDED_INTO)


async def test_on_the_old_map_the_same_code_means_another_ward(world: World, story: Story) -> None:
    await world.tell(story)
    answer = await run(world, by=pb.AREA_COMMUNE, map="2019-03-05")
    found = cells(answer)
    assert (found[BO_DE, (), False], found[NGOC_LAM, (), False]) == (1, 1)
    assert (NEW_BO_DE, (), False) not in found
    [made_of] = [one_of for _, one_of, _ in found if one_of]
    assert {BO_DE, NGOC_LAM, "00118"} <= set(made_of)
    assert {unit.code: unit.name_vi for unit in answer.units}["00118"] == "Phường Ngọc Thụy"


async def test_where_all_parts_lie_in_one_unit_above_that_is_exact(world: World, story: Story) -> None:
    await world.tell(story)
    by_district = cells(await run(world, by=pb.AREA_DISTRICT, map="2019-03-05"))
    assert by_district == {TOTAL: 4, (LONG_BIEN, (), False): 3, NOWHERE: 1}
    by_province = cells(await run(world, by=pb.AREA_PROVINCE, map="2026-11-20"))
    assert by_province == {TOTAL: 4, (HANOI, (), False): 3, NOWHERE: 1}


async def test_provinces_are_those_of_the_periods_last_day_where_no_map_is_named(
    world: World, story: Story
) -> None:
    await world.tell(story)
    answer = await run(world, by=pb.AREA_PROVINCE)
    assert answer.map == "2026-12-31"
    assert cells(answer)[HANOI, (), False] == 3


async def test_every_map_counts_everybody_once(world: World, story: Story) -> None:
    await world.tell(story)
    for day in ("2012-01-01", "2019-03-05", "2025-06-30", "2025-07-01", "2026-11-20"):
        for by in (pb.AREA_COMMUNE, pb.AREA_PROVINCE):
            found = cells(await run(world, by=by, map=day))
            assert found.pop(TOTAL) == sum(found.values()) == 4, day


async def test_a_share_stands_in_its_own_cell(world: World, story: Story) -> None:
    await world.tell(story)
    answer = await run(world, by=pb.AREA_COMMUNE, map="2026-11-20", indicators=["plans_agreed"])
    shares = {(f.area, tuple(f.one_of), f.nowhere): (f.value, f.of) for f in answer.figures}
    assert shares[NEW_BO_DE, (), False] == (1, 2)
    assert shares["", tuple(DIVIDED_INTO), False] == (0, 1)


async def test_a_report_can_be_narrowed_to_units_of_its_map(world: World, story: Story) -> None:
    await world.tell(story)
    answer = await run(world, by=pb.AREA_COMMUNE, map="2026-11-20", communes=[NEW_BO_DE])
    assert cells(answer) == {TOTAL: 2, (NEW_BO_DE, (), False): 2}
    answer = await run(world, by=pb.AREA_COMMUNE, map="2019-03-05", districts=[LONG_BIEN])
    assert cells(answer)[TOTAL] == 3


@pytest.mark.parametrize(
    "asked",
    [
        {"map": "2026-13-01"},
        {"map": "2026-11-20", "by": pb.AREA_DISTRICT},
        {"map": "2026-11-20", "districts": [LONG_BIEN]},
        {"map": "2019-03-05", "communes": ["00097x"]},
        {"map": "2026-11-20", "communes": ["00130"]},
    ],
    ids=["no day", "no districts on it", "a district that ended", "no unit", "a code of two units"],
)
async def test_what_the_map_does_not_have_is_refused(world: World, asked: dict[str, Any]) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await run(world, **asked)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def explained(world: World, **cell: Any) -> list[str]:
    request = pb.ExplainFigureRequest(
        indicator_id="clients_reached", by=pb.AREA_COMMUNE, map="2026-11-20", **YEARS, **cell
    )
    answer = await world.report.ExplainFigure(request, **world.by("supervisor", SUPERVISOR))
    return sorted(fact.commune for fact in answer.facts)


async def test_each_cell_of_a_map_opens_into_the_facts_that_it_counts(world: World, story: Story) -> None:
    await world.tell(story)
    assert await explained(world) == sorted([BO_DE, NGOC_LAM, NEW_BO_DE, "99999"])
    assert await explained(world, area=NEW_BO_DE) == [NEW_BO_DE, NGOC_LAM]
    assert await explained(world, one_of=DIVIDED_INTO) == [BO_DE]
    assert await explained(world, nowhere=True) == ["99999"]
    assert await explained(world, area="00145") == []


async def test_two_cells_at_once_are_refused(world: World) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await explained(world, area=NEW_BO_DE, nowhere=True)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_office_counts_its_own_area_on_whatever_map(world: World, story: Story) -> None:
    """The commune's office answers for the old Bồ Đề; nobody else's people show on a map of its."""
    await world.tell(story)
    for day in ("2019-03-05", "2026-11-20"):
        answer = await run(world, role="operator", org=SOCIAL, by=pb.AREA_COMMUNE, map=day)
        assert cells(answer)[TOTAL] == 1
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await run(world, role="operator", org=CLINIC, by=pb.AREA_COMMUNE, map="2026-11-20")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_rows_of_services_are_told_on_a_map_too(world: World, story: Story) -> None:
    referred(story, "an", Service.LOAN, "csxh-long-bien")
    await world.tell(story)
    answer = await run(world, by=pb.AREA_COMMUNE, map="2026-11-20", indicators=["referred_to"])
    rows = {(f.row, tuple(f.one_of)): f.value for f in answer.figures}
    assert rows["loan", tuple(DIVIDED_INTO)] == 1


def decreed(told: Story) -> None:
    """Intake's gazette: on 1 January 2031 the new Bồ Đề and Long Biên become one ward."""
    told.tell(INTAKE, STREAM, "gazette", TerritoryOpened(leading="vietnamadminunits"), subject=STREAM)
    name = UnitName(vi="Phường Thử Nghiệm", en="Thu Nghiem ward")
    unit = OrgUnit(code="00119", name=name, level="commune", kind="ward", parent=HANOI)
    merged = OrgUnitsMerged(
        effective=date(2031, 1, 1), source="A decree of a test", units=(NEW_BO_DE, "00145"), into=unit
    )
    told.tell(INTAKE, STREAM, "gazette", merged, subject=STREAM)


async def test_a_decree_that_was_loaded_is_on_later_maps_without_a_release(
    world: World, story: Story
) -> None:
    await world.tell(story)
    before = cells(await run(world, by=pb.AREA_COMMUNE, map="2031-05-02"))
    assert before[NEW_BO_DE, (), False] == 2
    decreed(story)
    await world.tell(story)
    (follow,) = [ticker for ticker in REPORTING.tickers if ticker.name == FOLLOW]
    made = world.made
    await made.units.go_on(made.parts, living_of(made.parts).reading.country)
    assert follow.seconds <= 10
    answer = await run(world, by=pb.AREA_COMMUNE, map="2031-05-02")
    assert cells(answer) == {
        TOTAL: 4,
        ("00119", (), False): 2,
        ("", ("00097", "00119"), False): 1,
        NOWHERE: 1,
    }
    assert {unit.name_vi for unit in answer.units if unit.code == "00119"} == {"Phường Thử Nghiệm"}


async def test_the_district_of_an_older_ward_is_shown_once_its_life_was_loaded(
    world: World, story: Story
) -> None:
    """Both where the case stands and in its replay, without a restart."""
    subject = named("case", "em")
    story.intake("em", opened("em"), contacted("00999"), at=IN_2019, org=POLICE)
    await world.tell(story)

    async def districts() -> set[str]:
        shown = await world.status.GetCase(
            status_pb2.GetCaseRequest(case_id=str(subject)), **world.by("supervisor", SUPERVISOR)
        )
        replayed = world.audit.ReplayCase(
            audit_pb2.ReplayCaseRequest(case_id=str(subject)), **world.by("auditor", AUDITOR)
        )
        last = [step async for answer in replayed for step in answer.steps][-1]
        return {shown.case.district, json.loads(last.state_json).get("district", "")}

    assert await districts() == {""}
    name = UnitName(vi="Phường Thử Nghiệm", en="Thu Nghiem ward")
    unit = OrgUnit(code="00999", name=name, level="commune", kind="ward", parent=LONG_BIEN)
    began, ended = date(2004, 1, 1), date(2021, 1, 1)
    for told in (
        TerritoryOpened(leading="vietnamadminunits"),
        OrgUnitCreated(effective=began, source="A test", unit=unit),
        OrgUnitAbolished(effective=ended, source="A test", code="00999", followed_by="unknown"),
    ):
        story.tell(INTAKE, STREAM, "gazette", told, subject=STREAM)
    await world.tell(story)
    made = world.made
    await made.units.go_on(made.parts, living_of(made.parts).reading.country)
    assert await districts() == {LONG_BIEN}


async def test_events_of_units_make_no_case_and_an_auditor_reads_them(world: World, query: Query) -> None:
    told = Story()
    decreed(told)
    await world.tell(told)
    assert query("SELECT count(*) FROM cases.cases") == [(0,)]
    request = audit_pb2.StreamEventsRequest()
    events = world.audit.StreamEvents(request, **world.by("auditor", AUDITOR))
    kinds = []
    async for page in events:
        kinds += [event.type.split(".")[2] for event in page.events]
        if len(kinds) == 2:
            break
    assert kinds == ["territory-opened", "org-units-merged"]


def test_the_wards_of_this_story_are_real() -> None:
    territory, today = whole_country(), date(2026, 11, 20)
    assert [unit.code for unit in territory.resolve(BO_DE, today).candidates] == DIVIDED_INTO
    resolved = territory.resolve(NGOC_LAM, today).unit
    assert resolved is not None
    assert resolved.code == NEW_BO_DE
