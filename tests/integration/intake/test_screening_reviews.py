"""Conflicts of claim and computation: a work list of who may know of screenings, and what becomes of each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from reftrack.intake.v1 import cases_pb2 as pb

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
from tests.integration.intake.posts import screening
from tests.integration.intake.serving import Serving

STATION = "tyt-bo-de"


@pytest.fixture
async def serving(tmp_path: Path, postgres_dsn: str) -> AsyncIterator[Serving]:
    async with Serving.begin(tmp_path, postgres_dsn) as serving:
        yield serving


async def test_conflicts_of_claim_and_computation_are_a_work_list_for_who_may_know(serving: Serving) -> None:
    wrong = screening(SOCIAL, "TV-1")
    wrong.data["risk"] = "low"  # type: ignore[index]
    case = await a_case(serving, wrong, screening(SOCIAL, "TV-1"))
    for org in (SOCIAL, DISTRICT, SUPERVISOR):
        page = await call(serving, "ListScreeningConflicts", pb.ListScreeningConflictsRequest(), org=org)
        (one,) = page.conflicts
        assert (one.case_id, one.posted_id, one.org) == (case, wrong.id, SOCIAL)
        assert (one.claimed_risk, one.computed_risk, one.judged_by) == ("low", "high", "who_assist@3.1")
        assert [(told.about, told.claimed, told.computed) for told in one.differences] == [
            ("risk", "low", "high")
        ]
    page = await call(serving, "ListScreeningConflicts", pb.ListScreeningConflictsRequest(), org=ELSEWHERE)
    assert list(page.conflicts) == []
    await call(serving, "VoidEvent", pb.VoidEventRequest(event_id=one.event_id, reason="wrong_data"))
    page = await call(serving, "ListScreeningConflicts", pb.ListScreeningConflictsRequest())
    assert list(page.conflicts) == []


@pytest.mark.parametrize("org", [POLICE, "ubnd-bo-de", "methadone-long-bien", "thanh-tra-ha-noi"])
async def test_who_may_not_know_of_screenings_sees_no_list(serving: Serving, org: str) -> None:
    request = pb.ListScreeningConflictsRequest()
    assert (await refused(serving, "ListScreeningConflicts", request, org=org))[0] == "PERMISSION_DENIED"


async def test_the_list_comes_in_pages_newest_first(serving: Serving) -> None:
    posts = [screening(SOCIAL, "TV-1") for _ in range(5)]
    for post in posts:
        post.data["risk"] = "low"  # type: ignore[index]
    await a_case(serving, *posts)
    request, found = pb.ListScreeningConflictsRequest(page_size=2), []
    while True:
        page = await call(serving, "ListScreeningConflicts", request)
        found += [one.posted_id for one in page.conflicts]
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert found == [post.id for post in reversed(posts)]


async def conflict(serving: Serving, *, all_: bool = False, org: str = SOCIAL) -> list[pb.ScreeningConflict]:
    request = pb.ListScreeningConflictsRequest(all=all_)
    page = await call(serving, "ListScreeningConflicts", request, org=org)
    return list(page.conflicts)


async def differing(serving: Serving) -> pb.ScreeningConflict:
    """A screening whose claim differs from the computation, as the list names it."""
    wrong = screening(SOCIAL, "TV-1")
    wrong.data["risk"] = "low"  # type: ignore[index]
    await a_case(serving, wrong)
    (one,) = await conflict(serving)
    return one


def looked_into(one: pb.ScreeningConflict, outcome: str = "computation_right", **more: Any) -> Any:
    return pb.ReviewScreeningRequest(event_id=one.event_id, outcome=outcome, **more)


@pytest.mark.parametrize("org", [SOCIAL, DISTRICT, SUPERVISOR])
async def test_whoever_has_a_conflict_on_the_list_looks_into_it_and_it_is_open_no_more(
    serving: Serving, org: str
) -> None:
    one = await differing(serving)
    (before,) = await serving.rows("SELECT state FROM stored_events WHERE topic LIKE '%%client-screened%%'")
    request = looked_into(one, expected_version=one.case_version)
    done = await call(serving, "ReviewScreening", request, org=org)
    assert done.outcome.version == one.case_version + 1
    assert await conflict(serving) == []
    (told,) = await conflict(serving, all_=True)
    assert (told.review.outcome, told.review.org) == ("computation_right", org)
    assert (told.review.event_id, told.claimed_risk) == (done.outcome.event_id, one.claimed_risk)
    assert (before,) == tuple(
        await serving.rows("SELECT state FROM stored_events WHERE topic LIKE '%%client-screened%%'")
    )


async def test_a_screening_is_looked_into_once_and_a_repetition_gets_the_first_answer(
    serving: Serving,
) -> None:
    one = await differing(serving)
    named = {"x_request_id": str(uuid4())}
    first = await call(serving, "ReviewScreening", looked_into(one), **named)
    assert await call(serving, "ReviewScreening", looked_into(one), **named) == first
    other = looked_into(one, "claim_right")
    assert (await refused(serving, "ReviewScreening", other))[:2] == (
        "FAILED_PRECONDITION",
        "screening_reviewed_before",
    )
    stale = looked_into(one, expected_version=one.case_version)
    assert (await refused(serving, "ReviewScreening", stale))[0] == "ABORTED"
    assert (await types(serving)).count("screening-reviewed") == 1


async def test_a_review_that_was_voided_puts_the_screening_back_on_the_list(serving: Serving) -> None:
    one = await differing(serving)
    done = await call(serving, "ReviewScreening", looked_into(one))
    void = pb.VoidEventRequest(event_id=done.outcome.event_id, reason="wrong_data")
    await call(serving, "VoidEvent", void)
    (again,) = await conflict(serving)
    assert (again.event_id, again.HasField("review")) == (one.event_id, False)
    await call(serving, "ReviewScreening", looked_into(one, "form_wrong"))
    (told,) = await conflict(serving, all_=True)
    assert told.review.outcome == "form_wrong"


async def test_a_screening_that_was_voided_or_never_differed_is_not_looked_into(serving: Serving) -> None:
    one = await differing(serving)
    await call(serving, "ReviewScreening", looked_into(one))
    await call(serving, "VoidEvent", pb.VoidEventRequest(event_id=one.event_id, reason="wrong_data"))
    assert await conflict(serving, all_=True) == []
    for event in (one.event_id, f"{one.case_id}:1", f"{NO_CASE}:2", "x"):
        request = pb.ReviewScreeningRequest(event_id=event, outcome="claim_right")
        assert (await refused(serving, "ReviewScreening", request))[:2] == (
            "NOT_FOUND",
            "screening_conflict_unknown",
        )


async def test_who_does_not_have_it_on_the_list_does_not_look_into_it(serving: Serving) -> None:
    one = await differing(serving)
    assert (await refused(serving, "ReviewScreening", looked_into(one), org=ELSEWHERE))[0] == "NOT_FOUND"
    for org in (POLICE, "methadone-long-bien", "thanh-tra-ha-noi"):
        status, _, _ = await refused(serving, "ReviewScreening", looked_into(one), org=org)
        assert status == "PERMISSION_DENIED"
    agency = await refused(serving, "ReviewScreening", looked_into(one), role="agency")
    assert agency[0] == "PERMISSION_DENIED"
    wrong = await refused(serving, "ReviewScreening", looked_into(one, "whatever"))
    assert wrong[0] == "INVALID_ARGUMENT"


async def test_a_conflict_is_looked_into_after_the_case_was_closed(serving: Serving) -> None:
    one = await differing(serving)
    await call(serving, "CloseCase", pb.CloseCaseRequest(case_id=one.case_id, reason="goals_met"))
    done = await call(serving, "ReviewScreening", looked_into(one, "undecidable"))
    assert done.outcome.state == "closed"
    assert await conflict(serving) == []


async def test_who_does_not_see_the_case_counts_its_own_alone_on_the_list_and_looks_into_it(
    serving: Serving,
) -> None:
    case, number = await a_case(serving), "CG-1A73-4KGW-YMQD-4"
    for kind, key, holder in (
        ("number", f"referral/{number}", case),
        ("addressed", case, f"{STATION}/@{NO_CASE}:1"),
    ):  # as its referral to the station leaves them
        row = f"('{kind}', '{key}', '{holder}')"
        await serving.rows_changed(f"INSERT INTO claims (kind, key, holder) VALUES {row}")
    wrong = screening(STATION, "TYT-1")
    wrong.data["risk"] = "low"  # type: ignore[index]
    await posted(serving, replace(wrong, about={"referral": number, "agency_ref": "TYT-1"}))
    (one,) = await conflict(serving, org=STATION)
    await posted(serving, screening(SOCIAL, "TV-1"))
    assert await conflict(serving, org=STATION) == [one], "what others did meanwhile is not counted"
    request = looked_into(one, expected_version=one.case_version)
    done = await call(serving, "ReviewScreening", request, org=STATION)
    assert done.outcome.version == one.case_version + 1
