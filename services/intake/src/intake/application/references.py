"""An office's own references for a client: let go where nothing right of that office stands under them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chassis.aggregate import event_id
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.common import EventVoided
from contracts.vocabulary import VoidReason

from intake.application import keys, people
from intake.application.originals import Original, by_merging
from intake.domain.case import Case

NO_FACTS = (
    *(Case.Created, Case.Bound, Case.Voided, Case.Reviewed),
    *(Case.Merged, Case.Unmerged, Case.Distinguished),
)
"""What says nothing of a client by itself."""


def let_go(
    uow: UnitOfWork, found: Original, reason: VoidReason, meta: Meta, *, right: str | None = None
) -> None:
    """An event was voided just now. Where nothing else of its office tells of that client, all references of
    the office mean nobody again, but for `right`, which stands in the place of a mistyped one. Where the
    person was wrong, those that the event itself had bound mean nobody, whatever stands.

    They are free for somebody else then, or for the same client again.
    """
    org = found.happened.meta.org
    nothing_stands = not any(_stand(uow, found, org))
    for case, bound in list(_bound(uow, found, org)):
        wrong = (
            reason is VoidReason.WRONG_PERSON and bound.meta.causation_id == found.happened.meta.causation_id
        )
        if (nothing_stands or wrong) and bound.data.agency_ref != right:
            _void(uow, case, bound, reason, meta)


def _stand(uow: UnitOfWork, found: Original, org: str) -> Iterator[Any]:
    """What that office reported of the client and was not voided, in whichever case; what had only followed
    from the event goes with it."""
    for case in people.cases_telling_of(uow, found.client):
        for one in uow.events(case):
            is_theirs = one.meta.org == org and keys.as_text(case.meant(one.meta)) == found.client
            stands = one.originator_version not in case.voided and not by_merging(one)
            follows = one.meta.causation_id == found.recorded_id
            if is_theirs and stands and not follows and not isinstance(one, NO_FACTS):
                yield one


def _bound(uow: UnitOfWork, found: Original, org: str) -> Iterator[tuple[Case, Any]]:
    """References of that office for the client, each in the case where it was bound."""
    for case in people.cases_telling_of(uow, found.client):
        if keys.as_text(case.client_id) == found.client:
            for one in uow.events(case):
                is_theirs = isinstance(one, Case.Bound) and one.data.org == org
                if is_theirs and one.originator_version not in case.voided:
                    yield case, one


def _void(uow: UnitOfWork, case: Case, bound: Any, reason: VoidReason, meta: Meta) -> None:
    told = EventVoided(event_id=event_id(bound), type=bound.data.TYPE, reason=reason)
    case.void(bound.originator_version, told, people.envelopes(meta)(case.id))
    uow.refold(case)
    key = keys.reference_key(bound.data.org, bound.data.agency_ref)
    if uow.holder(keys.REFERENCE, key) == keys.as_text(case.client_id):
        uow.release(keys.REFERENCE, key)
