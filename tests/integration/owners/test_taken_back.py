"""What people recorded by a command and take back, as referral and followup answer it on real databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from contracts.envelope import handle_of
from contracts.events.common import DeadlinePassed, EventVoided
from contracts.events.followup import DetoxAdmittedPosted, DetoxCompleted, ManagementStarted
from contracts.events.intake import ClientContacted
from contracts.events.referral import ReferralReceived
from contracts.vocabulary import Channel, ClientGroup, DetoxKind, ManagementModel
from reference.days import start_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, details, eventually, kinds

SENDER, PROVIDER = "ldtbxh-bo-de", "methadone-long-bien"
COORDINATOR, SUPERVISOR, ELSEWHERE = "dpv-long-bien", "pctnxh-ha-noi", "dpv-nam-tu-liem"
FACILITY, COMMUNE = "cai-nghien-ha-noi", "ubnd-bo-de"


def opened(world: World) -> UUID:
    case_id = uuid4()
    world.feed(world.intake.opened(case_id), world.intake.consented(case_id))
    return case_id


async def asked(world: World) -> tuple[UUID, Any]:
    """A referral that an operator asked for: its case, and what came of the command."""
    case_id = opened(world)
    fields = {"case_id": str(case_id), "service": "methadone", "provider": PROVIDER}
    return case_id, (await world.call("RequestReferral", org=SENDER, **fields)).outcome


async def void(world: World, event_id: str, org: str, **fields: Any) -> Any:
    said = {"reason": "wrong_data", **fields}
    return (await world.call("VoidEvent", org=org, event_id=event_id, **said)).outcome


async def why_not(world: World, event_id: str, org: str, **fields: Any) -> str:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await void(world, event_id, org, **fields)
    return f"{refused.value.code().name} {details(refused.value)['reason'].lower()}"


async def test_a_move_is_taken_back_by_who_made_it_and_its_term_runs_again(referral: World) -> None:
    case_id, made = await asked(referral)
    received = (await referral.call("ReceiveReferral", org=PROVIDER, referral=made.number)).outcome
    fields = {"note": "nhầm phiếu", "reason": "wrong_person"}
    answer = await void(referral, received.event_id, PROVIDER, **fields)
    assert (answer.state, answer.version, "receive" in answer.moves) == ("requested", 3, True)
    told = referral.log(case_id)[-1]
    assert answer.event_id == told.id
    assert isinstance(told.data, EventVoided)
    assert (told.data.event_id, told.data.note) == (received.event_id, "nhầm phiếu")
    assert (told.meta.org, told.meta.causation_id) == (PROVIDER, None)
    (due,) = (await referral.call("ListDeadlines", org=PROVIDER)).deadlines
    assert due.which == "acknowledge"
    again = await referral.call("ReceiveReferral", org=PROVIDER, referral=made.number)
    assert again.outcome.state == "received"


async def test_a_request_that_was_taken_back_is_void_and_due_for_nobody(referral: World) -> None:
    case_id, made = await asked(referral)
    assert (await void(referral, made.event_id, COORDINATOR)).state == "voided"
    assert not (await referral.call("ListDeadlines", org=PROVIDER)).deadlines
    referral.clock_shows(BEGUN + timedelta(days=30))
    before = len(referral.log(case_id))
    with pytest.raises(grpc.aio.AioRpcError):
        await referral.call("ReceiveReferral", org=PROVIDER, referral=made.number)
    assert len(referral.log(case_id)) == before


async def test_a_record_is_taken_back_by_the_handle_that_a_timeline_names_it_by(
    referral: World,
) -> None:
    _, made = await asked(referral)
    received = await referral.call("ReceiveReferral", org=PROVIDER, referral=made.number)
    assert received.outcome.state == "received"
    assert (await void(referral, handle(referral), PROVIDER)).state == "requested"
    assert await why_not(referral, handle(referral)[:-1] + "-", PROVIDER) == "NOT_FOUND event_not_found"


async def test_so_is_an_admission(followup: World) -> None:
    await admitted(followup)
    assert (await void(followup, handle(followup), FACILITY)).state == "opened"


def handle(world: World) -> str:
    """Of what was recorded last."""
    told = world.log()[-1]
    return handle_of(told.id, told.meta, told.data)


@pytest.mark.parametrize("org", [PROVIDER, ELSEWHERE, "cap-bo-de", COMMUNE])
async def test_nobody_else_finds_it(referral: World, org: str) -> None:
    case_id, made = await asked(referral)
    assert await why_not(referral, made.event_id, org) == "NOT_FOUND event_not_found"
    assert kinds(referral.log(case_id)) == ["referral-requested"]


async def test_voiding_twice_voiding_a_void_and_voiding_nothing_are_refused(referral: World) -> None:
    _, made = await asked(referral)
    gone = await void(referral, made.event_id, SUPERVISOR)
    stream = made.event_id.partition(":")[0]
    reasons = [
        await why_not(referral, event_id, SUPERVISOR)
        for event_id in (made.event_id, gone.event_id, f"{stream}:9", f"{uuid4()}:1", "e-1", f"{stream}:01")
    ]
    nothing = ["NOT_FOUND event_not_found"] * 4
    assert reasons == ["FAILED_PRECONDITION already_voided", "FAILED_PRECONDITION void_of_a_void", *nothing]


async def test_a_version_that_has_passed_is_told_and_a_retry_gets_the_same_answer(referral: World) -> None:
    case_id, made = await asked(referral)
    await referral.call("ReceiveReferral", org=PROVIDER, referral=made.number)
    assert (await why_not(referral, made.event_id, SENDER, expected_version=1)).startswith("ABORTED")
    answers = [await void(referral, made.event_id, SENDER, request_id="r-7") for _ in range(2)]
    assert answers[0] == answers[1]
    assert kinds(referral.log(case_id)).count("event-voided") == 1


async def test_what_an_agency_posted_is_voided_where_it_was_posted(referral: World) -> None:
    case_id, made = await asked(referral)
    routed = referral.intake.routed(case_id, ReferralReceived(), PROVIDER, number=made.number)
    referral.feed(routed)
    posted = referral.log(case_id)[-1].id
    for org, reason, named in (
        (PROVIDER, "VOID_WHAT_WAS_POSTED", None),
        (SUPERVISOR, "VOID_WHAT_WAS_POSTED_AS", routed.id),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await void(referral, posted, org)
        told = details(refused.value)
        assert (told["reason"], told.get("event")) == (reason, named)


async def test_what_the_clock_recorded_is_nobodys_to_void_but_goes_with_what_it_came_of(
    referral: World,
) -> None:
    case_id, made = await asked(referral)
    referral.clock_shows(start_of(date(2019, 4, 1)))
    await eventually(lambda: len(referral.log(case_id)) == 2, "the deadline")
    passed = referral.log(case_id)[-1]
    assert isinstance(passed.data, DeadlinePassed)
    assert await why_not(referral, passed.id, SUPERVISOR) == "NOT_FOUND event_not_found"
    await void(referral, made.event_id, SENDER)
    voided = [one.data.event_id for one in referral.log(case_id) if isinstance(one.data, EventVoided)]
    assert voided == [made.event_id, passed.id]


async def admitted(world: World) -> tuple[UUID, Any]:
    """A stay that an operator recorded, in March."""
    case_id = opened(world)
    world.sent(case_id, SENDER, FACILITY)
    fields: dict[str, Any] = {"case_id": str(case_id), "kind": "voluntary", "act": {"on": "2019-03-01"}}
    return case_id, (await world.call("AdmitToDetox", org=FACILITY, **fields)).outcome


async def test_a_completion_is_taken_back_and_the_stay_goes_on(followup: World) -> None:
    followup.clock_shows(start_of(date(2019, 10, 1)))
    case_id, stay = await admitted(followup)
    met = ClientContacted(channel=Channel.STREET, commune="00139", client_group=ClientGroup.DRUG_USER)
    followup.feed(followup.intake.event(case_id, met))
    completed = await followup.call("CompleteDetox", org=FACILITY, stay=stay.number, months=5)
    answer = await void(followup, completed.outcome.event_id, SUPERVISOR)
    assert answer.state == "detox_admitted", "the case is of its province"
    posted = followup.intake.routed(case_id, DetoxCompleted(months=6), FACILITY)
    followup.feed(posted)
    assert kinds(followup.log(case_id))[-1] == "detox-completed"


async def test_what_waited_because_of_it_is_tried_again(followup: World) -> None:
    """Staff entered an admission that the facility's own system reports otherwise."""
    followup.clock_shows(start_of(date(2019, 10, 1)))
    case_id, stay = await admitted(followup)
    posted = followup.intake.routed(
        case_id, DetoxAdmittedPosted(kind=DetoxKind.COMPULSORY), FACILITY, at=start_of(date(2019, 3, 5))
    )
    followup.feed(posted)
    assert kinds(followup.log(case_id))[-1] == "agency-event-deferred"
    await void(followup, stay.event_id, FACILITY)
    last = followup.log(case_id)[-1]
    assert (kinds([last]), last.meta.causation_id) == (["detox-admitted"], posted.id)


