"""An event that names an office which this service has not learned of yet waits until it is told of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.agencies import AgencyRegistered
from contracts.events.common import AgencyEventDeferred
from contracts.events.followup import DetoxAdmittedPosted, HandoverNotified
from contracts.events.referral import ReferralRequested, ReferralRequestedPosted
from contracts.vocabulary import DetoxKind, OrgKind, Service
from directory import living_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, eventually

SENDER, FACILITY, NEW = "ldtbxh-bo-de", "cai-nghien-ha-noi", "co-quan-moi"
NOW = BEGUN + timedelta(days=1)


@contextmanager
def following(world: World) -> Iterator[Any]:
    """The directory as each instance follows it."""
    living = living_of(world.parts)
    living.feed.start()
    try:
        yield living.reading.organisations
    finally:
        living.feed.stop()


def registered(world: World, kind: OrgKind, *services: Service) -> Recorded[Payload]:
    office = AgencyRegistered(
        org=NEW,
        kind=kind,
        name_vi="Cơ quan mới",
        name_en="New office",
        services=services,
        unit_on=NOW.date(),
        commune="00139",
    )
    return world.intake.event(uuid4(), office)


def opened(world: World) -> UUID:
    case_id = uuid4()
    world.feed(world.intake.opened(case_id), world.intake.consented(case_id))
    return case_id


async def waits_and_goes_on(world: World, posted: Recorded[Payload], office: Recorded[Payload]) -> list[Any]:
    """What the service answers, one after the other, while nobody knows the office for a day."""

    def answers() -> list[Any]:
        return [one.data for one in world.log() if one.meta.causation_id == posted.id]

    def rung_since(at: datetime) -> bool:
        with world.parts.connect() as connection:
            row = connection.execute(
                "SELECT count(*) AS n FROM timers WHERE kind = 'office_unknown' AND due_at <= %s", (at,)
            ).fetchone()
        return row == {"n": 0}

    with following(world) as organisations:
        world.feed(posted)
        for later in (timedelta(seconds=2), timedelta(seconds=60), timedelta(hours=2), timedelta(days=1)):
            world.clock_shows(NOW + later)
            await eventually(lambda later=later: rung_since(NOW + later), f"the look after {later}")  # type: ignore[misc]
        assert len(answers()) == 1
        world.feed(office)
        await eventually(lambda: organisations.get(NEW) is not None, "the directory")
        world.clock_shows(NOW + timedelta(days=1, hours=1))
        await eventually(lambda: len(answers()) > 1, "the next look")
    return answers()


async def test_a_referral_to_a_provider_registered_in_the_same_second_waits_for_it(referral: World) -> None:
    request = ReferralRequestedPosted(service=Service.LOAN, provider=NEW)
    posted = referral.intake.routed(opened(referral), request, SENDER)
    office = registered(referral, OrgKind.PROVIDER, Service.LOAN)
    deferred, made = await waits_and_goes_on(referral, posted, office)
    assert isinstance(deferred, AgencyEventDeferred)
    assert (deferred.code, deferred.waiting_for) == ("provider_unknown", "agency_registered")
    assert isinstance(made, ReferralRequested)


async def test_a_handover_to_an_office_registered_in_the_same_second_waits_for_it(followup: World) -> None:
    case_id = opened(followup)
    admitted = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
    followup.feed(followup.intake.routed(case_id, admitted, FACILITY))
    notice = HandoverNotified(to_org=NEW, to_commune="00139", due_on=date(2019, 9, 1))
    posted = followup.intake.routed(case_id, notice, FACILITY)
    office = registered(followup, OrgKind.COMMUNE_AUTHORITY)
    deferred, told = await waits_and_goes_on(followup, posted, office)
    assert (deferred.code, deferred.waiting_for) == ("organisation_unknown", "agency_registered")
    assert told == notice
