"""Two people found to be one, and found not to be: what was begun in one case goes on in the other."""

from __future__ import annotations

import itertools
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import grpc
import pytest
from answering.parties import Parties
from chassis.store.together import together as ask_together
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.common import AgencyEventRefused, DeadlinePassed, EventVoided
from contracts.events.followup import (
    DetoxAdmittedPosted,
    DetoxCompleted,
    HandoverNotified,
    HandoverReceived,
)
from contracts.events.intake import CaseOpened, ClientContacted, ClientIntroduced
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.events.referral import (
    ReferralAccepted,
    ReferralReceived,
    ReferralRequested,
    ReferralRequestedPosted,
)
from contracts.vocabulary import (
    Channel,
    ClientGroup,
    CloseReason,
    Deadline,
    DetoxKind,
    MergeGround,
    ReopenReason,
    Service,
    VoidReason,
)
from directory import living_of
from reference.days import start_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, eventually, kinds

SOCIAL, OTHER_SOCIAL, CLINIC = "ldtbxh-bo-de", "ldtbxh-my-dinh-1", "methadone-long-bien"
FACILITY, COMMUNE, SUPERVISOR = "cai-nghien-ha-noi", "ubnd-bo-de", "pctnxh-ha-noi"
GROUP = ClientGroup.DRUG_USER
REQUEST = ReferralRequestedPosted(service=Service.METHADONE, provider=CLINIC)
IN_MARCH, IN_AUGUST = (start_of(date(2019, month, 1)) for month in (3, 8))


class Twins(NamedTuple):
    """Two clients, a case each: `gone` is merged into `kept`."""

    kept: UUID
    gone: UUID
    clients: tuple[UUID, UUID]
    merge: UUID


def told_apart(world: World) -> Twins:
    """Each with a case of its own, reported by an office of its own."""
    twins = Twins(uuid4(), uuid4(), (uuid4(), uuid4()), uuid4())
    contact = ClientContacted(channel=Channel.STREET, commune="00139", client_group=GROUP)
    for case_id, client, org in zip(twins[:2], twins.clients, (SOCIAL, OTHER_SOCIAL), strict=True):
        opened = CaseOpened(client_id=client, client_group=GROUP)
        world.feed(
            world.intake.event(case_id, opened, org=org), world.intake.event(case_id, contact, org=org)
        )
        world.feed(world.intake.consented(case_id, org=org))
    return twins


def merged(world: World, twins: Twins, by: str = SUPERVISOR) -> list[Recorded[Payload]]:
    """As intake records it: the edge in both cases, one of them closed; `by`: who said so, or registered
    somebody with the number of the other."""
    edge = ClientsMerged(
        merge=twins.merge, survivor=twins.clients[0], merged=twins.clients[1],
        survivor_case=twins.kept, merged_case=twins.gone, ground=MergeGround.PAPERS_SEEN,
    )  # fmt: skip
    closed = CaseClosed(reason=CloseReason.MERGED, into_case=twins.kept)
    return [
        world.intake.event(twins.kept, edge, org=by),
        world.intake.event(twins.gone, edge, org=by),
        world.intake.event(twins.gone, closed, org=by),
    ]


def unmerged(world: World, twins: Twins, by: str = SUPERVISOR) -> list[Recorded[Payload]]:
    edge = ClientsUnmerged(
        merge=twins.merge, survivor=twins.clients[0], merged=twins.clients[1], ground=MergeGround.PAPERS_SEEN
    )
    reopened = CaseReopened(reason=ReopenReason.UNMERGED)
    return [
        world.intake.event(twins.kept, edge, org=by),
        world.intake.event(twins.gone, edge, org=by),
        world.intake.event(twins.gone, reopened, org=by),
    ]


def answer(world: World, event: Recorded[Payload]) -> Recorded[Any]:
    return [one for one in world.log() if one.meta.causation_id == event.id][-1]


async def request(world: World, org: str, case_id: UUID) -> str:
    """The code with which a request by command ends."""
    try:
        await world.call(
            "RequestReferral", org=org, case_id=str(case_id), service="methadone", provider=CLINIC
        )
    except grpc.aio.AioRpcError as error:
        return str(error.code().name)
    return "OK"


