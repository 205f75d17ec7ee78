"""Imaginary people whose agencies post for them, in rounds in which the order within each case is certain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import zip_longest
from random import Random

from reftrack_demo.agencies import Agencies
from reftrack_demo.lives import Life
from reftrack_demo.people import person
from reftrack_demo.pilot import FIRST_DAY
from reftrack_demo.steps import Step

Round = list[Step]

MET = FIRST_DAY + timedelta(days=1)
NOW = FIRST_DAY + timedelta(days=300)
"""What the clock shows while they post: everything of theirs has happened, nobody is due for evaluation."""


def company(agencies: Agencies, number: int) -> Iterator[Round]:
    """The rounds of one company of four people; the same number gives the same events.

    Of one person, a round holds events of one office only, and none that needs a number given in it: once a
    round is answered, the next one cannot overtake it. So two runs can be compared event by event.
    """
    random = Random(f"company {number}")
    wards = [ward for code in ("004", "019") for ward in agencies.wards(code)]
    lives = [
        Life(random, person(random, number=10 * number + each, ward=wards[each]), agencies, met_at=_met(each))
        for each in range(4)
    ]
    ways: list[Callable[[Life], None]] = [_helped, _turned_away, _detoxified, _disorderly]
    for life, way in zip(lives, ways, strict=True):
        way(life)
    for rounds in zip_longest(*(_rounds(life.steps) for life in lives), fillvalue=[]):
        yield [step for steps in rounds for step in steps]


def _met(number: int) -> datetime:
    return MET + timedelta(days=number)


def _helped(life: Life) -> None:
    life.lead_to_plan(["hiv_test", "hiv_prevention"])
    life.refer("hiv_test")
    life.refer("hiv_prevention")


def _turned_away(life: Life) -> None:
    """The provider refuses, then goes on as if it had not: that is rejected. Some events come twice."""
    life.lead_to_plan(["vocational_training"])
    life.refer("vocational_training", completes=False)
    refused = life.steps[-1]
    started = replace(
        refused, type="org.reftrack.service-started.v1", event_id=f"{refused.event_id}-X", data={}
    )
    contact, plan = life.steps[0], life.steps[7]
    life.steps += [started, contact, plan]


def _detoxified(life: Life) -> None:
    life.lead_to_plan(["voluntary_detox"])
    life.detox(evaluated=False)


def _disorderly(life: Life) -> None:
    """Later events overtake earlier ones, so they wait; an id is used for another content as well."""
    life.lead_to_plan(["job_placement"])
    life.refer("job_placement")
    kinds = [step.type for step in life.steps]
    for early, late in (
        ("client-contacted", "client-introduced"),
        ("referral-received", "referral-accepted"),
    ):
        one, other = (kinds.index(f"org.reftrack.{kind}.v1") for kind in (early, late))
        life.steps[one], life.steps[other] = life.steps[other], life.steps[one]
    counselling = life.steps[4]
    life.steps.append(replace(counselling, data={**counselling.data, "minutes": 45}))


def _rounds(steps: list[Step]) -> Iterator[Round]:
    current: Round = []
    for step in steps:
        given = {each.gives for each in current}
        if current and (step.org != current[-1].org or given & set(step.needs.values())):
            yield current
            current = []
        current.append(step)
    yield current
