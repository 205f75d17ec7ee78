"""Of whom followup tells what it records, and whose consents count, when two people were taken for one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from answering.parties import Parties
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.common import AgencyEventRefused
from contracts.events.consent import ConsentWithdrawn
from contracts.events.followup import (
    DetoxAdmitted,
    DetoxAdmittedPosted,
    DetoxCompleted,
    HandoverConsentLapsed,
    HandoverReceived,
    ManagementStarted,
)
from contracts.vocabulary import DetoxKind, ManagementModel, NumberKind
from directory import living_of
from reference.days import start_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.test_consents_of_merged import Twins, taken_for_one
from tests.integration.owners.test_handover_consent import COMMUNE, FACILITY, NOTICE, answer_to
from tests.integration.owners.test_told_of_merged import void_of
from tests.integration.owners.world import World, eventually, kinds

ADMITTED = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = start_of(date(2020, 9, 1))


def stay_told_of(world: World, twins: Twins, client: UUID | None) -> list[Recorded[Payload]]:
    """In the case of the other: a stay, and that its facility tells the commune of it."""
    admitted = world.intake.routed(twins.other, ADMITTED, FACILITY, client=client)
    return [admitted, world.intake.routed(twins.other, NOTICE, FACILITY, client=client)]


def number_of(world: World) -> str:
    return next(one.data.stay_number for one in world.log() if isinstance(one.data, DetoxAdmitted))


def feed(world: World, told: list[Recorded[Payload]], *, together: bool) -> None:
    for batch in [told] if together else [[one] for one in told]:
        world.feed(*batch)


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("stands_in", ["own", "other"])
@pytest.mark.parametrize("by_number", [True, False])
async def test_a_notice_of_a_merged_client_rests_on_that_clients_consents_when_the_merge_is_undone(
    followup: World, *, together: bool, stands_in: str, by_number: bool
) -> None:
    log, (twins, told) = followup.intake, taken_for_one(followup.intake)
    admitted, notice = stay_told_of(followup, twins, twins.client)
    followup.feed(*told, log.consented(twins.own), log.consented(twins.other), admitted)
    if by_number:
        said: dict[str, Any] = {"number": number_of(followup), "kind": NumberKind.STAY}
        notice = log.routed(twins.other, NOTICE, FACILITY, **said)
    client = twins.client if stands_in == "other" else None
    withdrawn = log.event(getattr(twins, stands_in), ConsentWithdrawn(), at=BEGUN + HOUR, client=client)
    others = log.withdrawn(twins.other, at=BEGUN + HOUR)
    feed(followup, [notice, *twins.parted, others, withdrawn], together=together)
    assert kinds(followup.log())[2:] == ["handover-notified", "handover-consent-lapsed"]
    marked = followup.log()[-1]
    assert isinstance(marked.data, HandoverConsentLapsed)
    assert {(one.meta.subject, one.meta.client) for one in followup.log()} == {(twins.other, twins.client)}
    assert marked.meta.causation_id == withdrawn.id, "the other one withdrew before"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("stands_in", ["own", "other"])
async def test_a_notice_of_a_merged_client_waits_for_that_clients_consent_when_the_merge_is_undone(
    followup: World, *, together: bool, stands_in: str
) -> None:
    log, (twins, told) = followup.intake, taken_for_one(followup.intake)
    admitted, notice = stay_told_of(followup, twins, twins.client)
    client = twins.client if stands_in == "other" else None
    given = log.consented(getattr(twins, stands_in), client=client)
    feed(followup, [*told, admitted, notice, *twins.parted, log.consented(twins.other)], together=together)
    assert kinds(followup.log())[2:] == ["agency-event-deferred"], "the other one agreed"
    followup.feed(given)
    assert answer_to(followup, notice) == NOTICE


async def test_a_notice_of_the_cases_own_client_rests_on_the_consents_of_that_one(followup: World) -> None:
    log, (twins, told) = followup.intake, taken_for_one(followup.intake)
    followup.feed(*told, log.consented(twins.own), log.consented(twins.other))
    followup.feed(*stay_told_of(followup, twins, None), *twins.parted)
    followup.feed(log.withdrawn(twins.own, at=BEGUN + HOUR))
    assert kinds(followup.log())[-1] == "handover-notified"
    followup.feed(log.withdrawn(twins.other, at=BEGUN + HOUR))
    assert kinds(followup.log())[-1] == "handover-consent-lapsed"


async def test_all_that_is_told_of_a_stay_and_what_follows_tells_of_its_client(followup: World) -> None:
    """By number, by command, by the clock, and by who takes it back."""
    log, (twins, told) = followup.intake, taken_for_one(followup.intake)
    followup.feed(*told, log.consented(twins.own), *stay_told_of(followup, twins, twins.client))
    number = number_of(followup)
    act = {"on": "2019-03-02"}
    made = await followup.call("CompleteDetox", org=FACILITY, stay=number, months=1, act=act)
    await followup.call("VoidEvent", org=FACILITY, event_id=made.outcome.event_id, reason="wrong_person")
    done = log.routed(twins.other, DetoxCompleted(months=1), FACILITY, number=number, kind=NumberKind.STAY)
    managed = log.routed(
        twins.other, ManagementStarted(model=ManagementModel.CLUB), COMMUNE, client=twins.client
    )
    followup.feed(done, managed, *twins.parted)
    followup.clock_shows(LATER)
    expected = {"deadline-passed", "evaluation-due"}
    await eventually(lambda: expected <= set(kinds(followup.log())), "the terms")
    assert {(one.meta.subject, one.meta.client) for one in followup.log()} == {(twins.other, twins.client)}
    assert kinds(followup.log()).count("detox-completed") == 2


async def test_whom_a_merged_client_was_sent_to_has_to_do_with_that_one_alone_afterwards(
    followup: World,
) -> None:
    log, (twins, told) = followup.intake, taken_for_one(followup.intake)
    followup.feed(*told, log.consented(twins.own), *stay_told_of(followup, twins, twins.client))
    await followup.call("CompleteDetox", org=FACILITY, case_id=str(twins.other), months=1)
    assert followup.log()[-1].meta.client == twins.client
    followup.feed(*twins.parted)
    organisations = living_of(followup.parts).deciding.organisations
    parties = Parties(followup.parts.connect, organisations)
    parties.load([twins.own, twins.other])
    assert parties.may_act(FACILITY, twins.own)
    assert not parties.may_act(FACILITY, twins.other)
    with psycopg.connect(followup.parts.dsn) as connection:  # what of the area it answers for says nothing
        rights = "SELECT case_id, client_id FROM case_parties WHERE org = %s"
        assert set(connection.execute(rights, (COMMUNE,))) == {(twins.other, twins.client)}


@pytest.mark.parametrize("corrected", [True, False])
async def test_what_a_stay_took_from_the_case_of_another_is_taken_back_when_they_are_two_again(
    followup: World, *, corrected: bool
) -> None:
    log, (twins, told) = followup.intake, taken_for_one(followup.intake)
    followup.feed(*told, log.routed(twins.own, ADMITTED, FACILITY))
    done = log.routed(twins.other, DetoxCompleted(months=1), FACILITY, at=BEGUN + DAY, client=twins.client)
    followup.feed(done)
    completed = followup.log()[-1]
    assert (completed.meta.subject, completed.meta.client) == (twins.own, None)
    followup.feed(*twins.parted)
    if corrected:
        right = log.routed(
            twins.other, DetoxCompleted(months=2), FACILITY, at=BEGUN + DAY, client=twins.client
        )
        right = right.model_copy(update={"data": right.data.model_copy(update={"replaces": done.id})})
        followup.feed(right)
        voided, anew = followup.log()[-2:]
        assert (kinds([anew]), anew.meta.subject, anew.meta.client) == (["detox-completed"], twins.own, None)
        assert voided.meta.causation_id == right.id
    else:
        void = log.event(twins.other, void_of(done), client=twins.client)
        followup.feed(void, log.event(twins.other, void_of(done), client=twins.client))
        voided, again = followup.log()[-2:]
        assert voided.meta.causation_id == void.id
        assert isinstance(again.data, AgencyEventRefused)
        assert again.data.code == "already_voided"
    assert (kinds([voided]), voided.meta.subject, voided.meta.client) == (["event-voided"], twins.own, None)


async def test_a_handover_told_of_in_one_case_is_received_of_that_client(followup: World) -> None:
    log, (twins, told) = followup.intake, taken_for_one(followup.intake)
    followup.feed(*told, log.consented(twins.own), *stay_told_of(followup, twins, twins.client))
    received = HandoverReceived()
    followup.feed(log.routed(twins.other, received, COMMUNE, at=BEGUN + DAY))
    assert (followup.log()[-1].data, followup.log()[-1].meta.client) == (received, twins.client)
