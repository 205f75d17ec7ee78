"""What referral knows of a case's being closed is what intake's own fold comes to, whatever was voided."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from contracts.envelope import Meta, Recorded
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.common import EventVoided
from contracts.vocabulary import CloseReason, ReopenReason, VoidReason
from referral.application.cases import CaseBook

CASE = UUID("4f1d2a3b-5c6d-8e7f-8a9b-0c1d2e3f4a5b")
OTHER = UUID("5f1d2a3b-5c6d-8e7f-8a9b-0c1d2e3f4a5b")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
CLOSE, REOPEN, MERGE = "close", "reopen", "merge"


def said(step: str | int, steps: list[str | int]) -> Any:
    """`step`: what happened, or the place of the event that is voided."""
    if isinstance(step, int):
        voided = said(steps[step], steps)
        return EventVoided(event_id=f"{CASE}:{step + 2}", type=voided.TYPE, reason=VoidReason.WRONG_DATA)
    if step == REOPEN:
        return CaseReopened(reason=ReopenReason.CAME_BACK)
    merged = step == MERGE
    reason = CloseReason.MERGED if merged else CloseReason.GOALS_MET
    return CaseClosed(reason=reason, into_case=OTHER if merged else None)


def learnt(steps: list[str | int]) -> CaseBook:
    book = CaseBook(cast(Any, None))
    uow = cast(Any, SimpleNamespace(commit=SimpleNamespace(extra=[])))
    for place, step in enumerate(steps):
        meta = Meta(
            subject=CASE,
            occurred_at=NOW + timedelta(days=place),
            received_at=NOW + timedelta(days=place),
            actor="a",
            org="ldtbxh-bo-de",
            policy_version="vn-law-2021@1",
            correlation_id="c",
        )
        data = said(step, steps)
        book.learn(uow, _recorded(place, data, meta))
    return book


def _recorded(place: int, data: Any, meta: Meta) -> Recorded[Any]:
    told = {"id": f"{CASE}:{place + 2}", "type": data.TYPE, "source": "/services/intake"}
    return Recorded(**told, meta=meta, data=data)


@pytest.mark.parametrize(
    ("steps", "is_closed"),
    [
        ([CLOSE, 0], False),
        ([CLOSE, REOPEN, 1], True),
        ([CLOSE, REOPEN, CLOSE, 0], True),
        ([CLOSE, REOPEN, CLOSE, REOPEN, 1], False),
        ([CLOSE, REOPEN, 0, 1], False),
        ([CLOSE, 0, CLOSE], True),
        ([MERGE, REOPEN, CLOSE], True),
        ([MERGE, REOPEN, CLOSE, 2], False),
    ],
)
def test_only_the_closing_or_opening_that_holds_is_undone_by_its_void(
    steps: list[str | int], is_closed: bool
) -> None:
    case = learnt(steps).get(CASE)
    assert case is not None
    assert (case.closed_at is not None) is is_closed


def test_a_merged_case_goes_on_in_the_other_though_an_earlier_closing_was_voided() -> None:
    book = learnt([CLOSE, REOPEN, MERGE, 0])
    assert book._known[CASE].merged_into == OTHER  # type: ignore[union-attr]
