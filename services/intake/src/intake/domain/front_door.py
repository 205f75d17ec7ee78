"""Who may post what: the questions asked of every event that can be read, before it is asked whom it is
about.

Each check raises `Refusal` with the code, the field and what is needed to put it right; none of them looks
anything up but reference data, and none reads a clock: `now` is the batch's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any, NamedTuple

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.communes import commune_fields
from contracts.events.consent import ConsentGiven
from contracts.events.intake import ClientContacted
from contracts.places import BOUND
from reference.days import local_day, local_time
from reference.rights import Rights, event_name

from intake.domain.addressees import check_addressee, check_expiry, names_others
from intake.domain.communes import Communes, read_communes
from intake.domain.directory import Organisations
from intake.domain.paths import check_contact
from intake.domain.places import check_place

_FIELD = {"agency_suspended": "ce_source", "agency_not_in_force": "ce_time"}
"""Where the fault lies, if not in the type of the event."""

TOLERANCE = timedelta(minutes=5)
"""How far an agency's clock may run ahead of ours."""


class Arrival(NamedTuple):
    """An event as it stands at the door.

    `agency` is proven by its topic or its token, `source` is what belongs to it, `claimed_source` what it
    says.
    """

    agency: str
    source: str
    claimed_source: str
    occurred_at: datetime
    data: Payload
    time_field: str = "ce_time"
    """Where the time stands: in the attribute, or `/occurred_on` of the value."""
    in_clear: str | None = None
    """A field that tells who somebody is and was not sealed."""


class Admitted(NamedTuple):
    """Who may report it: an organisation of that `kind`. `units`: what is worth telling of the codes of
    communes in it."""

    kind: str
    units: tuple[dict[str, Any], ...] = ()


@lru_cache(maxsize=4096)
def source_of(agency: str) -> str:
    """Return the CloudEvents source that belongs to an agency."""
    return f"/agencies/{agency}"


def agency_of_source(source: str) -> str:
    """Return the agency that a source as `source_of` gives it belongs to."""
    return source.removeprefix("/agencies/")


def admit(
    arrival: Arrival,
    *,
    rights: Rights,
    organisations: Organisations,
    communes: Communes,
    now: datetime,
) -> Admitted:
    """What is known of who reports. Raises `Refusal` unless it may report this event.

    `rights` says what kinds may post on that day, and what the registry leaves of it. The more fundamental
    answer comes first: who is not in the directory is told that, not what else is wrong; it may enter it
    (`later`).
    """
    organisation = organisations.get(arrival.agency)
    if organisation is None:
        raise Refusal("agency_unknown", field="ce_source", detail={"agency": arrival.agency}, later=True)
    if arrival.claimed_source != arrival.source:
        raise Refusal("source_not_yours", field="ce_source", detail={"expected": arrival.source})
    if arrival.occurred_at > now + TOLERANCE:
        raise Refusal("time_in_future", field=arrival.time_field, detail={"now": local_time(now)})
    day = local_day(arrival.occurred_at)
    denied = rights.why_not(organisation, event_name(arrival.data.TYPE), day)
    if denied is not None:
        raise Refusal(denied.code, field=_FIELD.get(denied.code, "ce_type"), detail=dict(denied.detail))
    if arrival.in_clear is not None and organisation.sealed_only:
        raise Refusal("identity_not_sealed", field=arrival.in_clear)
    if _names_nothing(type(arrival.data)):
        return Admitted(organisation.kind)
    check_contact(arrival.data, organisation.kind)
    check_addressee(arrival.data, organisations)
    units = read_communes(arrival.data, communes, day)
    check_place(arrival.data, arrival.agency, organisations, day)
    check_expiry(arrival.data, day)
    return Admitted(organisation.kind, units)


@cache
def _names_nothing(model: type[Payload]) -> bool:
    """Whether an event names no place, nobody else and no term: nothing that the checks of those ask for."""
    asked = issubclass(model, ClientContacted | ConsentGiven) or names_others(model) or model in BOUND
    return not (asked or commune_fields(model))