async def test_a_management_that_was_taken_back_is_evaluated_by_nobody(followup: World) -> None:
    followup.clock_shows(start_of(date(2019, 10, 1)))
    case_id, stay = await admitted(followup)
    await followup.call("CompleteDetox", org=FACILITY, stay=stay.number, months=5)
    managed = (
        await followup.call("StartManagement", org=COMMUNE, stay=stay.number, model="club")
    ).outcome.event_id
    followup.clock_shows(start_of(date(2020, 10, 2)))
    await eventually(lambda: kinds(followup.log(case_id))[-1] == "evaluation-due", "the year's end")
    await void(followup, managed, COMMUNE)
    assert kinds(followup.log(case_id))[-2:] == ["event-voided"] * 2
    assert not (await followup.call("ListDue", org=COMMUNE)).due
    followup.feed(
        followup.intake.routed(
            case_id, ManagementStarted(model=ManagementModel.CLUB), COMMUNE, at=start_of(date(2020, 9, 1))
        )
    )
    assert kinds(followup.log(case_id))[-1] == "management-started"


async def test_what_only_opens_a_pathway_is_not_voided(followup: World) -> None:
    case_id, stay = await admitted(followup)
    stream = stay.event_id.partition(":")[0]
    opening = followup.log(case_id)[0]
    assert opening.id == f"{stream}:1"
    by_handle = await why_not(followup, handle_of(opening.id, opening.meta, opening.data), FACILITY)
    assert by_handle == "FAILED_PRECONDITION event_not_voidable"
    unknown = "NOT_FOUND event_not_found"
    assert await why_not(followup, f"{stream}:1", FACILITY) == unknown, "it may not count what others did"
    assert await why_not(followup, f"{stream}:2", "tyt-bo-de") == "NOT_FOUND event_not_found"
