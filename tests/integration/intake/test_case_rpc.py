"""`CaseService`: people command about cases; a command never waits, and tells what changed meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import pytest
from contracts.envelope import Recorded, handle_of, is_handle
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from reftrack.intake.v1 import agencies_pb2
from reftrack.intake.v1 import cases_pb2 as pb
from reftrack.intake.v1.agencies_pb2_grpc import AgencyServiceStub

from tests.integration.intake.commanding import (
    DISTRICT,
    ELSEWHERE,
    NO_CASE,
    SUPERVISOR,
    a_case,
    call,
    posted,
    refused,
    types,
)
from tests.integration.intake.desk import POLICE, SOCIAL
from tests.integration.intake.posts import (
    Post,
    contact,
    counselling,
    introduction,
    plan,
    referral,
    registration,
    screening,
)
from tests.integration.intake.serving import Serving, bearer


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    async with Serving.begin(tmp_path, postgres_dsn) as serving:
        yield serving


async def test_a_case_is_closed_and_reopened_and_each_answer_says_where_it_stands(serving: Serving) -> None:
    case = await a_case(serving)
    closed = await call(serving, "CloseCase", pb.CloseCaseRequest(case_id=case, reason="goals_met"))
    assert (closed.outcome.state, list(closed.outcome.moves)) == (
        "closed",
        ["reopened"],
    )
    assert closed.outcome.event_id == f"{case}:{closed.outcome.version}"
    assert closed.outcome.position == closed.outcome.version
    again = await call(serving, "ReopenCase", pb.ReopenCaseRequest(case_id=case, reason="came_back"))
    assert again.outcome.state == "registered"


async def test_a_client_moves_and_whoever_is_sent_the_client_acknowledges(serving: Serving) -> None:
    case = await a_case(serving)
    request = pb.MoveClientRequest(case_id=case, to_commune="00625", notified_on="2019-03-19")
    moved = await call(serving, "MoveClient", request)
    assert (moved.to_org, moved.due_at.ToJsonString()) == (ELSEWHERE, "2019-03-21T03:00:00Z")
    assert moved.outcome.number.startswith("GT-")
    answer = pb.AcknowledgeMoveRequest(case_id=case, number=moved.outcome.number.lower())
    taken = await call(serving, "AcknowledgeMove", answer, org=ELSEWHERE)
    assert taken.outcome.version == moved.outcome.version + 1


async def test_both_offices_and_who_supervises_see_what_of_a_move_is_due_and_nobody_else(
    serving: Serving,
) -> None:
    case = await a_case(serving)
    request = pb.MoveClientRequest(case_id=case, to_commune="00625", notified_on="2019-03-19")
    moved = await call(serving, "MoveClient", request)

    async def due(org: str, role: str = "operator") -> list[tuple[str, ...]]:
        asked = pb.ListDeadlinesRequest(which=["move_acknowledgement"])
        answer = await call(serving, "ListDeadlines", asked, org=org, role=role)
        return [(one.case_id, one.number, one.org, one.other, one.since) for one in answer.deadlines]

    told = [(case, moved.outcome.number, ELSEWHERE, SOCIAL, "2019-03-20")]
    assert [await due(SOCIAL), await due(ELSEWHERE), await due(SUPERVISOR, "supervisor")] == [told] * 3
    assert await due("ldtbxh-ngoc-lam") == await due(POLICE) == []
    answer = pb.AcknowledgeMoveRequest(case_id=case, number=moved.outcome.number)
    await call(serving, "AcknowledgeMove", answer, org=ELSEWHERE)
    assert await due(SOCIAL) == []


async def test_a_plan_is_revised_and_a_screening_declined(serving: Serving) -> None:
    case = await a_case(serving, plan(SOCIAL, "TV-1"))
    items = [pb.PlannedItem(service="legal_aid", due_on="2019-06-01"), pb.PlannedItem(service="methadone")]
    await call(serving, "RevisePlan", pb.RevisePlanRequest(case_id=case, items=items))
    await call(serving, "DeclineScreening", pb.DeclineScreeningRequest(case_id=case, reason="no_time"))
    assert (await types(serving))[-2:] == ["plan-revised", "screening-declined"]


async def test_a_command_never_waits(serving: Serving) -> None:
    case = await a_case(serving)
    status, reason, told = await refused(
        serving, "RevisePlan", pb.RevisePlanRequest(case_id=case, items=[pb.PlannedItem(service="methadone")])
    )
    assert (status, reason, told["awaits"]) == ("FAILED_PRECONDITION", "too_early", "plan_agreed")
    assert await serving.rows("SELECT count(*) FROM waits") == [(0,)]


async def test_a_stale_command_is_aborted_and_told_what_changed(serving: Serving) -> None:
    case = await a_case(serving, counselling(SOCIAL, "TV-1"), plan(SOCIAL, "TV-1"))
    request = pb.CloseCaseRequest(case_id=case, reason="goals_met", expected_version=3)
    status, reason, told = await refused(serving, "CloseCase", request)
    assert (status, reason) == ("ABORTED", "stale_version")
    assert (told["version"], told["changed"]) == ("5", "counselling-provided, plan-agreed")
    request.expected_version = 5
    assert (await call(serving, "CloseCase", request)).outcome.version == 6


async def test_the_same_request_id_gets_the_first_answer_again(serving: Serving) -> None:
    case = await a_case(serving)
    request, once = pb.CloseCaseRequest(case_id=case, reason="goals_met"), str(uuid4())
    first = await call(serving, "CloseCase", request, x_request_id=once)
    again = await call(serving, "CloseCase", request, x_request_id=once)
    assert again == first
    assert (await types(serving)).count("case-closed") == 1


@pytest.mark.parametrize(
    ("request_", "field", "reason"),
    [
        (pb.CloseCaseRequest(reason="merged"), "reason", "closed_by_merging_only"),
        (pb.CloseCaseRequest(reason="tired"), "reason", "not_in_list"),
        (pb.MoveClientRequest(to_commune="00625", notified_on="soon"), "notified_on", "wrong_type"),
        (pb.RevisePlanRequest(items=[pb.PlannedItem(service="magic")]), "items.0.service", "not_in_list"),
        (pb.RevisePlanRequest(), "items", "too_few"),
        (pb.AcknowledgeMoveRequest(number="GT-1"), "number", ""),
    ],
)
async def test_what_is_wrong_with_a_request_is_named_by_its_field(
    serving: Serving, request_: Any, field: str, reason: str
) -> None:
    case = await a_case(serving)
    request_.case_id = case
    method = type(request_).__name__.removesuffix("Request")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call(serving, method, request_)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type]
    bad = error_details_pb2.BadRequest()
    assert status is not None
    assert any(part.Unpack(bad) for part in status.details)
    assert field in {one.field for one in bad.field_violations}
    assert reason.upper() in [one.reason for one in bad.field_violations] or not reason


async def test_an_office_whose_life_has_ended_commands_what_happened_in_it_and_is_told_nothing_of_today(
    serving: Serving,
) -> None:
    case = await a_case(serving, counselling(SOCIAL, "TV-1"), plan(SOCIAL, "TV-1"))
    request = pb.CloseCaseRequest(case_id=case, reason="goals_met", expected_version=1)
    request.act.on = "2019-03-20"
    serving.parts.clock.move_to(datetime(2026, 7, 1, tzinfo=UTC))  # type: ignore[attr-defined]
    _, reason, told = await refused(serving, "CloseCase", request, org=DISTRICT)
    assert (reason, told["changed"], told.keys() & {"state", "moves"}) == ("version_not_reached", "–", set())
    assert told["version"] == "0", "it has recorded nothing; what others did is not to be counted"
    request.expected_version = 0
    outcome = (await call(serving, "CloseCase", request, org=DISTRICT)).outcome
    assert (outcome.state, list(outcome.moves), outcome.version) == ("", [], 1)
    assert is_handle(outcome.event_id)


@pytest.mark.parametrize("case_id", ["", "no-id", NO_CASE])
async def test_a_case_that_is_not_there_and_one_of_another_office_are_both_not_found(
    serving: Serving, case_id: str
) -> None:
    case = await a_case(serving)
    none = await refused(serving, "CloseCase", pb.CloseCaseRequest(case_id=case_id, reason="died"))
    theirs = await refused(
        serving, "CloseCase", pb.CloseCaseRequest(case_id=case, reason="died"), org=ELSEWHERE
    )
    for told in (none[2], theirs[2]):
        told.pop("correlation_id")
    assert none == theirs == ("NOT_FOUND", "case_unknown", {"field": "case_id"})


async def test_the_id_of_something_else_is_no_case(serving: Serving) -> None:
    await a_case(serving)
    suspend = agencies_pb2.SuspendAgencyRequest(org="tinh-nguyen-bo-de", reason="by_order")
    office = AgencyServiceStub(serving.channel)
    await office.SuspendAgency(suspend, metadata=bearer(serving, SUPERVISOR, "supervisor"))
    ((stream,),) = await serving.rows(
        "SELECT DISTINCT originator_id::text FROM stored_events WHERE topic LIKE '%%agency-suspended%%'"
    )
    request = pb.CloseCaseRequest(case_id=stream, reason="died")
    assert (await refused(serving, "CloseCase", request))[:2] == ("NOT_FOUND", "case_unknown")
    void = pb.VoidEventRequest(event_id=f"{stream}:2", reason="other", note="no case")
    assert (await refused(serving, "VoidEvent", void))[:2] == ("NOT_FOUND", "event_not_found")


@pytest.mark.parametrize(
    ("org", "role", "status"),
    [
        (POLICE, "operator", "PERMISSION_DENIED"),
        (SOCIAL, "agency", "PERMISSION_DENIED"),
        (DISTRICT, "operator", "OK"),
        (SUPERVISOR, "supervisor", "OK"),
    ],
)
async def test_who_may_close_a_case(serving: Serving, org: str, role: str, status: str) -> None:
    case = await a_case(serving)
    request = pb.CloseCaseRequest(case_id=case, reason="died")
    if status == "OK":
        assert (await call(serving, "CloseCase", request, org=org, role=role)).outcome.state == "closed"
    else:
        assert (await refused(serving, "CloseCase", request, org=org, role=role))[0] == status


# Voiding


async def test_a_record_is_voided_by_its_own_id_or_by_the_agencys(serving: Serving) -> None:
    one, other = counselling(SOCIAL, "TV-1"), counselling(SOCIAL, "TV-1")
    case = await a_case(serving, one, other)
    by_ours = pb.VoidEventRequest(event_id=f"{case}:4", reason="entered_twice")
    told = await call(serving, "VoidEvent", by_ours)
    assert (told.case_id, told.routed, told.outcome.version) == (case, False, 6)
    by_theirs = pb.VoidEventRequest(org=SOCIAL, posted_id=other.id, reason="wrong_data")
    await call(serving, "VoidEvent", by_theirs, org=SUPERVISOR, role="supervisor")
    rows = await serving.rows(
        "SELECT convert_from(state, 'UTF8')::json->'data'->>'event_id' FROM stored_events"
        " WHERE topic LIKE '%%event-voided%%' ORDER BY notification_id"
    )
    assert rows == [(f"{case}:4",), (f"{case}:5",)]


async def test_what_a_command_recorded_can_be_voided_by_the_handle_that_a_timeline_names_it_by(
    serving: Serving,
) -> None:
    case = await a_case(serving)
    closed = await call(serving, "CloseCase", pb.CloseCaseRequest(case_id=case, reason="died"))
    request = pb.VoidEventRequest(event_id=f"{case}:~{'0' * 24}", reason="wrong_person")
    assert (await refused(serving, "VoidEvent", request))[:2] == ("NOT_FOUND", "event_not_found")
    ((state,),) = await serving.rows("SELECT state FROM stored_events ORDER BY notification_id DESC LIMIT 1")
    told = Recorded.parse(bytes(state))
    assert told.id == closed.outcome.event_id
    request.event_id = handle_of(told.id, told.meta, told.data)
    assert (await call(serving, "VoidEvent", request)).outcome.state == "registered"


async def test_a_void_of_what_another_service_decides_is_passed_on(serving: Serving) -> None:
    post = referral(SOCIAL, "TV-1", provider="methadone-long-bien")
    await a_case(serving, post)
    told = await call(serving, "VoidEvent", pb.VoidEventRequest(posted_id=post.id, reason="wrong_data"))
    assert told.routed


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        (pb.VoidEventRequest(posted_id="never", reason="other"), "NOT_FOUND", "event_not_known_yet"),
        (
            pb.VoidEventRequest(event_id=f"{NO_CASE}:2", reason="other"),
            "NOT_FOUND",
            "event_not_found",
        ),
        (pb.VoidEventRequest(event_id="nonsense", reason="other"), "NOT_FOUND", "event_not_found"),
        (pb.VoidEventRequest(reason="other"), "INVALID_ARGUMENT", "invalid_input"),
        (pb.VoidEventRequest(event_id="CASE:1", reason="other"), "INVALID_ARGUMENT", "event_not_voidable"),
        (pb.VoidEventRequest(event_id="CASE:99", reason="other"), "NOT_FOUND", "event_not_found"),
    ],
)
async def test_what_cannot_be_voided_is_refused(
    serving: Serving, request_: pb.VoidEventRequest, status: str, reason: str
) -> None:
    case = await a_case(serving)
    request_.event_id = request_.event_id.replace("CASE", case)
    request_.note = "twice"
    assert (await refused(serving, "VoidEvent", request_))[:2] == (status, reason)


async def test_another_offices_record_is_not_there_for_who_does_not_answer_for_it(serving: Serving) -> None:
    case = await a_case(serving, counselling(SOCIAL, "TV-1"))
    request = pb.VoidEventRequest(event_id=f"{case}:4", reason="wrong_data")
    for org in (ELSEWHERE, POLICE):
        assert (await refused(serving, "VoidEvent", request, org=org))[:2] == ("NOT_FOUND", "event_not_found")


async def test_who_may_void_nothing_of_a_case_learns_not_even_how_many_records_it_has(
    serving: Serving,
) -> None:
    one = counselling(SOCIAL, "TV-1")
    case = await a_case(serving, one)
    void = pb.VoidEventRequest(posted_id=one.id, reason="entered_twice")
    last = (await call(serving, "VoidEvent", void)).outcome.version
    told = set()
    for version in range(last + 2):
        request = pb.VoidEventRequest(event_id=f"{case}:{version}", reason="wrong_data")
        told.add((await refused(serving, "VoidEvent", request, org=POLICE))[:2])
    assert told == {("NOT_FOUND", "event_not_found")}


async def taken_up(serving: Serving) -> tuple[str, Post]:
    """A case that police introduced and a social worker took up and screened; the police's own contact."""
    met = contact(POLICE, "CA-1")
    case = await posted(serving, met, introduction(POLICE, "CA-1", SOCIAL))
    ((number,),) = await serving.rows(
        "SELECT convert_from(state, 'UTF8')::json->'data'->>'number' FROM stored_events"
        " WHERE topic LIKE '%%client-introduced%%'"
    )
    about = {"agency_ref": "TV-1", "introduction": number}
    await posted(serving, registration(SOCIAL, about), screening(SOCIAL, "TV-1"), plan(SOCIAL, "TV-1"))
    return case, met


