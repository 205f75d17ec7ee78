"""Whose cases an office sees and counts: by units with a life, not by the code that was told."""

from __future__ import annotations

from datetime import date
from typing import Any

import grpc
import pytest
from contracts.vocabulary import Service
from directory import living_of
from reference import Organisation
from reference.entries import Name
from reftrack.reporting.v1 import report_pb2
from reftrack.reporting.v1 import status_pb2 as pb

from tests.integration.reporting.conftest import World
from tests.integration.reporting.test_reports import figures_of, run
from tests.unit.reporting.pathway import CLINIC, numbered, reached, referred
from tests.unit.reporting.story import Story, named

NOW = date(2025, 7, 1)
TOLD = {"an": "00133", "binh": "00118", "chi": "00139", "dung": "00694"}
"""All in 2019: Ngọc Lâm and Ngọc Thụy in Hà Nội, Bồ Đề (divided since), Thị trấn of Hà Giang."""

OFFICES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "phuong-bo-de-moi": ({"kind": "commune_social", "commune": "00118", "unit_on": NOW}, {"an"}),
    "phuong-bo-de-cu": ({"kind": "commune_social", "commune": "00139"}, {"chi"}),
    "quan-long-bien": ({"kind": "district_social", "district": "004"}, {"an", "binh", "chi"}),
    "chi-cuc-tuyen-quang": ({"kind": "supervisor", "province": "08", "unit_on": NOW}, {"dung"}),
    "chi-cuc-ha-noi": ({"kind": "supervisor", "province": "01"}, set(TOLD)),
}
"""Each with whose cases it sees. Who supervises the province in which the system is kept sees all."""


@pytest.fixture
async def told(world: World) -> World:
    story = Story()
    for name, commune in TOLD.items():
        reached(story, name, commune)
        referred(story, name, Service.METHADONE, CLINIC)
    await world.tell(story)
    offices = [
        Organisation(id=org, name=Name(vi=org, en=org), **entry) for org, (entry, _) in OFFICES.items()
    ]
    living_of(world.made.parts).reading.organisations.learn(offices)
    return world


def role_of(org: str) -> str:
    return "supervisor" if OFFICES[org][0]["kind"] == "supervisor" else "operator"


@pytest.mark.parametrize("org", OFFICES)
async def test_an_office_sees_the_cases_that_lie_in_its_unit_whatever_their_codes_mean_today(
    told: World, org: str
) -> None:
    options, expected = told.by(role_of(org), org), OFFICES[org][1]
    seen, referrals = set(), set()
    for name in TOLD:
        case = pb.GetCaseRequest(case_id=str(named("case", name)))
        one = pb.GetReferralRequest(number=numbered("CG", f"{name}/methadone"))
        seen |= {name} if await found(told.status.GetCase(case, **options)) else set()
        referrals |= {name} if await found(told.status.GetReferral(one, **options)) else set()
    listed = await told.status.ListReferrals(pb.ListReferralsRequest(), **options)
    assert seen == referrals == expected
    assert {one.number for one in listed.referrals} == {
        numbered("CG", f"{name}/methadone") for name in expected
    }


@pytest.mark.parametrize("org", OFFICES)
async def test_an_office_counts_those_whom_it_sees_with_and_without_a_map_and_opens_its_figures(
    told: World, org: str
) -> None:
    expected, role = len(OFFICES[org][1]), role_of(org)
    for by in ({}, {"map": "2025-07-01"}):
        counted = figures_of(await run(told, role=role, org=org, **by))
        assert counted["clients_reached", "", ""] == expected
    request = report_pb2.ExplainFigureRequest(
        indicator_id="clients_reached", period_from="2019-01-01", period_to="2019-12-31"
    )
    facts = await told.report.ExplainFigure(request, **told.by(role, org))
    assert len({one.case_id for one in facts.facts}) == expected


async def found(call: Any) -> bool:
    try:
        await call
    except grpc.aio.AioRpcError as error:
        if error.code() is not grpc.StatusCode.NOT_FOUND:
            raise
        return False
    return True
