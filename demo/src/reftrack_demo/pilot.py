"""The pilot's first year as a feed: 170 people whose events add up to what was published."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from importlib.resources import files
from random import Random
from typing import Any

import yaml

from reftrack_demo.agencies import Agencies
from reftrack_demo.lives import Life
from reftrack_demo.people import Person, person
from reftrack_demo.steps import Step

HANOI = timezone(timedelta(hours=7))
FIRST_DAY = datetime(2018, 12, 11, tzinfo=HANOI)
PUBLISHED_AT = datetime(2019, 12, 10, 23, 59, 59, tzinfo=HANOI)
LAST_DAY = datetime(2021, 3, 31, 23, 59, 59, tzinfo=HANOI)
LATE_UNTIL = PUBLISHED_AT + timedelta(days=31)
DAYS_OF_MEETING = 300
"""People are met early enough that plan and referrals still fall into the published year."""


@dataclass(frozen=True)
class Pilot:
    """The steps to post and what a teller of the story wants to point at."""

    steps: list[Step]
    people: list[Person]
    late: list[Step]
    repeated: list[Step]
    swapped: int


def published() -> dict[str, Any]:
    """The published figures and what we chose where nothing was published (test data)."""
    read: dict[str, Any] = yaml.safe_load(
        files("reftrack_demo").joinpath("published.yaml").read_text(encoding="utf-8")
    )
    return read


def pilot(agencies: Agencies, *, seed: int = 2019) -> Pilot:
    """Make the feed. The same seed gives the same steps, byte for byte."""
    random = Random(seed)
    figures = published()
    lives: list[Life] = []
    for name, district in figures["districts"].items():
        lives += _district(random, agencies, figures["chosen"], name, district["code"], first=len(lives) + 1)
    steps = [step for life in lives for step in life.steps if step.post_at <= LAST_DAY]
    steps, late = _late(steps)
    steps, swapped = _swapped(random, steps)
    repeated = random.sample([step for step in steps if step not in late], len(steps) // 25)
    again = [
        replace(step, post_at=min(step.post_at + timedelta(days=random.randint(1, 20)), LAST_DAY))
        for step in repeated
    ]
    return Pilot(steps + again, [life.person for life in lives], late, repeated, swapped)


def _district(
    random: Random, agencies: Agencies, chosen: dict[str, Any], name: str, code: str, *, first: int
) -> list[Life]:
    wards = agencies.wards(code)
    count = chosen["people"][name]
    lives = []
    for index in range(count):
        someone = person(random, number=first + index, ward=wards[index % len(wards)])
        met_at = FIRST_DAY + timedelta(
            days=index * DAYS_OF_MEETING // count, hours=8, minutes=random.randint(0, 500)
        )
        lives.append(Life(random, someone, agencies, met_at=met_at))
    wanted = {
        service: set(random.sample(range(count), counts[name]))
        for service, counts in chosen["referred"].items()
    }
    # Methadone and detox are two ways: nobody takes both, as far as the counts leave room.
    wanted["methadone"] = _apart(
        random, count, chosen["referred"]["methadone"][name], wanted["voluntary_detox"]
    )
    occupied = set(random.sample(range(count), chosen["trained_or_employed"][name]))
    for index, life in enumerate(lives):
        services = [service for service, who in wanted.items() if index in who]
        if index in occupied:
            services += _occupation(random)
        _live(random, life, services)
    return lives


def _apart(random: Random, count: int, wanted: int, others: set[int]) -> set[int]:
    free = [index for index in range(count) if index not in others]
    return set(random.sample(free, min(wanted, len(free))))


def _occupation(random: Random) -> list[str]:
    """Training, a job, or both: whoever is referred to both counts once in the published figure."""
    return random.choice(
        (["vocational_training"], ["job_placement"], ["vocational_training", "job_placement"])
    )


def _live(random: Random, life: Life, services: list[str]) -> None:
    life.lead_to_plan(services or ["general_health"])
    for service in services:
        if service != "voluntary_detox":
            life.refer(service, completes=random.random() > 0.06 or service == "methadone")
    if "methadone" in services:
        life.methadone()
    if "voluntary_detox" in services:
        life.detox(evaluated=random.random() < 0.8)


def _late(steps: list[Step]) -> tuple[list[Step], list[Step]]:
    """Hold back the last events of some kinds that happened before the published day until weeks after it."""
    late: list[Step] = []
    for kind, count in (("brief-intervention-given", 2), ("plan-agreed", 1), ("referral-requested", 1)):
        known = [
            step
            for step in steps
            if step.type == f"org.reftrack.{kind}.v1" and step.post_at <= PUBLISHED_AT and _tells(step)
        ]
        late += sorted(known, key=lambda step: step.occurred_at)[-count:]
    held = {step.event_id for step in late}
    moved = [replace(step, post_at=LATE_UNTIL) if step.event_id in held else step for step in steps]
    return moved, [step for step in moved if step.event_id in held]


def _tells(step: Step) -> bool:
    return step.type != "org.reftrack.referral-requested.v1" or step.data["service"] == "vocational_training"


def _swapped(random: Random, steps: list[Step]) -> tuple[list[Step], int]:
    """Let some answers overtake what they answer to: the earlier one reaches us days after the later one."""
    slow = {
        "org.reftrack.referral-received.v1": timedelta(days=5),
        "org.reftrack.client-screened.v1": timedelta(hours=9),
    }
    swapped, moved = 0, []
    for step in steps:
        delay = slow.get(step.type)
        if delay and random.random() < 0.06 and not step.post_at <= PUBLISHED_AT < step.post_at + delay:
            step = replace(step, post_at=min(step.post_at + delay, LAST_DAY))
            swapped += 1
        moved.append(step)
    return moved, swapped