async def test_parties_of_either_case_command_in_both_while_they_are_one_person(referral: World) -> None:
    twins = told_apart(referral)
    assert await request(referral, OTHER_SOCIAL, twins.kept) == "NOT_FOUND"
    referral.feed(*merged(referral, twins))
    assert await request(referral, OTHER_SOCIAL, twins.kept) == "OK"
    assert await request(referral, SOCIAL, twins.gone) == "OK"
    referral.feed(*unmerged(referral, twins))
    assert await request(referral, OTHER_SOCIAL, twins.kept) == "NOT_FOUND"
    assert await request(referral, SOCIAL, twins.gone) == "NOT_FOUND"
    assert await request(referral, OTHER_SOCIAL, twins.gone) == "OK"


async def test_what_an_office_reported_of_one_while_they_were_one_person_gives_it_that_ones_case_alone(
    referral: World,
) -> None:
    twins, station = told_apart(referral), "tyt-bo-de"
    met = ClientContacted(channel=Channel.STREET, commune="00139", client_group=GROUP)
    referral.feed(*merged(referral, twins))
    referral.feed(referral.intake.event(twins.kept, met, org=station, client=twins.clients[1]))
    assert await request(referral, station, twins.kept) == "OK"
    assert await request(referral, station, twins.gone) == "OK"
    referral.feed(*unmerged(referral, twins))
    assert await request(referral, station, twins.kept) == "NOT_FOUND"
    assert await request(referral, station, twins.gone) == "OK"


async def test_to_whom_a_client_was_sent_by_what_is_voided_commands_nothing_of_the_case(
    referral: World,
) -> None:
    log, stands, wrong = referral.intake, uuid4(), uuid4()
    sent = ClientIntroduced(number="GT-1", to_org=OTHER_SOCIAL, instead_of_administrative_file=False)
    introduced = {case_id: log.event(case_id, sent, org="cap-bo-de") for case_id in (stands, wrong)}
    for case_id, event in introduced.items():
        referral.feed(log.opened(case_id), log.consented(case_id), event)
    voided = EventVoided(
        event_id=introduced[wrong].id, type=sent.TYPE, reason=VoidReason.WRONG_PERSON, replaced=False
    )
    referral.feed(log.event(wrong, voided, org="cap-bo-de"))
    assert await request(referral, OTHER_SOCIAL, stands) == "OK"
    assert await request(referral, OTHER_SOCIAL, wrong) == "NOT_FOUND"


async def test_by_whose_mistyped_number_two_were_one_has_nothing_of_the_other_left_when_they_are_two_again(
    referral: World,
) -> None:
    twins = told_apart(referral)
    referral.feed(*merged(referral, twins, by=OTHER_SOCIAL))
    assert await request(referral, OTHER_SOCIAL, twins.kept) == "OK"
    referral.feed(*unmerged(referral, twins, by=OTHER_SOCIAL))
    assert await request(referral, OTHER_SOCIAL, twins.kept) == "NOT_FOUND"
    assert await request(referral, OTHER_SOCIAL, twins.gone) == "OK"


def test_whoever_asks_is_answered_as_if_all_parties_had_been_read(referral: World) -> None:
    """For every mixture of people and offices in one group: apart, together, and apart again."""
    twins = told_apart(referral)
    cases, orgs = (twins.kept, twins.gone), (SOCIAL, OTHER_SOCIAL, COMMUNE, SUPERVISOR, CLINIC)
    everybody = [(case_id, org) for case_id in cases for org in orgs]
    told = set()
    for change in ([], merged(referral, twins), unmerged(referral, twins)):
        if change:
            referral.feed(*change)
        parties = Parties(referral.parts.connect, living_of(referral.parts).deciding.organisations)
        parties.load(cases)
        may = {(case_id, org): parties.may_act(org, case_id) for case_id, org in everybody}
        told.add(tuple(may.values()))
        for group in (everybody, *([one] for one in everybody), *itertools.combinations(everybody, 2)):
            ask_together(referral.parts.connect, parties.asks_for(group))
            assert {one: parties.may_act(one[1], one[0]) for one in group} == {one: may[one] for one in group}
    assert len(told) > 1


