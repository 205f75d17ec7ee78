"""Corrections that intake tells of: what an owner recorded for a routed event is voided, or replaced.

A void is answered with its own id as the cause. What corrects a routed event comes as a routed event that
names the one in whose place it stands (`replaces`): the voiding and what replaces it have it as their cause,
and the void that intake recorded for it needs no answer of its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple

from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.events.intake import AgencyEventRouted
from contracts.vocabulary import VoidReason
from reference import Policy

from answering.aggregate import Answering, Logged
from answering.parties import drop_parties
from answering.posting import Posting
from answering.whom import Telling


def void_of_routed(told: Recorded[Payload]) -> Recorded[EventVoided] | None:
    """The event as a void of a routed one that is not replaced."""
    data: Any = told.data
    if isinstance(data, EventVoided) and data.type == AgencyEventRouted.TYPE and not data.replaced:
        return told  # type: ignore[return-value]
    return None


def corrected(told: Iterable[Recorded[Payload]]) -> list[tuple[Recorded[Payload], str]]:
    """The events that void or replace a routed one, with the id of that."""
    found = []
    for one in told:
        if (void := void_of_routed(one)) is not None:
            found.append((one, void.data.event_id))
        elif isinstance(one.data, AgencyEventRouted) and one.data.replaces is not None:
            found.append((one, one.data.replaces))
    return found


def caused(aggregate: Answering, routed_id: str) -> list[Logged]:
    """What a routed event has led to that can be voided: nothing, if it was refused in the end."""
    found = aggregate.caused_by(routed_id)
    if any(each.type == AgencyEventRefused.TYPE for each in found):
        return []
    idle = aggregate.OPENING | {EventVoided.TYPE}
    return [each for each in found if each.type not in idle]


def was_voided(aggregate: Answering, routed_id: str) -> bool:
    """Whether what a routed event led to was voided before."""
    return any(each.cause == routed_id and each.version in aggregate.voided for each in aggregate.log)


def to_replace(concerned: Collection[Answering], routed_id: str) -> str:
    """What stands in the way of whatever corrects that event: what it led to or, where nothing of it is
    recorded, what it was to replace when it was kept, also if it was given up meanwhile."""
    if any(stands(caused(one, routed_id)) for one in concerned):
        return routed_id
    kept = (each for one in concerned for each in one.log if each.cause == routed_id)
    return next((each.replaces for each in kept if each.replaces), routed_id)


def stands(found: Iterable[Logged]) -> bool:
    """Whether any of it is more than a deferral."""
    return any(each.type != AgencyEventDeferred.TYPE for each in found)


class Taking(NamedTuple):
    """How something is taken back: the envelope of the voiding, why, whether something replaces it, and a
    note."""

    meta: Meta
    reason: VoidReason
    replaced: bool
    note: str | None = None

    @classmethod
    def back(cls, void: Recorded[EventVoided]) -> Taking:
        """Because intake recorded that it was wrong."""
        return cls(void.meta.model_copy(update={"causation_id": void.id}), void.data.reason, replaced=False)

    @classmethod
    def for_another(cls, posting: Posting) -> Taking:
        """Because a posting corrects it."""
        return cls(posting.meta, VoidReason.WRONG_DATA, replaced=True)

    def further(self, void_id: str) -> Taking:
        """What goes with it: caused by that voiding, and nothing replaces it."""
        return Taking(self.meta.model_copy(update={"causation_id": void_id}), self.reason, replaced=False)

    def about(self, wrong: Telling) -> Meta:
        """The envelope of the voiding of one event: it stands where that stands, and tells of whom that
        tells."""
        meta, where = self.meta, {"subject": wrong.subject, "client": wrong.client}
        as_it_is = (meta.subject, meta.client) == (wrong.subject, wrong.client)
        return meta if as_it_is else meta.model_copy(update=where)

    def of(self, event_id: str, type_name: str) -> EventVoided:
        """The voiding of one event."""
        return EventVoided(
            event_id=event_id, type=type_name, reason=self.reason, replaced=self.replaced, note=self.note
        )


def void_all(uow: UnitOfWork, aggregate: Answering, found: Iterable[Logged], taking: Taking) -> None:
    """Records that all of it counts as if it had never been made, with what the clock had made of it, and
    folds the aggregate anew."""
    for each in found:
        event_id = f"{aggregate.id}:{each.version}"
        aggregate.void(taking.of(event_id, each.type), taking.about(each))
        drop_parties(uow, aggregate.case_id, event_id)
        followed = taking.further(f"{aggregate.id}:{aggregate.version}")
        for more in aggregate.caused_by(event_id):
            aggregate.void(followed.of(f"{aggregate.id}:{more.version}", more.type), followed.about(more))
    refold(uow, aggregate)


def stand_in(uow: UnitOfWork, aggregate: Answering, posting: Posting, policy: Policy) -> None:
    """Voids what the event led to that the posting replaces, and records the posting in its place.

    Both or neither: raises `Refusal` with the wrong one standing. The posting is judged by the state without
    the wrong one.
    """
    found = caused(aggregate, posting.replaces or "")
    lent = _lent(aggregate)
    try:
        with uow.attempt():
            void_all(uow, aggregate, found, Taking.for_another(posting))
            aggregate.stand_in(posting, policy)
            refold(uow, aggregate)
    except Refusal:
        aggregate.__dict__.update(lent)  # what is rolled back is as it was read
        raise


def refold(uow: UnitOfWork, aggregate: Answering) -> None:
    """Folds it anew without what was voided; what it was lent it keeps."""
    lent = _lent(aggregate)
    uow.refold(aggregate)
    aggregate.__dict__.update(lent)


def _lent(aggregate: Answering) -> dict[str, Any]:
    return {name: getattr(aggregate, name) for name in aggregate.LENT}
