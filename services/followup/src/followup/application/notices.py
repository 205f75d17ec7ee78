"""Whom a notice of a handover names: an office that is known, and works where it is said to."""

from __future__ import annotations

from datetime import date

from answering import Posting
from chassis.rpc.errors import InvalidInput, Violation
from contracts.base import Payload
from contracts.events import followup as events
from contracts.registry import TAKES_UP
from reference import Organisations, Reference
from reference.communes import no_commune


def check_addressee(reference: Reference, payload: Payload, on: date) -> None:
    """Raises `InvalidInput` unless whoever a command tells of a handover may be told, there and today."""
    if not isinstance(payload, events.HandoverNotified):
        return
    organisation = reference.organisations.get(payload.to_org)
    if organisation is None:
        raise InvalidInput([Violation("to_org", "organisation_unknown")])
    kinds = TAKES_UP[events.HandoverNotified]
    if organisation.kind not in kinds:
        raise InvalidInput([Violation("to_org", "not_for_this_kind", {"allowed": ", ".join(sorted(kinds))})])
    if organisation.suspended:
        raise InvalidInput([Violation("to_org", "addressee_suspended")])
    resolved = reference.territory.resolve(payload.to_commune, on)
    if (why := no_commune(resolved)) is not None:
        raise InvalidInput([Violation("to_commune", why.code, dict(why.detail))])
    if not reference.organisations.works_in(payload.to_org, payload.to_commune, on):
        raise InvalidInput([Violation("to_org", "to_org_elsewhere")])


def names_unknown(offices: Organisations, posting: Posting) -> bool:
    """Whether a handover is told to or by an office of which we have not learned yet."""
    data = posting.payload
    if not isinstance(data, events.HandoverNotified):
        return False
    return offices.get(data.to_org) is None or offices.get(posting.meta.org) is None
