"""What must lie in whose territory (`contracts.places`), asked of the offices as they are known."""

from __future__ import annotations

from datetime import date

from chassis.refusal import Refusal
from contracts.base import Payload
from contracts.places import BOUND, Bound

from intake.domain.directory import Organisations


def check_place(data: Payload, org: str, organisations: Organisations, day: date) -> None:
    """Raises `Refusal` for a commune outside of the territory that it must lie in on the map of that day."""
    bound = BOUND.get(type(data))
    if bound is not None and not bound.before_taken_up:
        _check(bound, data, org, organisations, day)


def check_home(data: Payload, org: str, organisations: Organisations, day: date) -> None:
    """The same for what binds only an office that has not taken the client up yet."""
    bound = BOUND.get(type(data))
    if bound is not None and bound.before_taken_up:
        _check(bound, data, org, organisations, day)


def _check(bound: Bound, data: Payload, org: str, organisations: Organisations, day: date) -> None:
    commune = getattr(data, bound.commune)
    whose = org if bound.of is None else getattr(data, bound.of)
    if commune is None or whose is None or organisations.works_in(whose, commune, day):
        return
    if bound.of is not None:
        raise Refusal("to_org_elsewhere", field=f"/data/{bound.of}")
    code = "lives_outside_territory" if bound.before_taken_up else "outside_territory"
    area = organisations.area_of(org)
    raise Refusal(code, field=f"/data/{bound.commune}", detail={"area": area})
