"""What must hold that something reported of a way is taken: a stay is its facility's, a handover is received
by the organisation that was told of it, and the year is counted from the start of management.

Each decision gives what is to be recorded, or raises `Refusal`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from answering import Posting
from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.followup import (
    DetoxAdmitted,
    DetoxAdmittedPosted,
    DetoxCompleted,
    HandoverNotified,
    HandoverReceived,
    ManagementStarted,
    MethadoneInducted,
    MethadoneInductedPosted,
    ReintegrationEvaluated,
    SupportProvided,
)
from reference import Policy
from reference.days import local_day

from followup.domain.evaluation import check_checker, check_day, window_of
from followup.domain.posted import as_recorded, before_known
from followup.domain.stays import Stay
from followup.domain.way import Fact

if TYPE_CHECKING:
    from followup.domain.pathway import Pathway


class Taken(NamedTuple):
    """What is to be recorded, and its envelope."""

    data: Payload
    meta: Meta


Decides = Callable[["Pathway", Any, Posting, Policy], Taken]


def too_early(way: Pathway, move: str, *awaits: Fact) -> Refusal:
    """For now: one of these facts may still be reported."""
    return way.refusal("too_early", later=True, move=move, awaits=", ".join(sorted(awaits)))


def about(client: UUID | None, posting: Posting) -> Posting:
    """The posting as one of that client, unless it names somebody itself: what goes on in a case (a stay, a
    management) may be another's than the case."""
    if client is None or posting.meta.client is not None:
        return posting
    return replace(posting, meta=posting.meta.model_copy(update={"client": client}))


def _admit(way: Pathway, data: DetoxAdmittedPosted, posting: Posting, _policy: Policy) -> Taken:
    facility = posting.meta.org
    assert posting.number is not None, "an admission gets its number before it is decided"
    day = local_day(posting.meta.occurred_at)
    if any(stay.covers(day) for stay in way.stays.at(facility)):
        raise way.refusal("already_recorded", step="admit")
    if way.stays.open_at(facility, day) is not None:
        raise too_early(way, "admit", Fact.COMPLETED)
    admitted = as_recorded(DetoxAdmitted, data, facility=facility, stay_number=posting.number)
    return Taken(admitted, posting.meta)


def _complete(way: Pathway, data: DetoxCompleted, posting: Posting, _policy: Policy) -> Taken:
    facility, day = posting.meta.org, local_day(posting.meta.occurred_at)
    candidate, later = way.stays.open_at(facility, day), way.stays.begun_after(facility, day)
    if candidate is None and later is not None and posting.number in (None, later.number):
        raise before_known("before_admission", admitted_on=later.admitted_on)
    stay = _own_stay(way, posting, candidate, "complete_detox")
    return Taken(data, about(stay.client, posting).meta)


def _notify(way: Pathway, data: HandoverNotified, posting: Posting, policy: Policy) -> Taken:
    stay = _own_stay(way, posting, way.stays.to_notify(posting.meta.org), "notify_handover")
    told = check_shared(way, stay, data, posting, policy)
    return Taken(data, told.meta)


def check_shared(
    way: Pathway, stay: Stay, data: HandoverNotified, posting: Posting, policy: Policy
) -> Posting:
    """Whoever is told of a stay is told by consent or by law, also where a wrong notice is put right: that of
    whom the notice tells, who is the stay's client if it names nobody. The notice as one of whom it tells."""
    told = about(stay.client, posting)
    if way.sharing is not None:
        way.sharing.check(stay.kind, data.to_org, told, policy)
    return told


def told_anew_of(way: Pathway, posting: Posting) -> Stay:
    """The facility's stay of which a notice that is put right tells."""
    facility = posting.meta.org
    named = way.stays.numbered(posting.number) if posting.number else None
    stay = named if named in way.stays.at(facility) else way.stays.to_notify(facility)
    if stay is None:
        raise too_early(way, "notify_handover", Fact.ADMITTED)
    return stay


def _own_stay(way: Pathway, posting: Posting, candidate: Stay | None, move: str) -> Stay:
    """The facility's stay that the move is about; a number, where one is given, must be that stay's."""
    number, facility = posting.number, posting.meta.org
    named = way.stays.numbered(number) if number else None
    if named is not None and named.facility != facility:
        raise Refusal("stay_unknown", field="/about/stay")
    if candidate is None and not way.stays.at(facility):
        raise too_early(way, move, Fact.ADMITTED)
    if candidate is None or (number and candidate.number != number):
        raise way.refusal("already_recorded", step=move)
    return candidate


def _induct(way: Pathway, data: MethadoneInductedPosted, posting: Posting, _policy: Policy) -> Taken:
    clinic = posting.meta.org
    if clinic in way.clinics:
        raise way.refusal("already_recorded", step="induct_methadone")
    return Taken(as_recorded(MethadoneInducted, data, clinic=clinic), posting.meta)


def _receive(way: Pathway, data: HandoverReceived, posting: Posting, _policy: Policy) -> Taken:
    org = posting.meta.org
    stay = way.stays.to_receive(org)
    if stay is None:
        if any(stay.notified_to == org for stay in way.stays):
            raise way.refusal("already_recorded", step="receive_handover")
        raise too_early(way, "receive_handover", Fact.NOTIFIED)
    return Taken(data, about(stay.told_of, posting).meta)


def _manage(way: Pathway, data: ManagementStarted, posting: Posting, _policy: Policy) -> Taken:
    stays, day = way.stays.to_manage, local_day(posting.meta.occurred_at)
    if not stays:
        raise way.refusal("already_recorded", step="start_management")
    first = min(stays, key=lambda stay: stay.over_on or date.max)
    if first.over_on is not None and day < first.over_on:
        if first.completed_on is None:
            raise too_early(way, "start_management", Fact.COMPLETED)
        if first.facility != posting.meta.org and not _knows_way(way, posting):
            raise Refusal("management_before_completion", field="time")
        raise before_known("before_completion", completed_on=first.completed_on)
    return Taken(data, about(first.client, posting).meta)


def _support(_way: Pathway, data: SupportProvided, posting: Posting, _policy: Policy) -> Taken:
    return Taken(data, posting.meta)


def _evaluate(way: Pathway, data: ReintegrationEvaluated, posting: Posting, policy: Policy) -> Taken:
    assert way.managed_on is not None, "the table lets nobody evaluate before management"
    if way.evaluated:
        raise way.refusal("already_recorded", step="evaluate")
    check_checker(data, posting.meta, posting.org_kind)
    tells_window = posting.meta.org == way.managed_by or _knows_way(way, posting)
    day, window = local_day(posting.meta.occurred_at), window_of(way.managed_on, policy)
    check_day(day, window, tells_window=tells_window)
    return Taken(data, about(way.managed_of, posting).meta)


def _knows_way(way: Pathway, posting: Posting) -> bool:
    """Whether who posted may be told days of the way that others reported."""
    return way.is_known_to(posting.meta.org, posting.org_kind)


DECIDES: Mapping[type[Payload], Decides] = MappingProxyType(
    {
        DetoxAdmittedPosted: _admit,
        DetoxCompleted: _complete,
        MethadoneInductedPosted: _induct,
        HandoverNotified: _notify,
        HandoverReceived: _receive,
        ManagementStarted: _manage,
        SupportProvided: _support,
        ReintegrationEvaluated: _evaluate,
    }
)
"""What an agency reports and the decision that takes it."""
