"""The feed adds up to what was published, is the same each time, and holds what agencies may post."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from contracts.posted import parse_posted
from contracts.registry import POSTABLE
from reftrack_demo.agencies import Agencies
from reftrack_demo.figures import Cell, cells
from reftrack_demo.people import MARK
from reftrack_demo.pilot import LAST_DAY, PUBLISHED_AT, Pilot, pilot, published
from reftrack_demo.steps import Step
from reftrack_demo.story import weeks

REFERENCE = Path(__file__).parents[3] / "deploy" / "reference"


@pytest.fixture(scope="module")
def agencies() -> Agencies:
    return Agencies(REFERENCE)


@pytest.fixture(scope="module")
def feed(agencies: Agencies) -> Pilot:
    return pilot(agencies)


def of(feed: Pilot, kind: str) -> Iterator[Step]:
    seen: set[str] = set()
    for step in feed.steps:
        if step.type == f"org.reftrack.{kind}.v1" and step.event_id not in seen:
            seen.add(step.event_id)
            yield step


def counted(feed: Pilot, agencies: Agencies) -> dict[tuple[str, str, str], int]:
    """The published year counted from the steps alone, by nothing that the services share."""
    people: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    district = {
        step.key: agencies.ward(step.data["commune"]).district for step in of(feed, "client-contacted")
    }
    for step in of(feed, "client-contacted"):
        people["clients_reached", "", district[step.key]].add(step.key)
    for step in of(feed, "referral-requested"):
        if step.occurred_at <= PUBLISHED_AT:
            service = step.data["service"]
            people["referred_to", service, district[step.key]].add(step.key)
            if service in {"vocational_training", "job_placement"}:
                people["referred_to_training_or_job", "", district[step.key]].add(step.key)
    done = [
        {step.key for step in of(feed, kind) if step.occurred_at <= PUBLISHED_AT}
        for kind in ("client-screened", "brief-intervention-given", "plan-agreed")
    ]
    for key, area in district.items():
        if key in done[0] & done[1]:
            people["screened_with_brief_intervention", "", area].add(key)
        if key in done[2]:
            people["plans_agreed", "", area].add(key)
    totals = Counter({key: len(who) for key, who in people.items()})
    for (indicator, row, _area), who in people.items():
        totals[indicator, row, ""] += len(who)
    return dict(totals)


def test_the_feed_adds_up_to_every_published_figure(feed: Pilot, agencies: Agencies) -> None:
    figures = counted(feed, agencies)
    compared: list[Cell] = list(cells(published(), figures, figures))
    assert [cell for cell in compared if not cell.holds] == []
    assert len(compared) == 10


def test_a_figure_one_off_does_not_pass(feed: Pilot, agencies: Agencies) -> None:
    figures = counted(feed, agencies)
    figures["plans_agreed", "", ""] -= 1
    assert [cell.indicator for cell in cells(published(), figures, figures) if not cell.holds] == [
        "plans_agreed"
    ]


def test_the_same_seed_gives_the_same_feed_and_another_one_does_not(agencies: Agencies, feed: Pilot) -> None:
    assert pilot(agencies).steps == feed.steps
    assert pilot(agencies, seed=7).steps != feed.steps


def test_every_step_is_one_that_its_agency_may_post(feed: Pilot, agencies: Agencies) -> None:
    kinds = {org["id"]: org["kind"] for org in agencies.organisations}
    for step in feed.steps:
        assert kinds[step.org] in {kind.value for kind in POSTABLE[step.type].by}, (step.org, step.type)
        slips = dict.fromkeys(step.needs.values(), "GT-4F7K-92QX-M")
        parse_posted(step.type, json.dumps(step.value(slips)).encode())


def test_every_person_is_marked_as_imaginary(feed: Pilot) -> None:
    assert len(feed.people) == 170
    for person in feed.people:
        assert person.full_name.endswith(MARK)
        assert person.id_number.startswith("000")


def test_late_events_happened_before_the_published_day_and_come_after_it(feed: Pilot) -> None:
    assert feed.late
    assert all(step.occurred_at <= PUBLISHED_AT < step.post_at for step in feed.late)


def test_nothing_is_posted_before_it_happened_or_after_the_last_day(feed: Pilot) -> None:
    assert all(step.occurred_at <= step.post_at <= LAST_DAY for step in feed.steps)


def test_weeks_end_on_the_published_day_and_on_the_last_one() -> None:
    ends = list(weeks())
    assert PUBLISHED_AT in ends
    assert ends[-1] == LAST_DAY
    assert all(timedelta() < later - earlier <= timedelta(weeks=1) for earlier, later in pairwise(ends))
