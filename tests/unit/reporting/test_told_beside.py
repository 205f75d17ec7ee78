"""Whatever is told of two people, in whichever of their cases: parted, each stands as if never merged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields as dataclass_fields
from datetime import date
from typing import Any
from uuid import UUID

from contracts.base import Payload
from contracts.events import followup, intake
from contracts.events.cases import ClientMoved
from contracts.vocabulary import DetoxKind, Service
from hypothesis import given
from hypothesis import strategies as st
from reporting.pathway.beside import Beside, Telling, as_it_stands, told_beside
from reporting.pathway.cases import CaseStatus, case_after
from reporting.pathway.entry import Entry

from tests.unit.reporting.pathway import INTERVENED, SCREENED, contacted, opened, planned, registered
from tests.unit.reporting.story import START, Story, named

STEPS: list[Payload] = [
    contacted(),
    registered(),
    SCREENED,
    INTERVENED,
    planned(Service.LOAN),
    planned(Service.HOUSING),
    intake.PlanRevised(items=planned(Service.JOB_PLACEMENT).items),
    ClientMoved(to_commune="00625", notified_on=date(2019, 3, 1)),
    ClientMoved(to_commune="00631", notified_on=date(2019, 3, 1)),
    followup.MethadoneInducted(clinic="pk"),
    followup.HandoverReceived(),
]
FOLLOWUPS = {followup.MethadoneInducted.TYPE, followup.HandoverReceived.TYPE}
PEOPLE = ("an", "binh")
BINH = named("client", "binh")
Told = tuple[str, Payload, int, bool]
"""Of whom, what, at which hour, and whether the case of An tells it while the two are one."""

stories = st.lists(
    st.tuples(st.sampled_from(PEOPLE), st.sampled_from(STEPS), st.integers(0, 5), st.booleans()), max_size=14
)


def of_two(said: Sequence[Told], *, joined: bool) -> list[Entry]:
    """The same told of the two: in the case of An where that is so, or each in their own."""
    story = Story()
    for name in PEOPLE:
        story.intake(name, opened(name))
    for name, data, hour, in_the_other in said:
        is_beside = joined and in_the_other and name == "binh"
        tell = story.followup if data.TYPE in FOLLOWUPS else story.intake
        whom: Any = named("client", name) if is_beside else None
        tell("an" if is_beside else name, data, at=START.replace(hour=hour), client=whom)
    return story.entries()


def own(entries: Sequence[Entry], name: str) -> CaseStatus:
    case_id = named("case", name)
    return case_after(case_id, [entry for entry in entries if entry.case_id == case_id])


def parted(entries: Sequence[Entry], *, one: bool = False) -> dict[str, CaseStatus]:
    """Both cases as they stand, where the two are two again, or `one`."""
    return {
        name: as_it_stands(own(entries, name), [Beside(name == "binh", one, told(entries))])
        for name in PEOPLE
    }


def told(entries: Sequence[Entry], client: UUID = BINH) -> CaseStatus:
    """What the case of An tells of somebody else."""
    case_id = named("case", "an")
    tellings = [Telling(entry, None) for entry in entries if entry.told_of == client]
    return told_beside(CaseStatus(case_id, client), own(entries, "an").stays, tellings)[0]


def plain(case: CaseStatus) -> dict[str, Any]:
    """All of it but the names of events, which stand in other streams."""
    fields = {each.name: getattr(case, each.name) for each in dataclass_fields(case)}
    moments = ("last", "commune_told", "followup_told")
    return fields | {name: fields[name] and fields[name][:2] for name in moments}


@given(stories)
def test_two_who_are_two_again_stand_as_two_who_were_never_one(said: list[Told]) -> None:
    found, never = parted(of_two(said, joined=True)), of_two(said, joined=False)
    for name in PEOPLE:
        assert plain(found[name]) == plain(own(never, name))


@given(stories)
def test_while_they_are_one_nothing_is_told_twice_or_left_out(said: list[Told]) -> None:
    entries, never = of_two(said, joined=True), of_two(said, joined=False)
    found = parted(entries, one=True)
    assert found["an"].events + own(entries, "binh").events == len(entries)
    for name in PEOPLE:
        assert (found[name].plan, found[name].moved_to) == (own(never, name).plan, own(never, name).moved_to)


def test_a_stay_told_of_the_other_goes_with_that_one() -> None:
    story, whom = Story(), named("client", "binh")
    admitted = followup.DetoxAdmitted(kind=DetoxKind.VOLUNTARY, facility="f", stay_number="LT-AAAA-BBBB-C")
    for name in PEOPLE:
        story.intake(name, opened(name))
    story.followup("an", admitted, client=whom)
    story.followup("an", followup.DetoxCompleted(months=6), org="f")
    found = parted(story.entries())
    assert (found["an"].stays, [bool(stay.completed_at) for stay in found["binh"].stays]) == ((), [True])
    assert len(parted(story.entries(), one=True)["an"].stays) == 1


def test_what_a_third_one_was_told_of_changes_neither() -> None:
    story, third = Story(), UUID(int=7)
    for name in PEOPLE:
        story.intake(name, opened(name))
    story.intake("an", SCREENED, planned(Service.LOAN), client=third)
    case = own(story.entries(), "an")
    assert as_it_stands(case, [Beside(False, False, told(story.entries(), third))]) == case
