"""Referral on a real database: what intake routes to it, what operators command, what the clock ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from chassis import ids
from contracts.base import Label, Payload
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused
from contracts.events.consent import ConsentGiven
from contracts.events.intake import ClientIntroduced, CounsellingProvided
from contracts.events.referral import (
    ReferralAccepted,
    ReferralReceived,
    ReferralRequested,
    ReferralRequestedPosted,
    ServiceStarted,
)
from contracts.vocabulary import CounsellingMode, CounsellingTopic, OrgKind, PurposeOfUse, Service

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, details, kinds

SENDER, PROVIDER, STRANGER = "ldtbxh-bo-de", "methadone-long-bien", "opc-long-bien"
REQUEST = ReferralRequestedPosted(service=Service.METHADONE, provider=PROVIDER)
RECEIVED, ACCEPTED, STARTED = ReferralReceived(), ReferralAccepted(), ServiceStarted()
OF_NOBODY = ids.number(bytes(32), "CG", "nobody")


@pytest.fixture
def case_id(referral: World) -> UUID:
    case_id = uuid4()
    referral.feed(referral.intake.opened(case_id), referral.intake.consented(case_id))
    return case_id


def requested(world: World, case_id: UUID) -> str:
    """A referral that the commune's staff posted; its number."""
    world.feed(world.intake.routed(case_id, REQUEST, SENDER))
    data = world.log(case_id)[-1].data
    assert isinstance(data, ReferralRequested)
    return data.number


def moved(world: World, case_id: UUID, number: str | None, *moves: Payload, org: str = PROVIDER) -> None:
    """Moves that the provider posted, as one batch."""
    world.feed(*(world.intake.routed(case_id, move, org, number=number) for move in moves))


async def test_a_routed_request_becomes_a_referral_with_a_number(referral: World, case_id: UUID) -> None:
    routed = referral.intake.routed(case_id, REQUEST, SENDER)
    referral.feed(routed)
    (event,) = referral.log(case_id)
    assert isinstance(event.data, ReferralRequested)
    assert event.data.number.startswith("CG-")
    assert (event.meta.org, event.meta.causation_id) == (SENDER, routed.id)


