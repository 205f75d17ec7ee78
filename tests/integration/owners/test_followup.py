"""Followup on a real database: what intake routes to it, what operators command, what a year brings."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.common import AgencyEventDeferred
from contracts.events.followup import (
    DetoxAdmitted,
    DetoxAdmittedPosted,
    DetoxCompleted,
    EvaluationDue,
    FollowupOpened,
    HandoverNotified,
    HandoverReceived,
    ManagementStarted,
    MethadoneInductedPosted,
    ReintegrationEvaluated,
)
from contracts.events.intake import ClientContacted
from contracts.vocabulary import (
    Channel,
    ClientGroup,
    DetoxKind,
    Evidence,
    ManagementModel,
    NumberKind,
    OrgKind,
)
from reference.days import start_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, details, eventually, kinds

FACILITY, CLINIC, COMMUNE = "cai-nghien-ha-noi", "methadone-long-bien", "ubnd-bo-de"
ADMITTED = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
COMPLETED = DetoxCompleted(months=6)
NOTIFIED = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 9, 1))
BY_LAW = "after_care_handover"
RECEIVED = HandoverReceived()
MANAGED = ManagementStarted(model=ManagementModel.CLUB)
EVALUATED = ReintegrationEvaluated(
    relapsed=False,
    employed=True,
    evidence=(Evidence.HOME_VISIT,),
    checked_by="gs-02",
    checked_by_kind=OrgKind.SUPERVISOR,
)
IN_MARCH, IN_AUGUST, IN_SEPTEMBER = (start_of(date(2019, month, 1)) for month in (3, 8, 9))
A_YEAR_LATER = start_of(date(2020, 9, 1))


@pytest.fixture
def case_id(followup: World) -> UUID:
    case_id = uuid4()
    followup.feed(followup.intake.opened(case_id))
    return case_id


def routed(
    world: World, case_id: UUID, payload: Payload, org: str, at: datetime = BEGUN, stay: str | None = None
) -> Recorded[Payload]:
    basis = BY_LAW if isinstance(payload, HandoverNotified) else None
    return world.intake.routed(
        case_id, payload, org, at=at, number=stay, kind=NumberKind.STAY, legal_basis=basis
    )


def way_to_management(world: World, case_id: UUID, at: datetime = IN_SEPTEMBER) -> list[Recorded[Payload]]:
    return [
        routed(world, case_id, ADMITTED, FACILITY, IN_MARCH),
        routed(world, case_id, COMPLETED, FACILITY, IN_AUGUST),
        routed(world, case_id, NOTIFIED, FACILITY, IN_AUGUST),
        routed(world, case_id, RECEIVED, COMMUNE, at),
        routed(world, case_id, MANAGED, COMMUNE, at),
    ]


def dues(world: World) -> list[Recorded[Payload]]:
    return [event for event in world.log() if isinstance(event.data, EvaluationDue)]


async def test_the_first_event_of_a_case_opens_its_pathway(followup: World, case_id: UUID) -> None:
    event = routed(followup, case_id, ADMITTED, FACILITY)
    followup.feed(event)
    opened, admitted = followup.log(case_id)
    assert isinstance(opened.data, FollowupOpened)
    assert isinstance(admitted.data, DetoxAdmitted)
    assert admitted.data.stay_number.startswith("LT-")
    assert admitted.meta.causation_id == event.id


async def test_a_whole_way_goes_through_as_one_batch(followup: World, case_id: UUID) -> None:
    results = followup.feed(*way_to_management(followup, case_id))
    assert not any(result.parked for result in results)
    assert kinds(followup.log(case_id)) == [
        "followup-opened",
        "detox-admitted",
        "detox-completed",
        "handover-notified",
        "handover-received",
        "management-started",
    ]


async def test_a_way_reported_backwards_is_recorded_forwards(followup: World, case_id: UUID) -> None:
    for event in reversed(way_to_management(followup, case_id)):
        followup.feed(event)
    recorded = [event for event in followup.log(case_id) if not isinstance(event.data, AgencyEventDeferred)]
    said = kinds(recorded)
    assert len(said) == 6
    assert said[:3] == ["followup-opened", "detox-admitted", "detox-completed"]
    assert said.index("handover-notified") < said.index("handover-received")
    assert "management-started" in said[3:]


async def test_every_routed_event_has_an_answer_on_the_log(followup: World, case_id: UUID) -> None:
    events = [
        routed(followup, case_id, COMPLETED, FACILITY),
        routed(followup, case_id, RECEIVED, COMMUNE),
        routed(followup, case_id, COMPLETED, FACILITY, stay="LT-0000-0000-0000-0"),
        routed(followup, case_id, MethadoneInductedPosted(), CLINIC),
        routed(followup, case_id, MethadoneInductedPosted(), CLINIC),
    ]
    followup.feed(*events)
    answers = {
        e.meta.causation_id: e.data for e in followup.log(case_id) if not isinstance(e.data, FollowupOpened)
    }
    codes = [getattr(answers[event.id], "code", "done") for event in events]
    assert codes == ["too_early", "too_early", "stay_unknown", "done", "already_recorded"]


async def test_what_waits_goes_through_also_long_after_its_term(followup: World, case_id: UUID) -> None:
    early = routed(followup, case_id, COMPLETED, FACILITY, at=BEGUN + timedelta(days=90))
    followup.feed(early)
    followup.clock_shows(BEGUN + timedelta(days=400))
    followup.feed(routed(followup, case_id, ADMITTED, FACILITY))
    assert kinds(followup.log(case_id))[-2:] == ["detox-admitted", "detox-completed"]
    assert followup.log(case_id)[-1].meta.causation_id == early.id


async def test_the_evaluation_falls_due_a_year_after_management_started(
    followup: World, case_id: UUID
) -> None:
    followup.feed(*way_to_management(followup, case_id))
    started = followup.log(case_id)[-1]
    followup.clock_shows(A_YEAR_LATER)
    await eventually(lambda: bool(dues(followup)), "the evaluation falling due")
    (due,) = dues(followup)
    assert isinstance(due.data, EvaluationDue)
    assert due.data.due_on == date(2020, 9, 1)
    assert (due.meta.occurred_at, due.meta.precision) == (A_YEAR_LATER, "day")
    assert due.meta.causation_id == started.id


async def test_an_evaluation_is_judged_by_the_law_of_the_day_from_which_its_year_ran(
    followup: World, case_id: UUID
) -> None:
    started = datetime(2025, 9, 1, 2, tzinfo=UTC)
    followup.clock_shows(started + timedelta(days=1))
    followup.feed(*way_to_management(followup, case_id, started))
    followup.clock_shows(started + timedelta(days=366))
    await eventually(lambda: bool(dues(followup)), "the evaluation falling due")
    (due,) = dues(followup)
    assert (due.meta.occurred_at.year, due.meta.policy_version.partition("@")[0]) == (2026, "vn-law-2021")


async def test_the_evaluation_is_not_due_a_moment_before(followup: World, case_id: UUID) -> None:
    followup.feed(*way_to_management(followup, case_id))
    other = uuid4()
    followup.feed(followup.intake.opened(other), *way_to_management(followup, other, IN_AUGUST))
    followup.clock_shows(A_YEAR_LATER - timedelta(microseconds=1))
    await eventually(lambda: bool(dues(followup)), "the other case's evaluation falling due")
    assert [due.meta.subject for due in dues(followup)] == [other]


async def test_with_two_instances_each_evaluation_falls_due_exactly_once(followup: World) -> None:
    cases = [uuid4() for _ in range(40)]
    for case_id in cases:
        followup.feed(followup.intake.opened(case_id), *way_to_management(followup, case_id))
    followup.clock_shows(A_YEAR_LATER)
    await eventually(lambda: len(dues(followup)) >= len(cases), "every evaluation falling due")
    followup.clock_shows(A_YEAR_LATER + timedelta(days=1))
    await asyncio.gather(*(_rung(followup) for _ in range(3)))
    assert sorted(due.meta.subject for due in dues(followup)) == sorted(cases)


async def _rung(world: World) -> None:
    """No timer is left: whatever an instance had seen due has been decided."""

    def none_left() -> bool:
        with world.parts.connect() as connection:
            row = connection.execute("SELECT count(*) AS n FROM timers WHERE due_at < %s", (A_YEAR_LATER,))
            return bool(row.fetchone()["n"] == 0)  # type: ignore[index]

    await eventually(none_left, "timers being taken away")


async def test_a_management_reported_years_late_falls_due_at_once(followup: World, case_id: UUID) -> None:
    followup.clock_shows(A_YEAR_LATER + timedelta(days=400))
    followup.feed(*way_to_management(followup, case_id))
    await eventually(lambda: bool(dues(followup)), "the evaluation falling due")


async def test_a_case_that_intake_never_told_of_is_parked(followup: World) -> None:
    (result,) = followup.feed(routed(followup, uuid4(), ADMITTED, FACILITY))
    assert result.parked


# Operators


async def test_an_operator_takes_a_person_from_admission_to_evaluation(
    followup: World, case_id: UUID
) -> None:
    followup.clock_shows(A_YEAR_LATER + timedelta(days=3))
    followup.sent(case_id, "ldtbxh-bo-de", FACILITY)
    admitted = await followup.call(
        "AdmitToDetox", org=FACILITY, case_id=str(case_id), kind="voluntary", act={"on": "2019-03-01"}
    )
    stay = admitted.outcome.number
    steps: list[tuple[str, str, str, dict[str, Any]]] = [
        ("CompleteDetox", FACILITY, "2019-08-01", {"months": 5, "certificate": "GCN-77"}),
        (
            "NotifyHandover",
            FACILITY,
            "2019-08-01",
            {"to_org": COMMUNE, "to_commune": "00139", "due_on": "2019-09-01"},
        ),
        ("ReceiveHandover", COMMUNE, "2019-09-01", {}),
        ("StartManagement", COMMUNE, "2019-09-01", {"model": "club"}),
        ("ProvideSupport", COMMUNE, "2019-10-01", {"kind": "loan", "amount_vnd": 20_000_000}),
    ]
    for method, org, on, fields in steps:
        basis = BY_LAW if method == "NotifyHandover" else ""
        await followup.call(method, org=org, stay=stay, act={"on": on, "legal_basis": basis}, **fields)
    evaluated = await followup.call(
        "RecordEvaluation",
        org=COMMUNE,
        stay=stay,
        act={"on": "2020-09-02"},
        evidence=["home_visit"],
        checked_by="gs-02",
        checked_by_kind="supervisor",
    )
    assert evaluated.outcome.state == "reintegration_evaluated"
    await eventually(lambda: bool(dues(followup)), "the evaluation falling due")
    data = [e.data for e in followup.log(case_id) if isinstance(e.data, ReintegrationEvaluated)]
    assert [(one.relapsed, one.employed) for one in data] == [(False, False)]


async def test_the_same_request_id_gets_the_same_stay_number(followup: World, case_id: UUID) -> None:
    followup.sent(case_id, "ldtbxh-bo-de", FACILITY)
    fields = {"org": FACILITY, "case_id": str(case_id), "kind": "voluntary", "request_id": "r-1"}
    answers = await asyncio.gather(*(followup.call("AdmitToDetox", **fields) for _ in range(4)))
    assert len({answer.outcome.number for answer in answers}) == 1
    assert kinds(followup.log(case_id)) == ["followup-opened", "detox-admitted"]


async def test_a_refused_command_opens_no_pathway(followup: World, case_id: UUID) -> None:
    followup.sent(case_id, "ldtbxh-bo-de", FACILITY)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await followup.call("CompleteDetox", org=FACILITY, case_id=str(case_id), months=6)
    assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert details(refused.value)["reason"] == "TOO_EARLY"
    assert followup.log(case_id) == []


async def test_who_has_nothing_to_do_with_a_case_learns_not_even_that_there_is_one(
    followup: World, case_id: UUID
) -> None:
    fields = {"case_id": str(case_id), "kind": "loan"}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await followup.call("ProvideSupport", org="ubnd-my-dinh-1", **fields)
    assert details(refused.value)["reason"] == "CASE_UNKNOWN"
    contact = ClientContacted(channel=Channel.STREET, commune="00139", client_group=ClientGroup.DRUG_USER)
    followup.feed(followup.intake.event(case_id, contact, org="cap-bo-de"))
    police = "the police of its own commune met the client"
    assert (await followup.call("ProvideSupport", org=COMMUNE, **fields)).outcome.version == 2, police


async def test_who_is_told_of_a_handover_has_to_do_with_the_case(followup: World, case_id: UUID) -> None:
    told = NOTIFIED.model_copy(update={"to_org": "ubnd-my-dinh-1"})
    followup.feed(*way_to_management(followup, case_id)[:2], routed(followup, case_id, told, FACILITY))
    answer = await followup.call("ReceiveHandover", org="ubnd-my-dinh-1", case_id=str(case_id))
    assert answer.outcome.state == "handover_received"


async def test_an_expected_version_that_has_passed_is_aborted(followup: World, case_id: UUID) -> None:
    followup.feed(routed(followup, case_id, ADMITTED, FACILITY))
    with pytest.raises(grpc.aio.AioRpcError) as aborted:
        await followup.call("CompleteDetox", org=FACILITY, case_id=str(case_id), months=6, expected_version=1)
    assert aborted.value.code() is grpc.StatusCode.ABORTED
    assert details(aborted.value)["changed"] == "detox-admitted"


@pytest.mark.parametrize(
    ("method", "fields", "code", "says"),
    [
        ("CompleteDetox", {"stay": "LT-12", "months": 6}, "INVALID_ARGUMENT", "stay"),
        ("CompleteDetox", {"case_id": "x", "months": 61}, "INVALID_ARGUMENT", "months"),
        ("CompleteDetox", {"case_id": str(UUID(int=7)), "months": 6}, "NOT_FOUND", "case"),
        ("CompleteDetox", {"months": 6}, "NOT_FOUND", "stay"),
        (
            "NotifyHandover",
            {"case_id": "x", "to_org": "nobody", "to_commune": "00139", "due_on": "2019-09-01"},
            "INVALID_ARGUMENT",
            "to_org",
        ),
        (
            "NotifyHandover",
            {"case_id": "x", "to_org": CLINIC, "to_commune": "00139", "due_on": "2019-09-01"},
            "INVALID_ARGUMENT",
            "to_org",
        ),
        (
            "NotifyHandover",
            {"case_id": "x", "to_org": COMMUNE, "to_commune": "00592", "due_on": "2019-09-01"},
            "INVALID_ARGUMENT",
            "to_org",
        ),
        (
            "NotifyHandover",
            {"case_id": "x", "to_org": COMMUNE, "to_commune": "99999", "due_on": "2019-09-01"},
            "INVALID_ARGUMENT",
            "to_commune",
        ),
        (
            "NotifyHandover",
            {"case_id": "x", "to_org": COMMUNE, "to_commune": "00139", "due_on": "soon"},
            "INVALID_ARGUMENT",
            "due_on",
        ),
    ],
)
async def test_bad_input_is_named_field_by_field(
    followup: World, method: str, fields: dict[str, Any], code: str, says: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await followup.call(method, org=FACILITY, **fields)
    assert refused.value.code().name == code
    assert says in (refused.value.details() or "")


async def test_a_commune_does_not_admit(followup: World, case_id: UUID) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await followup.call("AdmitToDetox", org="ldtbxh-bo-de", case_id=str(case_id), kind="voluntary")
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED


# The list of what is due


@pytest.fixture
def three_managed(followup: World) -> list[UUID]:
    cases = [uuid4() for _ in range(3)]
    for case_id, month in zip(cases, (8, 9, 10), strict=True):
        at = start_of(date(2019, month, 1))
        followup.feed(followup.intake.opened(case_id), *way_to_management(followup, case_id, at))
    followup.clock_shows(A_YEAR_LATER)
    return cases


async def test_what_is_due_is_listed_earliest_first_and_overdue_is_marked(
    followup: World, three_managed: list[UUID]
) -> None:
    listed = (await followup.call("ListDue", org=COMMUNE)).due
    assert [(UUID(one.case_id), one.due_on, one.overdue) for one in listed] == [
        (three_managed[0], "2020-08-01", True),
        (three_managed[1], "2020-09-01", False),
    ]
    assert {(one.org, one.commune) for one in listed} == {(COMMUNE, "00139")}


async def test_what_will_be_due_is_listed_by_a_later_day(followup: World, three_managed: list[UUID]) -> None:
    listed = (await followup.call("ListDue", org="dpv-long-bien", due_by="2020-12-31")).due
    assert [UUID(one.case_id) for one in listed] == three_managed


async def test_what_was_evaluated_is_no_longer_due(followup: World, three_managed: list[UUID]) -> None:
    followup.feed(routed(followup, three_managed[0], EVALUATED, COMMUNE, A_YEAR_LATER))
    listed = (await followup.call("ListDue", org=COMMUNE)).due
    assert [UUID(one.case_id) for one in listed] == three_managed[1:2]


async def test_what_is_due_comes_in_pages(followup: World, three_managed: list[UUID]) -> None:
    seen: list[UUID] = []
    token = ""
    for _ in three_managed:
        answer = await followup.call(
            "ListDue", org=COMMUNE, due_by="2020-12-31", page_size=1, page_token=token
        )
        seen += [UUID(one.case_id) for one in answer.due]
        token = answer.next_page_token
    assert (seen, token) == (three_managed, "")


@pytest.mark.parametrize(
    "org", ["ubnd-duc-giang", "dpv-nam-tu-liem", "cap-bo-de", "opc-long-bien", "viec-lam-ha-noi"]
)
async def test_nobody_sees_what_is_due_elsewhere(
    followup: World, three_managed: list[UUID], org: str
) -> None:
    assert not (await followup.call("ListDue", org=org)).due


async def test_a_page_token_of_another_list_is_refused(followup: World, three_managed: list[UUID]) -> None:
    first = await followup.call("ListDue", org=COMMUNE, due_by="2020-12-31", page_size=1)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await followup.call("ListDue", org="dpv-long-bien", page_token=first.next_page_token)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
