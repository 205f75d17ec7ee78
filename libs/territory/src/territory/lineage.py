"""What became of units and what they came from, followed through any number of steps."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from territory.units import Reached, Step, Unit


class Lineage:
    """The steps between units. `after` and `before` tell of the same steps from their two sides."""

    def __init__(self, after: Mapping[Unit, Step], before: Mapping[Unit, Step]) -> None:
        self._after = after
        self._before = before

    def became(self, unit: Unit) -> Step | None:
        """The step that ended the unit; none while it lives, and none if nothing followed it."""
        return self._after.get(unit)

    def came_from(self, unit: Unit) -> Step | None:
        """The step that it began with; none if it began out of nothing that is known."""
        return self._before.get(unit)

    def follow(self, unit: Unit, day: date) -> Reached:
        """Where the area of the unit lies on that day, earlier or later: nothing is guessed, no share is
        known.
        """
        if unit.holds(day):
            return Reached((unit,), exact=True, lost=False)
        steps = self._before if day < unit.since else self._after
        found, seen, lost, open_ = set[Unit](), {unit}, False, [unit]
        while open_:
            step = steps.get(open_.pop())
            if step is None:
                lost = True
                continue
            for other in step.units:
                if other.holds(day):
                    found.add(other)
                elif other not in seen:
                    seen.add(other)
                    open_.append(other)
        units = tuple(sorted(found, key=lambda each: each.code))
        return Reached(units, exact=len(units) == 1 and not lost, lost=lost)
