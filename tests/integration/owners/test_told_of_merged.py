"""Of whom referral tells what it records, by the clock and by command, when two people were taken for one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import psycopg
import pytest
from answering.parties import Parties
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.common import AgencyEventRefused, EventVoided
from contracts.events.intake import AgencyReferenceBound, ClientContacted
from contracts.events.referral import ReferralReceived, ReferralRequested
from contracts.vocabulary import Channel, ClientGroup, CloseReason, ReopenReason, VoidReason
from directory import living_of
from reference.days import start_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.test_consent import HOUR, PROVIDER, REQUEST, SENDER, answer_to, number_of
from tests.integration.owners.test_consents_of_merged import taken_for_one
from tests.integration.owners.world import World, eventually, kinds

IN_AUGUST = start_of(date(2019, 8, 1))
STRANGER = "ldtbxh-my-dinh-1"


def void_of(event: Recorded[Payload]) -> EventVoided:
    return EventVoided(event_id=event.id, type=event.type, reason=VoidReason.WRONG_PERSON, replaced=False)


async def test_all_that_is_told_of_a_referral_tells_of_its_client(referral: World) -> None:
    """By number, by command, by the clock and by who takes it back."""
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    referral.feed(*told, log.consented(twins.other))
    referral.feed(log.routed(twins.other, REQUEST, SENDER, client=twins.client))
    number = number_of(referral, twins.other)
    referral.feed(log.routed(twins.other, ReferralReceived(), PROVIDER, number=number))
    made = await referral.call("AcceptReferral", org=PROVIDER, referral=number)
    referral.feed(*twins.parted)
    await referral.call("VoidEvent", org=PROVIDER, event_id=made.outcome.event_id, reason="wrong_person")
    referral.clock_shows(IN_AUGUST)
    await eventually(lambda: kinds(referral.log())[-1] == "deadline-passed", "the term")
    said = {kind: event.meta for kind, event in zip(kinds(referral.log()), referral.log(), strict=True)}
    told_by_all = {
        "referral-received",
        "referral-accepted",
        "event-voided",
        "consent-lapsed",
        "deadline-passed",
    }
    assert told_by_all < said.keys()
    assert {(meta.subject, meta.client) for meta in said.values()} == {(twins.other, twins.client)}


async def test_what_was_told_of_a_referral_in_the_case_of_another_is_taken_back_when_they_are_two_again(
    referral: World,
) -> None:
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    referral.feed(*told, log.consented(twins.own), log.routed(twins.own, REQUEST, SENDER))
    number = number_of(referral, twins.own)
    received = log.routed(twins.other, ReferralReceived(), PROVIDER, number=number)
    referral.feed(received)
    assert (referral.log()[-1].meta.subject, referral.log()[-1].meta.client) == (twins.other, twins.client)
    referral.feed(*twins.parted)
    referral.feed(
        void := log.event(twins.other, void_of(received)), log.event(twins.other, void_of(received))
    )
    voided, again = referral.log()[-2:]
    assert isinstance(voided.data, EventVoided)
    assert (voided.meta.causation_id, voided.data.event_id) == (void.id, referral.log()[1].id)
    assert (voided.meta.subject, voided.meta.client) == (twins.other, twins.client)
    assert isinstance(again.data, AgencyEventRefused)
    assert again.data.code == "already_voided"


@pytest.mark.parametrize(("closed", "answered"), [("other", "referral-requested"), ("own", "case_closed")])
@pytest.mark.parametrize("waits", [True, False])
async def test_a_request_asks_whether_the_case_of_its_client_is_open_when_they_are_two_again(
    referral: World, *, closed: str, answered: str, waits: bool
) -> None:
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    over = log.closed(getattr(twins, closed), BEGUN - HOUR)
    asked = log.routed(twins.other, REQUEST, SENDER, client=twins.client)
    referral.feed(*told, *([asked] if waits else []))
    referral.feed(*twins.parted, over)
    referral.feed(*([] if waits else [asked]), log.consented(twins.own))
    data = answer_to(referral, asked)
    assert getattr(data, "code", data.TYPE.split(".")[2]) == answered


async def test_a_request_in_a_case_closed_by_merging_asks_whether_the_one_that_goes_on_is_open(
    referral: World,
) -> None:
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    gone = log.event(twins.own, CaseClosed(reason=CloseReason.MERGED, into_case=twins.other), at=BEGUN - HOUR)
    asked = log.routed(twins.own, REQUEST, SENDER)
    referral.feed(*told, gone, asked, log.consented(twins.own))
    assert isinstance(answer_to(referral, asked), ReferralRequested)
    again = log.event(twins.own, CaseReopened(reason=ReopenReason.UNMERGED))
    late = log.routed(twins.own, REQUEST, SENDER)
    referral.feed(log.closed(twins.other, BEGUN - HOUR), *twins.parted, again, late)
    assert isinstance(answer_to(referral, late), ReferralRequested)


async def test_who_knows_one_of_two_merged_clients_asks_for_that_one_and_gives_no_right_to_the_other(
    referral: World,
) -> None:
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    referral.feed(*told, log.consented(twins.own, org=STRANGER), log.consented(twins.other))
    said = {"case_id": str(twins.other), "service": "methadone", "provider": PROVIDER}
    await referral.call("RequestReferral", org=STRANGER, **said)
    made = referral.log()[-1]
    assert (made.meta.subject, made.meta.client) == (twins.other, twins.client)
    referral.feed(*twins.parted)
    assert parties_of(referral, twins.own) == {STRANGER: True, PROVIDER: True}
    assert parties_of(referral, twins.other) == {STRANGER: False, PROVIDER: False}
    await referral.call("RequestReferral", org=SENDER, **said)
    assert referral.log()[-1].meta.client is None


def parties_of(world: World, case_id: UUID) -> dict[str, bool]:
    parties = Parties(world.parts.connect, living_of(world.parts).deciding.organisations)
    parties.load([case_id])
    return {org: parties.may_act(org, case_id) for org in (STRANGER, PROVIDER)}


@pytest.mark.parametrize("apart", [True, False])
async def test_a_merge_told_after_its_undoing_joins_nobody(referral: World, *, apart: bool) -> None:
    """The logs of two cases are read side by side: the one may be far behind the other."""
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    *opened, in_other, in_own = told
    asked = log.routed(twins.own, REQUEST, SENDER)
    early = [*opened, log.consented(twins.other), in_other, *twins.parted]
    late = [in_own, asked]
    for batch in [early, late] if apart else [[*early, *late]]:
        referral.feed(*batch)
    assert kinds(referral.log()) == ["agency-event-deferred"]


@pytest.mark.parametrize("at_once", [True, False])
def test_who_reported_nothing_that_stands_has_no_right_any_more(referral: World, *, at_once: bool) -> None:
    """Nor has the office that voids it, which is the same one mostly."""
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    contact = ClientContacted(channel=Channel.STREET, commune="00139", client_group=ClientGroup.DRUG_USER)
    wrong, other = (log.event(twins.other, contact, org=STRANGER) for _ in range(2))
    reference = log.event(twins.other, AgencyReferenceBound(org=STRANGER, agency_ref="X-1"), org=STRANGER)
    voids = [log.event(twins.other, void_of(one), org=STRANGER) for one in (wrong, other)]
    seen = []
    for batch in ([*told, wrong, other, reference, voids[0]], voids[1:]):
        for part in [batch] if at_once else [[one] for one in batch]:
            referral.feed(*part)
        seen.append(parties_of(referral, twins.other)[STRANGER])
    assert seen == [True, False]


def test_a_right_of_before_clients_and_events_were_kept_stays_with_its_case(referral: World) -> None:
    """Whose it was cannot be said any more; a void takes away no right of which nobody knows the event."""
    log, (twins, told) = referral.intake, taken_for_one(referral.intake)
    referral.feed(*told)
    with psycopg.connect(referral.parts.dsn) as connection:
        connection.execute("INSERT INTO case_parties (case_id, org) VALUES (%s, %s)", (twins.other, STRANGER))
    assert (parties_of(referral, twins.own)[STRANGER], parties_of(referral, twins.other)[STRANGER]) == (
        True,
        True,
    )
    referral.feed(*twins.parted, log.event(twins.other, void_of(told[0])))
    assert (parties_of(referral, twins.own)[STRANGER], parties_of(referral, twins.other)[STRANGER]) == (
        False,
        True,
    )
