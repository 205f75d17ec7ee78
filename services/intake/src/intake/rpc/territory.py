"""TerritoryService: what a code means, units by name, and new decrees."""

from __future__ import annotations

from typing import Any

from chassis.clock import Clock
from chassis.rpc.call import Role, current_caller
from chassis.rpc.commands import Commands
from chassis.rpc.errors import Forbidden, InvalidInput, Violation
from contracts.vocabulary import OrgKind
from reference import Living, Organisations
from reference.days import local_day
from reftrack.intake.v1 import territory_pb2 as pb
from reftrack.intake.v1 import territory_pb2_grpc as grpc

from intake.application.loading import LOAD
from intake.rpc.asked import day_asked
from intake.rpc.units import names, unit_message

USUAL, MOST = 20, 100
LEVELS = ("province", "district", "commune")
LONGEST = 200
"""Characters of a name that is looked for."""


class TerritoryServicer(grpc.TerritoryServiceServicer):
    """Answers from memory; loading goes through the writer like every command."""

    def __init__(
        self, country: Living, organisations: Organisations, commands: Commands, clock: Clock
    ) -> None:
        self._country = country
        self._organisations = organisations
        self._commands = commands
        self._clock = clock

    async def ShowUnit(self, request: pb.ShowUnitRequest, _context: Any) -> pb.ShowUnitResponse:  # noqa: N802
        """What a code means. Raises `InvalidInput` for a day that is none."""
        territory, code = self._country.now, request.code
        on = day_asked(request.on, "on") or local_day(self._clock.now())
        resolved = territory.resolve(code, on)
        lives = territory.lives(code) or territory.lives_by_other_list(code)
        return pb.ShowUnitResponse(
            code=code,
            on=on.isoformat(),
            outcome=resolved.outcome,
            unit=unit_message(territory, resolved.unit, on) if resolved.unit else None,
            presumed=resolved.presumed,
            candidates=names(resolved.candidates),
            disputed=names(resolved.disputed),
            lives=[unit_message(territory, unit, on) for unit in lives],
        )

    async def SearchUnits(self, request: pb.SearchUnitsRequest, _context: Any) -> pb.SearchUnitsResponse:  # noqa: N802
        """Units whose name begins so. Raises `InvalidInput`."""
        if not 0 < len(request.text.strip()) <= LONGEST:
            raise InvalidInput([Violation("text", "out_of_range")])
        if request.level and request.level not in LEVELS:
            raise InvalidInput([Violation("level", "not_in_list", {"expected": ", ".join(LEVELS)})])
        territory, on = self._country.now, day_asked(request.on, "on")
        limit = min(max(request.most, 0) or USUAL, MOST)
        found = territory.search(request.text, on=on, level=request.level or None, limit=limit)  # type: ignore[arg-type]
        shown = on or local_day(self._clock.now())
        return pb.SearchUnitsResponse(units=[unit_message(territory, unit, shown) for unit in found])

    async def LoadTerritory(  # noqa: N802
        self, request: pb.LoadTerritoryRequest, _context: Any
    ) -> pb.LoadTerritoryResponse:
        """Record events of units. Raises `Forbidden` for who does not supervise a whole province."""
        self._check_caller()
        done = await self._commands.run(LOAD, request)
        return pb.LoadTerritoryResponse.FromString(done.answer)

    def _check_caller(self) -> None:
        caller = current_caller()
        if caller.role is Role.ADMINISTRATOR:
            return
        one = self._organisations.get(caller.org)
        if one is None or one.kind != OrgKind.SUPERVISOR or one.district or one.commune:
            raise Forbidden("territory_needs_the_province")
