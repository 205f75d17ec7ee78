"""An event that names an office which this service has not learned of yet waits until it is told of it."""

from __future__ import annotations

import json
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
from contracts.events.territory import STREAM, OrgUnit, OrgUnitCreated
from contracts.vocabulary import DetoxKind, OrgKind, Service
from directory import living_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.test_corrections import REQUEST, correction_of
from tests.integration.owners.world import World, eventually, kinds

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


def registered(
    world: World, kind: OrgKind, *services: Service, org: str = NEW, commune: str = "00139"
) -> Recorded[Payload]:
    office = AgencyRegistered(
        org=org,
        kind=kind,
        name_vi="Cơ quan mới",
        name_en="New office",
        services=services,
        unit_on=NOW.date(),
        commune=commune,
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
            assert rung_since(NOW + later + timedelta(seconds=30)), "looks grow rarer"
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


async def test_what_is_to_replace_a_request_waits_for_an_office_with_the_voiding_of_that(
    referral: World,
) -> None:
    wrong = referral.intake.routed(opened(referral), REQUEST, SENDER)
    request = ReferralRequestedPosted(service=Service.LOAN, provider=NEW)
    void, right = correction_of(referral, wrong, request)
    referral.feed(wrong, void)
    office = registered(referral, OrgKind.PROVIDER, Service.LOAN)
    await waits_and_goes_on(referral, right, office)
    assert kinds(referral.log()) == [
        *("referral-requested", "agency-event-deferred"),
        *("event-voided", "referral-requested"),
    ]


async def test_what_is_to_replace_a_notice_waits_for_an_office_with_the_voiding_of_that(
    followup: World,
) -> None:
    case_id = opened(followup)
    notice = HandoverNotified(to_org="ubnd-bo-de", to_commune="00139", due_on=date(2019, 9, 1))
    admitted = followup.intake.routed(case_id, DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY), FACILITY)
    wrong = followup.intake.routed(case_id, notice, FACILITY)
    void, right = correction_of(followup, wrong, notice.model_copy(update={"to_org": NEW}))
    followup.feed(admitted, wrong, void)
    await waits_and_goes_on(followup, right, registered(followup, OrgKind.COMMUNE_AUTHORITY))
    assert kinds(followup.log())[-3:] == ["agency-event-deferred", "event-voided", "handover-notified"]


async def waits_for_its_unit(world: World) -> None:
    """Two offices are registered at once, one of them for a ward that a decree made, which comes later."""
    facts = {"code": "00119", "name": {"vi": "Phường Thử", "en": "Thu ward"}, "level": "commune"}
    unit = OrgUnit.model_validate_json(json.dumps({**facts, "kind": "ward", "parent": "01"}))
    decree = OrgUnitCreated(effective=date(2019, 1, 1), source="A decree of a test", unit=unit)
    of_the_decree = registered(world, OrgKind.PROVIDER, Service.LOAN, org="moi-00119", commune="00119")
    with following(world) as organisations:
        world.feed(of_the_decree, registered(world, OrgKind.PROVIDER, Service.LOAN))
        await eventually(lambda: organisations.get(NEW) is not None, "who came with it")
        assert organisations.get("moi-00119") is None
        world.feed(world.intake.event(STREAM, decree))
        await eventually(lambda: organisations.get("moi-00119") is not None, "who is of the decree")
        assert organisations.area_of("moi-00119") == "Phường Thử (00119)"


async def test_referral_lets_an_office_of_a_decree_wait_for_it_and_hold_up_nobody(referral: World) -> None:
    await waits_for_its_unit(referral)


async def test_followup_lets_an_office_of_a_decree_wait_for_it_and_hold_up_nobody(followup: World) -> None:
    await waits_for_its_unit(followup)
