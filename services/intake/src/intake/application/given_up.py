"""What its owner kept and tries no more, because it was voided or put right meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.aggregate import event_id
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.vocabulary import Verdict

from intake.application.originals import Original, stream_of
from intake.application.outcome import Outcome
from intake.domain.case import Case
from intake.domain.facts import Routed

_CODE = "voided_while_waiting"
GIVEN_UP = Outcome(Verdict.DISCARDED, code=_CODE)
"""What becomes of an event that its office took back before its owner had carried it out."""


def cases_of(told: Sequence[Recorded[Payload]]) -> set[UUID]:
    """The cases in which it stands why owners gave something up: of nearly all that they tell, none."""
    return {stream_of(cause) for one in told if (cause := _cause(one)) is not None}


def given_up(uow: UnitOfWork, told: Recorded[Payload]) -> str | None:
    """The id of the routed event that its owner tries no more, if it has kept it: the one that was voided, or
    that another replaces. None where an owner says nothing of the kind."""
    cause = _cause(told)
    case = uow.get(Case, stream_of(cause)) if cause is not None else None
    events = uow.events(case) if case is not None else ()
    why: Any = next((one for one in events if event_id(one) == cause), None)
    if isinstance(why, Case.Voided):
        return str(why.data.event_id)
    is_replaced = isinstance(why, Case.Routed) and isinstance(told.data, EventVoided)
    return why.data.replaces if is_replaced else None


def is_kept(uow: UnitOfWork, found: Original) -> bool:
    """Whether its owner keeps what was voided here, as all that was to replace it was refused there or given
    up; what only voided it was not refused."""
    voids = [one for one in found.events if one.voids == found.version]
    rights = _rights(found.events, found.recorded_id)
    replaced = any(_may_stand(uow, found.events, one) for one in rights)
    return bool(rights) and not replaced and all(one.data.replaced for one in voids)


def _may_stand(uow: UnitOfWork, events: Sequence[Any], right: Routed) -> bool:
    """Whether a correction replaces what it was to, or may still; what puts right one that only waited,
    replaces what that was to."""
    row = uow.received(right.data.event_source, right.data.event_id)
    if row is None or row.verdict not in (Verdict.REJECTED, Verdict.DISCARDED):
        return True
    if row.code != _CODE:
        return False
    return any(_may_stand(uow, events, one) for one in _rights(events, event_id(right)))


def _rights(events: Sequence[Any], recorded_id: str) -> list[Routed]:
    return [one for one in events if isinstance(one, Case.Routed) and one.data.replaces == recorded_id]


def _cause(told: Recorded[Payload]) -> str | None:
    """Why an owner gives something up; it may also say that it has before."""
    data: Any = told.data
    gives_up = isinstance(data, EventVoided) and data.type == AgencyEventDeferred.TYPE
    gave_up = isinstance(data, AgencyEventRefused) and data.code == "already_voided"
    return told.meta.causation_id if gives_up or gave_up else None