async def test_a_case_closed_by_merging_is_as_open_as_the_one_that_goes_on(referral: World) -> None:
    twins = told_apart(referral)
    referral.feed(*merged(referral, twins))
    assert await request(referral, OTHER_SOCIAL, twins.gone) == "OK"
    referral.feed(referral.intake.closed(twins.kept, IN_MARCH))
    assert await request(referral, OTHER_SOCIAL, twins.gone) == "FAILED_PRECONDITION"
    referral.feed(referral.intake.event(twins.kept, CaseReopened(reason=ReopenReason.CAME_BACK)))
    assert await request(referral, OTHER_SOCIAL, twins.gone) == "OK"


@pytest.mark.parametrize("together", [True, False])
def test_a_referral_goes_on_under_the_case_that_goes_on(referral: World, together: bool) -> None:
    twins = told_apart(referral)
    referral.feed(referral.intake.routed(twins.gone, REQUEST, OTHER_SOCIAL))
    number = next(one.data.number for one in referral.log() if isinstance(one.data, ReferralRequested))
    early = referral.intake.routed(twins.kept, ReferralReceived(), CLINIC, number=number)
    referral.feed(early)
    assert isinstance(answer(referral, early).data, AgencyEventRefused)
    received = referral.intake.routed(twins.kept, ReferralReceived(), CLINIC, number=number)
    for batch in _batches([*merged(referral, twins), received], together=together):
        referral.feed(*batch)
    assert kinds([answer(referral, received)]) == ["referral-received"]
    assert answer(referral, received).meta.subject == twins.kept


@pytest.mark.parametrize("together", [True, False])
def test_a_stay_goes_on_in_the_case_in_which_it_began(followup: World, together: bool) -> None:
    twins = told_apart(followup)
    admitted = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
    followup.feed(followup.intake.routed(twins.gone, admitted, FACILITY, at=IN_MARCH))
    done = followup.intake.routed(twins.kept, DetoxCompleted(months=5), FACILITY, at=IN_AUGUST)
    for batch in _batches([*merged(followup, twins), done], together=together):
        followup.feed(*batch)
    assert kinds([answer(followup, done)]) == ["detox-completed"]
    assert answer(followup, done).meta.subject == twins.gone


def test_after_unmerging_each_goes_its_own_way_again(followup: World) -> None:
    twins = told_apart(followup)
    admitted = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
    followup.feed(followup.intake.routed(twins.gone, admitted, FACILITY, at=IN_MARCH))
    followup.feed(*merged(followup, twins))
    followup.feed(*unmerged(followup, twins))
    done = followup.intake.routed(twins.kept, DetoxCompleted(months=5), FACILITY, at=IN_AUGUST)
    own = followup.intake.routed(twins.gone, DetoxCompleted(months=5), FACILITY, at=IN_AUGUST)
    followup.feed(done, own)
    assert kinds([answer(followup, done), answer(followup, own)]) == [
        "agency-event-deferred",
        "detox-completed",
    ]


def test_unmerging_one_of_three_leaves_the_other_two_one_person_for_the_rest_of_the_batch(
    followup: World,
) -> None:
    """The middle one was merged with both: only one of the merges is undone."""
    twins, third = told_apart(followup), Twins(uuid4(), uuid4(), (uuid4(), uuid4()), uuid4())
    chain = Twins(twins.gone, third.kept, (twins.clients[1], third.clients[0]), third.merge)
    opened = CaseOpened(client_id=third.clients[0], client_group=GROUP)
    followup.feed(followup.intake.event(third.kept, opened, org=SOCIAL))
    admitted = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
    followup.feed(followup.intake.routed(third.kept, admitted, FACILITY, at=IN_MARCH))
    followup.feed(*merged(followup, twins))
    followup.feed(*merged(followup, chain))
    cut_off = followup.intake.routed(twins.kept, DetoxCompleted(months=5), FACILITY, at=IN_AUGUST)
    theirs = followup.intake.routed(twins.gone, DetoxCompleted(months=5), FACILITY, at=IN_AUGUST)
    followup.feed(*unmerged(followup, twins), cut_off, theirs)
    assert kinds([answer(followup, cut_off), answer(followup, theirs)]) == [
        "agency-event-deferred",
        "detox-completed",
    ]