async def test_police_who_void_their_own_record_learn_nothing_of_what_others_did(serving: Serving) -> None:
    _, met = await taken_up(serving)
    request = pb.VoidEventRequest(posted_id=met.id, reason="entered_twice", expected_version=1)
    status, reason, told = await refused(serving, "VoidEvent", request, org=POLICE)
    assert (status, reason) == ("ABORTED", "stale_version")
    assert told["changed"] == "client-contacted, agency-reference-bound, client-introduced"
    assert not {"state", "moves"} & told.keys()
    assert told["version"] == "4", "its own: opened, contacted, bound, introduced"
    request.expected_version = 4
    outcome = (await call(serving, "VoidEvent", request, org=POLICE)).outcome
    assert (outcome.state, list(outcome.moves)) == ("", [])
    assert (outcome.version, is_handle(outcome.event_id), outcome.position > 0) == (5, True, True)


async def test_police_find_nothing_by_places_in_a_case(serving: Serving) -> None:
    case, _ = await taken_up(serving)
    for place in range(1, 9):
        guess = pb.VoidEventRequest(event_id=f"{case}:{place}", reason="entered_twice", expected_version=0)
        told = await refused(serving, "VoidEvent", guess, org=POLICE)
        assert told[:2] == ("NOT_FOUND", "event_not_found")


async def test_whoever_sees_the_case_is_told_where_it_stands_after_a_void(serving: Serving) -> None:
    _, met = await taken_up(serving)
    request = pb.VoidEventRequest(org=POLICE, posted_id=met.id, reason="entered_twice")
    told = await call(serving, "VoidEvent", request, org=SUPERVISOR, role="supervisor")
    assert told.outcome.state == "plan_agreed"


async def test_whom_a_client_was_sent_to_by_mistake_commands_nothing_of_the_case(serving: Serving) -> None:
    wrong = introduction(POLICE, "CA-1", ELSEWHERE)
    case = await posted(serving, contact(POLICE, "CA-1"), wrong)
    await call(
        serving, "VoidEvent", pb.VoidEventRequest(posted_id=wrong.id, reason="wrong_person"), org=POLICE
    )
    request = pb.CloseCaseRequest(case_id=case, reason="other")
    assert (await refused(serving, "CloseCase", request, org=ELSEWHERE))[:2] == ("NOT_FOUND", "case_unknown")
