"""Whatever is reported in whatever order: each event is answered once, and every rule of the way holds."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

from contracts.base import Payload
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused
from contracts.events.followup import (
    DetoxAdmitted,
    DetoxCompleted,
    EvaluationDue,
    HandoverNotified,
    HandoverReceived,
    ManagementStarted,
    ReintegrationEvaluated,
)
from followup.domain import Pathway
from hypothesis import given as for_all
from hypothesis import strategies as st

from tests.unit.followup.stories import (
    ADMITTED,
    COMPLETED,
    EVALUATED,
    INDUCTED,
    MANAGED,
    NEIGHBOUR,
    NOTIFIED,
    RECEIVED,
    SUPPORTED,
    opened,
    posts,
    recorded,
    year_passes,
)

BEGUN = date(2019, 1, 1)
REPORTS = st.sampled_from(
    [ADMITTED, ADMITTED, COMPLETED, NOTIFIED, RECEIVED, MANAGED, EVALUATED, INDUCTED, SUPPORTED]
)
ORGS = st.sampled_from([None, None, None, NEIGHBOUR])
FEEDS = st.lists(st.tuples(REPORTS, ORGS, st.integers(0, 900)), max_size=20)
Feed = list[tuple[Payload, str | None, int]]
AFTER: dict[type[Payload], set[type[Payload]]] = {
    DetoxCompleted: {DetoxAdmitted},
    HandoverNotified: {DetoxAdmitted},
    HandoverReceived: {HandoverNotified},
    ManagementStarted: {DetoxCompleted, HandoverReceived},
    EvaluationDue: {ManagementStarted},
    ReintegrationEvaluated: {ManagementStarted},
}


def pathway_after(feed: Feed) -> Pathway:
    pathway = opened()
    for n, (payload, org, days) in enumerate(feed):
        on = BEGUN + timedelta(days=days)
        posts(payload, on, org=org, cause=f"routed:{n}", number=_number(payload, n))(pathway)
        year_passes(on + timedelta(days=400))(pathway)
    return pathway


def _number(payload: Payload, n: int) -> str | None:
    return f"LT-0000-0000-{n:04}-0" if payload is ADMITTED else None


@for_all(FEEDS)
def test_each_event_is_carried_out_or_refused_exactly_once_or_still_waits(feed: Feed) -> None:
    pathway = pathway_after(feed)
    final = Counter(
        happened.meta.causation_id
        for happened in recorded(pathway)
        if not isinstance(happened.data, AgencyEventDeferred | EvaluationDue)
    )
    final.update(kept.cause for kept in pathway.kept)
    assert final == Counter(f"routed:{n}" for n in range(len(feed)))


@for_all(FEEDS)
def test_nothing_is_recorded_before_what_it_needs(feed: Feed) -> None:
    seen: set[type[Payload]] = set()
    for happened in recorded(pathway_after(feed)):
        needs = AFTER.get(type(happened.data))
        assert needs is None or needs & seen
        seen.add(type(happened.data))


@for_all(FEEDS)
def test_no_stay_is_completed_told_of_or_taken_over_twice(feed: Feed) -> None:
    kinds = Counter(type(happened.data) for happened in recorded(pathway_after(feed)))
    assert kinds[DetoxCompleted] <= kinds[DetoxAdmitted]
    assert kinds[HandoverNotified] <= kinds[DetoxAdmitted]
    assert kinds[HandoverReceived] <= kinds[HandoverNotified]
    assert kinds[ManagementStarted] <= kinds[DetoxAdmitted]
    assert kinds[ReintegrationEvaluated] <= kinds[ManagementStarted]
    assert kinds[EvaluationDue] <= kinds[ManagementStarted]


@for_all(FEEDS)
def test_nobody_is_in_a_facility_twice_on_one_day(feed: Feed) -> None:
    stays = sorted(pathway_after(feed).stays, key=lambda stay: (stay.facility, stay.admitted_on))
    for one, following in pairwise(stays):
        if one.facility == following.facility:
            assert one.admitted_on < following.admitted_on
            assert one.completed_on is None or one.completed_on <= following.admitted_on


@for_all(FEEDS)
def test_only_what_came_too_early_still_waits(feed: Feed) -> None:
    pathway = pathway_after(feed)
    deferred = {h.meta.causation_id for h in recorded(pathway) if isinstance(h.data, AgencyEventDeferred)}
    refused = {h.meta.causation_id for h in recorded(pathway) if isinstance(h.data, AgencyEventRefused)}
    waiting = {kept.cause for kept in pathway.kept}
    assert waiting <= deferred
    assert not waiting & refused


@for_all(FEEDS)
def test_its_history_gives_back_the_same_pathway(feed: Feed) -> None:
    pathway = pathway_after(feed)
    again: Pathway | None = None
    for happened in pathway.collect_events():
        again = happened.mutate(again)
    assert again is not None
    assert vars(again) == vars(pathway)
