"""No refusal and no answer to a command tells a kind of organisation what reporting would not show it.

Compared with `reporting.access.TABLE`, for all kinds and whatever each of them may post.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from answering import Posting
from answering.requests import VersionChanged, outcome_of
from chassis.refusal import Refusal
from contracts.base import Label, Payload
from contracts.events.cases import ClientMoved
from contracts.events.referral import ReferralReceived, ReferralRequested
from contracts.registry import POSTABLE
from contracts.vocabulary import OrgKind, Owner, Service
from followup.domain import Pathway
from followup.domain.knowing import MOVED_TO, TAKEN_UP
from followup.domain.way import WAY
from intake.application.seeing import sees_the_case, told_as_seen
from intake.domain.case import FACTS, Case
from intake.domain.moving import Move
from intake.domain.order import Step
from reference.days import local_day
from referral.domain import Referral
from reporting.access import TABLE, Part, Reader, labels_of_kind
from reporting.pathway.cases import case_after
from reporting.pathway.lookup import Tie
from reporting.places import told_on

from tests.unit.followup import stories
from tests.unit.followup.stories import (
    ADMITTED,
    COMPLETED,
    EVALUATED,
    INDUCTED,
    MANAGED,
    NOTIFIED,
    RECEIVED,
    SUPPORTED,
    commands,
    meta,
    opened,
    year_passes,
)
from tests.unit.intake import case_facts as facts
from tests.unit.reporting.story import Story

COMMUNE = "00145"
TIES_OF_INTAKE = (Tie.CONTACTED, Tie.REGISTERED, Tie.INTRODUCED_TO, Tie.MOVED_TO)


@dataclass(frozen=True)
class Office:
    id: str
    kind: str


class Places:
    """A directory in which an office answers for these communes."""

    def __init__(self, *communes: str) -> None:
        self.communes = communes

    def sees_place(self, _org: str, commune: str, _day: date, /) -> bool:
        return commune in self.communes


def case_of(*happened: Payload) -> Case:
    """A case in which this was reported, a day each."""
    case = facts.a_case()
    for day, fact in enumerate(happened, 1):
        case.take(fact, facts.on_day(day))
    return case


def tied(case: Case, org: str, ties: tuple[Tie, ...]) -> Case:
    """The same case, to which the organisation has these ties."""
    if ties:
        case.references = case.references | {(org, "R-1")}
    if Tie.REGISTERED in ties:
        case.parties = case.parties | {(org, case.client_id)}
    if Tie.MOVED_TO in ties:
        case.moves = (*case.moves, Move(9, "GT-4F7K-92QX-T6WE-M", org, None))
    if Tie.INTRODUCED_TO in ties or Tie.MOVED_TO in ties:
        case.parties = case.parties | {(org, case.client_id)}
    return case


@pytest.mark.parametrize("area", [(), (COMMUNE,), ("00133",)], ids=["no area", "its area", "another area"])
@pytest.mark.parametrize("ties", [(), *((one,) for one in TIES_OF_INTAKE)], ids=lambda ties: "+".join(ties))
@pytest.mark.parametrize("kind", OrgKind)
def test_intake_tells_where_a_case_stands_to_nobody_to_whom_reporting_would_not_show_it(
    kind: OrgKind, ties: tuple[Tie, ...], area: tuple[str, ...]
) -> None:
    office = Office("co-quan", kind)
    case = tied(case_of(facts.contacted, facts.registered, facts.screened), office.id, ties)
    role = TABLE[kind].area_as or "operator"
    reach = frozenset(area) if TABLE[kind].area_as else frozenset()
    reader = Reader(office.id, kind, role, labels_of_kind(kind, ()), reach)
    shown = reader.part(ties, COMMUNE) is Part.WHOLE and Label.DRUG in reader.labels
    told = sees_the_case(case, office, Places(*area))
    assert shown or not told
    if kind in (OrgKind.DISTRICT_SOCIAL, OrgKind.COMMUNE_SOCIAL, OrgKind.SUPERVISOR):
        assert told == shown, "who takes people up and who supervises is told all that reporting shows"


def met(commune: str) -> Payload:
    return facts.contacted.model_copy(update={"commune": commune})


def lives(commune: str | None) -> Payload:
    told = {"residence_commune": commune, "no_fixed_residence": commune is None}
    return facts.registered.model_copy(update=told)


MOVED = ClientMoved(to_commune="00625", notified_on=date(2019, 3, 1))
TOLD: dict[str, list[tuple[Payload, int]]] = {
    "met, lives elsewhere, moves": [(met("00139"), 1), (lives("00133"), 2), (MOVED, 3)],
    "an earlier meeting is told late": [(met("00139"), 3), (met("00145"), 1), (lives("00133"), 2)],
    "lives there before anybody met": [(lives("00133"), 1), (met("00139"), 5)],
    "nobody met": [(lives("00133"), 2), (lives("00145"), 1), (MOVED, 3)],
    "no fixed residence": [(lives(None), 1)],
}


@pytest.mark.parametrize("story", TOLD.values(), ids=TOLD)
def test_intake_and_reporting_say_the_same_of_where_a_case_belongs_and_since_when(
    story: list[tuple[Payload, int]],
) -> None:
    case, told = facts.a_case(), Story()
    entries = told.intake("an", facts.opened)
    for org, (fact, day) in enumerate(story):
        meta = facts.on_day(day).model_copy(update={"org": f"co-quan-{org}"})
        case.take(fact, meta)
        entries += told.intake("an", fact, at=meta.occurred_at)
    shown = case_after(entries[0].case_id, entries)
    place = case.place
    said = (place.commune, local_day(place.told_at)) if place is not None else ("", None)
    assert said == (shown.commune, told_on(shown))


STAGES: dict[str, tuple[Payload, ...]] = {
    "opened": (facts.contacted,),
    "registered": (facts.contacted, facts.registered),
    "screened": (facts.contacted, facts.registered, facts.screened),
    "planned": (facts.contacted, facts.registered, facts.screened, facts.intervened, facts.planned),
    "closed": (facts.contacted, facts.registered, facts.screened, facts.planned, facts.closed),
}


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("kind", sorted(frozenset(OrgKind) - frozenset({"auditor"})))
def test_who_does_not_see_a_case_is_told_by_a_refusal_of_intake_what_its_own_event_needs_and_no_more(
    kind: str, stage: str
) -> None:
    steps = [FACTS[fact].step for fact in FACTS if kind in may_post(fact)]
    told = [refused_at(STAGES[stage], step, Office("co-quan", kind)) for step in steps]
    for refusal in filter(None, told):
        assert (refusal.state, refusal.moves) == (None, ())
        assert refusal.detail.keys() <= {"step", "awaits"}


def refused_at(before: tuple[Payload, ...], step: Step, office: Office) -> Refusal | None:
    """What stands against a step that an office reports which has nothing else to do with the case."""
    case = case_of(*before)
    try:
        with told_as_seen(case, office, Places()):
            case.check_takes(step, facts.on_day(30))
    except Refusal as refusal:
        return refusal
    return None


def may_post(recorded: type[Payload]) -> frozenset[str]:
    return frozenset(
        kind
        for one in POSTABLE.values()
        if one.owner is Owner.INTAKE and one.model.TYPE == recorded.TYPE
        for kind in one.by
    )


ELSEWHERE: tuple[Callable[[Pathway], None], ...] = (
    commands(ADMITTED, date(2019, 3, 2)),
    commands(INDUCTED, date(2019, 3, 3)),
    commands(COMPLETED, date(2019, 9, 2)),
    commands(NOTIFIED, date(2019, 9, 3)),
    commands(RECEIVED, date(2019, 9, 4)),
    commands(MANAGED, date(2019, 9, 5)),
    year_passes(date(2020, 9, 5)),
    commands(EVALUATED, date(2020, 9, 6)),
)
"""A whole way, reported by a facility, a clinic and a commune that are not the one who asks."""

ASKED: dict[type[Payload], Payload] = {
    type(one): one
    for one in (ADMITTED, COMPLETED, INDUCTED, NOTIFIED, RECEIVED, MANAGED, SUPPORTED, EVALUATED)
}
BOUND_TO_THEIR_OWN = [
    (kind, posted)
    for posted in WAY
    for kind in sorted(POSTABLE[posted.TYPE].by)
    if TABLE[kind].area_as is None and max(TABLE[kind].ties.values(), default=Part.NOTHING) < Part.WHOLE
] + [("commune_authority", type(one)) for one in (ADMITTED, COMPLETED, RECEIVED, SUPPORTED)]
"""Which kinds report what of a person of whom they see no more than their own part. An authority that is not
told of somebody may begin to manage or evaluate: that somebody else has to have reported first, it learns."""


def named(one: Any) -> str:
    return str(getattr(one, "__name__", one))


def way(*steps: Callable[[Pathway], None]) -> Pathway:
    pathway = opened()
    for step in steps:
        step(pathway)
    return pathway


def asked_by(kind: str, posted: type[Payload], number: str | None) -> Posting:
    envelope = meta("co-quan-khac", date(2020, 10, 1))
    return Posting.commanded(ASKED[posted], envelope, OrgKind(kind), number=number)


def answer(pathway: Pathway, posting: Posting) -> Any:
    """All that a command is answered: refused with what, or the state that it led to."""
    try:
        pathway.command(posting, stories.POLICY)
    except Refusal as refusal:
        return refusal.code, refusal.field, refusal.detail, refusal.state, refusal.moves
    told = outcome_of(pathway, posting.meta.org, posting.org_kind)
    return told.state, list(told.moves)


@pytest.mark.parametrize("own", [0, 1, 2], ids=["nothing yet", "its own once", "its own twice"])
@pytest.mark.parametrize(
    ("kind", "posted"), BOUND_TO_THEIR_OWN, ids=lambda one: getattr(one, "__name__", one)
)
def test_followup_answers_an_office_the_same_whatever_others_did_that_it_may_not_know(
    kind: str, posted: type[Payload], own: int
) -> None:
    number = stories.OTHER_STAY if posted is type(ADMITTED) else None
    alone, beside = way(), way(*ELSEWHERE)
    for _ in range(own):
        answer(alone, asked_by(kind, posted, number))
        answer(beside, asked_by(kind, posted, number))
    asked = asked_by(kind, posted, number)
    assert answer(beside, asked) == answer(alone, asked)
    stale = [VersionChanged(one, 0, "co-quan-khac", kind) for one in (alone, beside)]
    assert len({(one.state, one.moves, one.detail["changed"]) for one in stale}) == 1


@pytest.mark.parametrize(
    ("kind", "posted"), BOUND_TO_THEIR_OWN, ids=lambda one: getattr(one, "__name__", one)
)
def test_a_receipt_of_followup_says_the_same_as_a_command_would(kind: str, posted: type[Payload]) -> None:
    number = stories.OTHER_STAY if posted is type(ADMITTED) else None
    told = []
    for pathway in (way(), way(*ELSEWHERE)):
        for cause in ("routed:1", "routed:2"):
            asked = asked_by(kind, posted, number)
            asked = replace(asked, meta=asked.meta.model_copy(update={"causation_id": cause}))
            pathway.answer(asked, stories.POLICY)
        said = [one.data for one in pathway.pending_events if one.meta.org == "co-quan-khac"]  # type: ignore[attr-defined]
        told.append(said[1:])
    assert told[0] == told[1]
    assert all(isinstance(one, Payload) for one in told[0])


class Shown:
    """Whom a case is shown to for what intake tells: an organisation with these ties, or whose area it is."""

    def __init__(self, ties: tuple[Tie, ...], *, in_area: bool) -> None:
        self._ties = {MOVED_TO if tie is Tie.MOVED_TO else TAKEN_UP for tie in ties}
        self._in_area = in_area

    def ties(self, _org: str, /) -> set[str]:
        return self._ties

    def answers_for(self, _org: str, /) -> bool:
        return self._in_area


@pytest.mark.parametrize("in_area", [False, True], ids=["another area", "its area"])
@pytest.mark.parametrize("ties", [(), *((one,) for one in TIES_OF_INTAKE)], ids=lambda ties: "+".join(ties))
@pytest.mark.parametrize("kind", OrgKind)
def test_followup_tells_where_a_way_stands_to_nobody_to_whom_reporting_would_not_show_it(
    kind: OrgKind, ties: tuple[Tie, ...], in_area: bool
) -> None:
    role = TABLE[kind].area_as or "operator"
    reach = frozenset({COMMUNE} if in_area and TABLE[kind].area_as else ())
    reader = Reader("co-quan", kind, role, labels_of_kind(kind, ()), reach)
    shown = reader.part(ties, COMMUNE) is Part.WHOLE and reader.labels >= {Label.DRUG, Label.OST}
    pathway = way(*ELSEWHERE)
    pathway.sight = Shown(ties, in_area=in_area)
    told = outcome_of(pathway, "co-quan", kind).state == "reintegration_evaluated"
    assert told == (shown and kind is not OrgKind.AUDITOR)
    assert bool(pathway.happened_since(0, "co-quan", kind)) == told


@pytest.mark.parametrize("kind", [OrgKind.COMMUNE_SOCIAL, OrgKind.COMMUNE_AUTHORITY])
def test_an_office_whose_life_has_ended_is_told_of_followup_and_referral_its_own_doing_alone(
    kind: OrgKind,
) -> None:
    pathway = way(*ELSEWHERE)
    pathway.sight = Shown((Tie.MOVED_TO,), in_area=True)
    asked = referred_by("co-quan")
    for one, met in ((pathway, "opened"), (asked, "")):
        before = VersionChanged(one, 0, "co-quan", kind)
        one.takes_part = lambda _org: False
        stale = VersionChanged(one, 0, "co-quan", kind)
        assert before.state != (stale.state or "") == met
        assert stale.detail["changed"] in ("–", "referral-requested")
        assert before.detail["changed"] != stale.detail["changed"]


def referred_by(sender: str) -> Referral:
    """A referral that another office has received."""
    asked = ReferralRequested(service=Service.LOAN, provider="csxh", number="CG-0000-0000-0000-0")
    referral = Referral.request(uuid4(), asked, meta(sender, date(2019, 3, 1)))
    taken = Posting.commanded(ReferralReceived(), meta("csxh", date(2019, 3, 2)), OrgKind.PROVIDER)
    referral.command(taken, stories.POLICY)
    return referral


def test_whoever_was_handed_a_person_over_and_who_acted_is_told_where_a_way_stands() -> None:
    told = outcome_of(way(*ELSEWHERE), stories.COMMUNE, OrgKind.COMMUNE_AUTHORITY)
    assert told.state == "reintegration_evaluated"
    assert outcome_of(way(*ELSEWHERE), stories.FACILITY, OrgKind.DETOX_FACILITY).state == "handover_notified"
    assert outcome_of(way(*ELSEWHERE), stories.CLINIC, OrgKind.METHADONE_CLINIC).state == "methadone_inducted"
    assert outcome_of(way(*ELSEWHERE), stories.NEIGHBOUR, OrgKind.COMMUNE_AUTHORITY).state == "opened"
