"""Closings told of a client in the case of another: when the two are two again, they close the client's own.

The client's own case names as what caused it the closing as it was told, so what voids that or puts it right
does so in both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from chassis.aggregate import event_id
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.common import EventVoided
from contracts.vocabulary import VoidReason

from intake.application import people
from intake.application.originals import Original
from intake.domain.case import Case


class Carried(NamedTuple):
    """What a closing closed besides the case in which it was told."""

    case: Case
    closed: Any

    @property
    def stands(self) -> bool:
        """Whether it has not been voided."""
        return self.closed.originator_version not in self.case.voided

    def void(
        self, uow: UnitOfWork, meta: Meta, reason: VoidReason, note: str | None = None, **how: Any
    ) -> None:
        """It counts no more. `meta`: the envelope of what voids the closing told; `how`: whether it is
        replaced."""
        told = EventVoided(
            event_id=event_id(self.closed), type=self.closed.data.TYPE, reason=reason, note=note, **how
        )
        whom = {"client": self.closed.meta.client}
        own = people.envelopes(meta)(self.case.id).model_copy(update=whom)
        self.case.void(self.closed.originator_version, told, own)
        uow.refold(self.case)


def carried(uow: UnitOfWork, found: Original) -> list[Carried]:
    """What a closing closed besides, and what that closed again, the latest last. Nothing is read of whoever
    has one case only, nor for what is no closing."""
    if not isinstance(found.happened, Case.Closed) or people.is_alone(uow, found.client):
        return []
    told = [
        Carried(case, one)
        for case in people.cases_telling_of(uow, found.client)
        for one in uow.events(case)
        if isinstance(one, Case.Closed) and one.meta.org == found.happened.meta.org
    ]
    causes, followed = {found.recorded_id}, list[Carried]()
    for one in sorted(told, key=lambda each: each.closed.meta.received_at):
        if one.closed.meta.causation_id in causes:
            causes.add(event_id(one.closed))
            followed.append(one)
    return followed


def void_carried(uow: UnitOfWork, found: Original, reason: VoidReason, note: str | None, meta: Meta) -> None:
    """A closing was voided: what it closed besides is opened again."""
    for one in carried(uow, found):
        if one.stands:
            one.void(uow, meta, reason, note)


def put_right(uow: UnitOfWork, found: Original, right: Any, meta: Meta) -> None:
    """A closing was put right: what it closed besides is closed by the right one."""
    for one in carried(uow, found):
        if one.stands:
            whose = one.case.meant(one.closed.meta)
            caused = meta.model_copy(update={"causation_id": event_id(right)})
            one.void(uow, caused, VoidReason.WRONG_DATA, replaced=True)
            one.case.close_as_told(right, whose, people.envelopes(caused)(one.case.id))
            uow.refold(one.case)
