"""Where an office works: what it did itself, it did in its own territory (docs/offices.md)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.events.intake import ClientContacted

from intake.domain.directory import Organisations

DONE_IN: Mapping[type[Payload], str] = MappingProxyType({ClientContacted: "commune"})
"""Events that name the place where the office did what it reports. Where somebody lives (a registration, a
move) or is sent to (a handover) may lie anywhere."""


def check_place(data: Payload, org: str, organisations: Organisations, day: date) -> None:
    """Raises `Refusal` for something done outside of the office's territory on the map of that day."""
    field = DONE_IN.get(type(data))
    if field is None or organisations.works_in(org, getattr(data, field), day):
        return
    organisation = organisations.get(org)
    area = organisation.area if organisation is not None else "–"
    raise Refusal("outside_territory", field=f"/data/{field}", detail={"area": area})
