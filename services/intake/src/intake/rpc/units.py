"""Units of the territory as protobuf."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from reference import Step, Territory, Unit
from reftrack.intake.v1 import territory_pb2 as pb


def unit_message(territory: Territory, unit: Unit, on: date) -> pb.Unit:
    """A unit with what it lay in on that day, or on the day of its own life nearest to it."""
    within = territory.parents_of(unit, min(max(on, unit.since), unit.until or date.max))
    return pb.Unit(
        code=unit.code,
        name_vi=unit.vi,
        name_en=unit.en,
        level=unit.level,
        kind=unit.kind,
        parent=unit.parent or "",
        since="" if unit.since == date.min else unit.since.isoformat(),
        attested=unit.attested.isoformat(),
        until=unit.until.isoformat() if unit.until else "",
        also=[pb.OtherCode(code=code, list=other) for code, other in unit.also],
        source=unit.source,
        within=names(within),
        became=_step(territory.became(unit)),
        came_from=_step(territory.came_from(unit)),
    )


def names(units: Iterable[Unit]) -> list[pb.UnitName]:
    """Units, shortly."""
    return [pb.UnitName(code=unit.code, name_vi=unit.vi, name_en=unit.en, level=unit.level) for unit in units]


def _step(step: Step | None) -> pb.Step | None:
    if step is None:
        return None
    return pb.Step(on=step.on.isoformat(), whole=step.whole, units=names(step.units))
