"""To whom followup tells where a way stands: whom reporting would show the case."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from contracts.envelope import is_handle
from contracts.events.common import EventVoided
from contracts.events.followup import SupportProvided
from contracts.events.intake import ClientContacted
from contracts.vocabulary import Channel, ClientGroup, SupportKind, VoidReason
from reference.days import start_of
from reftrack.common.v1.command_pb2 import Act

from tests.integration.owners.test_followup import A_YEAR_LATER, routed, way_to_management
from tests.integration.owners.world import World, details

ELSEWHERE, SOCIAL, DISTRICT = "ldtbxh-me-tri", "ldtbxh-bo-de", "dpv-long-bien"
CONTACT = ClientContacted(channel=Channel.STREET, commune="00139", client_group=ClientGroup.DRUG_USER)
SUPPORTED = SupportProvided(kind=SupportKind.LOAN, amount_vnd=20_000_000)


@pytest.fixture
def case_id(followup: World) -> UUID:
    case_id = uuid4()
    followup.feed(followup.intake.opened(case_id))
    return case_id


async def support(world: World, case_id: UUID, org: str) -> str:
    """Where the way stands, as an office is told that gives support by a command."""
    fields: dict[str, Any] = {"case_id": str(case_id), "kind": "loan", "amount_vnd": 20_000_000}
    return str((await world.call("ProvideSupport", org=org, **fields)).outcome.state)


async def test_whoever_acts_in_a_case_that_reporting_does_not_show_it_is_not_told_where_its_way_stands(
    followup: World, case_id: UUID
) -> None:
    log = followup.intake
    followup.feed(log.event(case_id, CONTACT, org=SOCIAL), *way_to_management(followup, case_id))
    followup.feed(routed(followup, case_id, SUPPORTED, ELSEWHERE, A_YEAR_LATER))
    followup.clock_shows(A_YEAR_LATER + timedelta(days=2))
    assert await support(followup, case_id, ELSEWHERE) == "opened"
    assert await support(followup, case_id, SOCIAL) != "opened", "it met the client"
    assert await support(followup, case_id, DISTRICT) != "opened", "the client was met in its district"
    followup.feed(log.event(case_id, CONTACT, org=ELSEWHERE))
    assert await support(followup, case_id, ELSEWHERE) != "opened", "it met the client by now"
    met = followup.intake.event(case_id, CONTACT, org="ldtbxh-my-dinh-1")
    wrong = EventVoided(event_id=met.id, type=met.type, reason=VoidReason.WRONG_PERSON, replaced=False)
    followup.feed(met, log.event(case_id, wrong, org="ldtbxh-my-dinh-1"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await support(followup, case_id, "ldtbxh-my-dinh-1")
    assert details(refused.value)["reason"] == "CASE_UNKNOWN", "it reported nothing else of the client"
    followup.feed(routed(followup, case_id, SUPPORTED, "ldtbxh-my-dinh-1", A_YEAR_LATER))
    assert await support(followup, case_id, "ldtbxh-my-dinh-1") == "opened", "it met somebody else"


async def test_an_office_whose_life_has_ended_reports_of_its_days_and_is_not_told_where_the_way_stands(
    followup: World, case_id: UUID
) -> None:
    met = followup.intake.event(case_id, CONTACT, org=DISTRICT)
    followup.feed(met, *way_to_management(followup, case_id))
    followup.clock_shows(start_of(date(2025, 8, 1)))
    fields: dict[str, Any] = {"case_id": str(case_id), "kind": "loan", "act": Act(on="2025-06-01")}
    told = (await followup.call("ProvideSupport", org=DISTRICT, **fields)).outcome
    assert (told.state, "start_management" in told.moves) == ("opened", False)
    assert (told.version, is_handle(told.event_id)) == (1, True), "what others did is not to be counted"
    with pytest.raises(grpc.aio.AioRpcError) as aborted:
        await followup.call("ProvideSupport", org=DISTRICT, expected_version=0, **fields)
    assert details(aborted.value)["changed"] == "support-provided", "its own"
    assert details(aborted.value)["version"] == "1"