async def test_moves_of_one_batch_go_through_in_their_order(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    moved(referral, case_id, number, RECEIVED, ACCEPTED, STARTED)
    assert kinds(referral.log(case_id))[1:] == ["referral-received", "referral-accepted", "service-started"]


async def test_the_same_log_gives_the_same_ids_and_numbers_again(referral: World, case_id: UUID) -> None:
    routed = referral.intake.routed(case_id, REQUEST, SENDER)
    referral.feed(routed)
    (first,) = referral.log(case_id)
    uow = referral.parts.store.unit_of_work()
    decider = referral.parts.service.decider(referral.parts)
    records = referral.intake.records(routed)
    decider.prepare(uow, records)
    decider.decide(uow, records[0])
    uow.collect()
    (again,), _ = uow.seal()
    assert again.state == first.to_bytes()


async def test_every_routed_event_has_an_answer_on_the_log(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    events = [
        referral.intake.routed(case_id, RECEIVED, PROVIDER, number=number),
        referral.intake.routed(case_id, RECEIVED, PROVIDER, number=number),
        referral.intake.routed(case_id, STARTED, PROVIDER, number=number),
        referral.intake.routed(case_id, ACCEPTED, STRANGER, number=number),
        referral.intake.routed(case_id, ACCEPTED, PROVIDER, number="CG-0000-0000-0000-0"),
        referral.intake.routed(case_id, ACCEPTED, PROVIDER),
    ]
    results = referral.feed(*events)
    assert not any(result.parked for result in results)
    answers = {event.meta.causation_id: event.data for event in referral.log(case_id)[1:]}
    said = [type(answers[event.id]).__name__ for event in events]
    assert said == [
        "ReferralReceived",
        "AgencyEventRefused",
        "AgencyEventDeferred",
        *["AgencyEventRefused"] * 3,
    ]
    codes = [getattr(answers[event.id], "code", None) for event in events]
    assert codes[1:] == [
        "move_not_allowed",
        "too_early",
        "referral_unknown",
        "referral_unknown",
        "number_missing",
    ]


async def test_a_late_move_releases_what_waited_for_it(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    early = referral.intake.routed(case_id, STARTED, PROVIDER, number=number)
    referral.feed(early)
    assert isinstance(referral.log(case_id)[-1].data, AgencyEventDeferred)
    moved(referral, case_id, number, RECEIVED)
    moved(referral, case_id, number, ACCEPTED)
    last = referral.log(case_id)[-1]
    assert isinstance(last.data, ServiceStarted)
    assert last.meta.causation_id == early.id


async def test_what_waits_goes_through_also_long_after_its_term(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    early = referral.intake.routed(case_id, STARTED, PROVIDER, number=number)
    referral.feed(early)
    referral.clock_shows(BEGUN + timedelta(days=400))
    moved(referral, case_id, number, RECEIVED)
    moved(referral, case_id, number, ACCEPTED)
    last = referral.log(case_id)[-1]
    assert isinstance(last.data, ServiceStarted)
    assert last.meta.causation_id == early.id


async def test_a_closed_case_takes_no_new_request_but_goes_on_with_what_is_under_way(
    referral: World, case_id: UUID
) -> None:
    number = requested(referral, case_id)
    after = BEGUN + timedelta(days=2)
    referral.feed(
        referral.intake.closed(case_id, BEGUN + timedelta(days=1)),
        referral.intake.routed(case_id, REQUEST, SENDER, at=after),
        referral.intake.routed(case_id, RECEIVED, PROVIDER, number=number, at=after),
    )
    assert kinds(referral.log(case_id))[1:] == ["agency-event-refused", "referral-received"]
    refusal = referral.log(case_id)[1].data
    assert isinstance(refusal, AgencyEventRefused)
    assert refusal.code == "case_closed"


async def test_a_request_names_the_newest_consent_that_covers_it(referral: World, case_id: UUID) -> None:
    consent = ConsentGiven(
        purposes=(PurposeOfUse.TREATMENT,), recipients=(OrgKind.METHADONE_CLINIC,), labels=(Label.OST,)
    )
    other = consent.model_copy(update={"recipients": (OrgKind.PROVIDER,)})
    at = BEGUN - timedelta(hours=1)
    given = referral.intake.event(case_id, consent, at=at)
    referral.feed(
        given, referral.intake.event(case_id, other, at=at), referral.intake.routed(case_id, REQUEST, SENDER)
    )
    data = referral.log(case_id)[-1].data
    assert isinstance(data, ReferralRequested)
    assert data.consent_id == given.id


async def test_bytes_that_are_no_event_park_their_case_and_no_other(referral: World, case_id: UUID) -> None:
    other = uuid4()
    bad = referral.intake.record(b"{", str(case_id))
    records = [
        bad,
        *referral.intake.records(
            referral.intake.routed(case_id, REQUEST, SENDER),
            referral.intake.opened(other),
            referral.intake.consented(other),
            referral.intake.routed(other, REQUEST, SENDER),
        ),
    ]
    results = referral.parts.writer.run(records)
    assert [result.parked for result in results] == [True, True, False, False, False]
    assert (kinds(referral.log(case_id)), kinds(referral.log(other))) == ([], ["referral-requested"])


# Operators


async def test_an_operator_takes_a_referral_from_request_to_closed_loop(
    referral: World, case_id: UUID
) -> None:
    asked = await referral.call(
        "RequestReferral",
        org=SENDER,
        case_id=str(case_id),
        service="methadone",
        provider=PROVIDER,
        plan_item=1,
    )
    number = asked.outcome.number
    steps: list[tuple[str, dict[str, Any]]] = [
        ("ReceiveReferral", {}),
        ("AcceptReferral", {"note": "đến thứ hai"}),
        ("ScheduleAppointment", {"appointment_at": BEGUN + timedelta(days=4)}),
        ("MissAppointment", {}),
        ("ScheduleAppointment", {"appointment_at": BEGUN + timedelta(days=8), "place": "phòng 2"}),
        ("StartService", {}),
        ("ReportInterim", {"progress": "improving"}),
        ("HoldService", {"reason": "client_ill", "until": "2019-04-01"}),
        ("ResumeService", {}),
        ("CompleteService", {"result": "goal_met"}),
    ]
    for method, fields in steps:
        await referral.call(method, org=PROVIDER, referral=number, **fields)
    closed = await referral.call("CloseLoop", org=SENDER, referral=number)
    assert (closed.outcome.state, list(closed.outcome.moves), closed.outcome.version) == ("closed", [], 12)
    assert closed.outcome.position == 12
    assert closed.outcome.event_id == referral.log(case_id)[-1].id


async def test_the_same_request_id_gets_the_same_answer_and_one_event(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    answers = [
        await referral.call("ReceiveReferral", org=PROVIDER, referral=number, request_id="r-1")
        for _ in range(3)
    ]
    assert answers[0] == answers[1] == answers[2]
    assert kinds(referral.log(case_id)) == ["referral-requested", "referral-received"]


async def test_a_retried_request_makes_one_referral(referral: World, case_id: UUID) -> None:
    fields = {"case_id": str(case_id), "service": "methadone", "provider": PROVIDER}
    calls = [referral.call("RequestReferral", org=SENDER, request_id="r-2", **fields) for _ in range(5)]
    numbers = {answer.outcome.number for answer in await asyncio.gather(*calls)}
    assert len(numbers) == 1
    assert kinds(referral.log(case_id)) == ["referral-requested"]


async def test_a_number_is_understood_as_people_type_it(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    typed = number.replace("-", " ").lower()
    answer = await referral.call("ReceiveReferral", org=PROVIDER, referral=typed)
    assert answer.outcome.state == "received"


async def test_a_command_too_early_is_refused_at_once_with_state_and_moves(
    referral: World, case_id: UUID
) -> None:
    number = requested(referral, case_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call("StartService", org=PROVIDER, referral=number)
    told = details(refused.value)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert (told["reason"], told["state"], told["moves"]) == ("TOO_EARLY", "requested", "receive,reject")
    assert len(referral.log(case_id)) == 1


async def test_a_command_releases_an_agencys_event_that_waited(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    moved(referral, case_id, number, RECEIVED, STARTED)
    answer = await referral.call("AcceptReferral", org=PROVIDER, referral=number)
    assert answer.outcome.state == "in_progress"
    assert kinds(referral.log(case_id))[-2:] == ["referral-accepted", "service-started"]


async def test_an_expected_version_that_has_passed_is_aborted_and_told_what_changed(
    referral: World, case_id: UUID
) -> None:
    number = requested(referral, case_id)
    moved(referral, case_id, number, RECEIVED)
    with pytest.raises(grpc.aio.AioRpcError) as aborted:
        await referral.call(
            "RejectReferral", org=PROVIDER, referral=number, reason="capacity", expected_version=1
        )
    told = details(aborted.value)
    assert aborted.value.code() is grpc.StatusCode.ABORTED
    assert (told["version"], told["state"], told["changed"]) == ("2", "received", "referral-received")
    answer = await referral.call(
        "RejectReferral", org=PROVIDER, referral=number, reason="capacity", expected_version=2
    )
    assert answer.outcome.state == "rejected"


@pytest.mark.parametrize(
    ("method", "fields", "code", "says"),
    [
        ("ReceiveReferral", {"referral": "CG-1"}, "INVALID_ARGUMENT", "referral"),
        ("ReceiveReferral", {"referral": "LT-0000-0000-0000-0"}, "INVALID_ARGUMENT", "referral"),
        ("RequestReferral", {"case_id": "x", "service": "methadone"}, "INVALID_ARGUMENT", "provider"),
        (
            "RequestReferral",
            {"case_id": "x", "service": "sauna", "provider": PROVIDER},
            "INVALID_ARGUMENT",
            "service",
        ),
        (
            "RequestReferral",
            {"case_id": "x", "service": "loan", "provider": PROVIDER},
            "INVALID_ARGUMENT",
            "case_id",
        ),
        (
            "RequestReferral",
            {"case_id": str(UUID(int=7)), "service": "methadone", "provider": PROVIDER},
            "NOT_FOUND",
            "case",
        ),
    ],
)
async def test_bad_input_is_named_field_by_field(
    referral: World, method: str, fields: dict[str, str], code: str, says: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call(method, org=SENDER if method == "RequestReferral" else PROVIDER, **fields)
    assert refused.value.code().name == code
    assert says in (refused.value.details() or "")


async def test_a_provider_that_does_not_offer_the_service_is_refused(referral: World, case_id: UUID) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call(
            "RequestReferral", org=SENDER, case_id=str(case_id), service="loan", provider=PROVIDER
        )
    assert details(refused.value)["reason"] == "SERVICE_NOT_OFFERED"


async def test_an_organisation_of_neither_side_may_not_move_it(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call("ReceiveReferral", org=STRANGER, referral=number)
    with pytest.raises(grpc.aio.AioRpcError) as unknown:
        await referral.call("ReceiveReferral", org=STRANGER, referral=OF_NOBODY)
    assert refused.value.code() is unknown.value.code() is grpc.StatusCode.NOT_FOUND
    told, of_none = details(refused.value), details(unknown.value)
    assert told | {"correlation_id": ""} == of_none | {"correlation_id": ""}


async def test_an_office_that_has_nothing_to_do_with_a_case_refers_nobody_in_it(
    referral: World, case_id: UUID
) -> None:
    fields = {"case_id": str(case_id), "service": "methadone", "provider": PROVIDER}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call("RequestReferral", org="ldtbxh-my-dinh-1", **fields)
    assert details(refused.value)["reason"] == "CASE_UNKNOWN"
    referral.feed(
        referral.intake.event(
            case_id,
            CounsellingProvided(topic=CounsellingTopic.JOB, mode=CounsellingMode.OFFICE),
            org="ldtbxh-my-dinh-1",
        )
    )
    await referral.call("RequestReferral", org="ldtbxh-my-dinh-1", **fields)


async def test_who_the_client_was_introduced_to_may_refer(referral: World, case_id: UUID) -> None:
    introduced = ClientIntroduced(
        to_org="ldtbxh-my-dinh-1", instead_of_administrative_file=True, number="GT-0000-0000-0000-0"
    )
    referral.feed(referral.intake.event(case_id, introduced))
    fields = {"case_id": str(case_id), "service": "methadone", "provider": PROVIDER}
    await referral.call("RequestReferral", org="ldtbxh-my-dinh-1", **fields)


async def test_police_may_not_refer(referral: World, case_id: UUID) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call(
            "RequestReferral", org="cap-bo-de", case_id=str(case_id), service="methadone", provider=PROVIDER
        )
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_an_agencys_token_commands_nothing(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call("ReceiveReferral", org=PROVIDER, role="agency", referral=number)
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


async def test_nothing_is_commanded_for_the_future(referral: World, case_id: UUID) -> None:
    number = requested(referral, case_id)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call(
            "ReceiveReferral", org=PROVIDER, referral=number, act={"at": BEGUN + timedelta(days=2)}
        )
    assert "act.at" in (refused.value.details() or "")


async def test_sixty_four_commands_at_once_are_each_answered(referral: World, case_id: UUID) -> None:
    cases = [uuid4() for _ in range(64)]
    referral.feed(*(referral.intake.opened(one) for one in cases))
    referral.feed(*(referral.intake.consented(one) for one in cases))
    calls = [
        referral.call("RequestReferral", org=SENDER, case_id=str(one), service="methadone", provider=PROVIDER)
        for one in cases
    ]
    answers = await asyncio.gather(*calls)
    assert len({answer.outcome.number for answer in answers}) == 64
    assert sorted(answer.outcome.position for answer in answers) == list(range(1, 65))