async def due_of(world: World, org: str) -> list[tuple[str, str]]:
    answer = await world.call("ListDeadlines", org=org)
    return [(one.which, one.case_id) for one in answer.deadlines]


async def test_the_terms_of_a_referral_run_on_in_its_own_case_through_merging_and_unmerging(
    referral: World,
) -> None:
    twins = told_apart(referral)
    referral.feed(referral.intake.routed(twins.gone, REQUEST, OTHER_SOCIAL))
    number = next(one.data.number for one in referral.log() if isinstance(one.data, ReferralRequested))
    referral.feed(*merged(referral, twins))
    assert await due_of(referral, CLINIC) == [("acknowledge", str(twins.gone))]
    referral.feed(referral.intake.routed(twins.kept, ReferralReceived(), CLINIC, number=number))
    assert await due_of(referral, CLINIC) == [("answer", str(twins.gone))]
    referral.feed(*unmerged(referral, twins))
    referral.clock_shows(IN_AUGUST)
    await eventually(lambda: kinds(referral.log())[-1] == "deadline-passed", "the term")
    told = [
        (one.data.which, one.meta.subject) for one in referral.log() if isinstance(one.data, DeadlinePassed)
    ]
    assert told == [(Deadline.ANSWER, twins.gone)]


def test_after_unmerging_a_referral_is_moved_in_its_own_case_and_in_no_other(referral: World) -> None:
    twins = told_apart(referral)
    referral.feed(referral.intake.routed(twins.gone, REQUEST, OTHER_SOCIAL))
    number = next(one.data.number for one in referral.log() if isinstance(one.data, ReferralRequested))
    referral.feed(*merged(referral, twins))
    referral.feed(referral.intake.routed(twins.kept, ReferralReceived(), CLINIC, number=number))
    referral.feed(*unmerged(referral, twins))
    elsewhere = referral.intake.routed(twins.kept, ReferralAccepted(), CLINIC, number=number)
    own = referral.intake.routed(twins.gone, ReferralAccepted(), CLINIC, number=number)
    referral.feed(elsewhere, own)
    refused = answer(referral, elsewhere).data
    assert (refused.code, kinds([answer(referral, own)])) == ("referral_unknown", ["referral-accepted"])


@pytest.mark.parametrize("together", [True, False])
async def test_who_confirms_a_handover_under_the_case_that_goes_on_ends_its_term(
    followup: World, *, together: bool
) -> None:
    twins = told_apart(followup)
    admitted = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
    told = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 4, 1))
    followup.feed(
        followup.intake.routed(twins.gone, admitted, FACILITY, at=IN_MARCH),
        followup.intake.routed(twins.gone, told, FACILITY, at=BEGUN),
    )
    assert await due_of(followup, COMMUNE) == [("handover_receipt", str(twins.gone))]
    received = followup.intake.routed(twins.kept, HandoverReceived(), COMMUNE, at=start_of(date(2019, 4, 1)))
    for batch in _batches([*merged(followup, twins), received], together=together):
        followup.feed(*batch)
    assert (answer(followup, received).meta.subject, await due_of(followup, COMMUNE)) == (twins.gone, [])


async def test_what_a_command_recorded_in_a_merged_case_is_taken_back_there(followup: World) -> None:
    twins = told_apart(followup)
    followup.sent(twins.gone, OTHER_SOCIAL, FACILITY)
    followup.feed(*merged(followup, twins))
    made = await followup.call("AdmitToDetox", org=FACILITY, case_id=str(twins.gone), kind="voluntary")
    fields = {"event_id": made.outcome.event_id, "reason": "wrong_person"}
    gone = await followup.call("VoidEvent", org=SUPERVISOR, **fields)
    voided = next(one for one in followup.log() if one.id == gone.outcome.event_id)
    assert (kinds([voided]), voided.meta.subject) == (["event-voided"], twins.gone)


def _batches(events: list[Recorded[Payload]], *, together: bool) -> list[list[Recorded[Payload]]]:
    return [events] if together else [[event] for event in events]
