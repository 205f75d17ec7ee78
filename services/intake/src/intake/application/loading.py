"""Loading events of units into the gazette: one command, all of them or none, each once."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.aggregate import event_id
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta
from contracts.events.territory import STREAM, UnitEvent
from reference.days import start_of
from reference.decrees import TerritoryInvalid, committed_events, leading_list, read_lines
from reftrack.intake.v1.territory_pb2 import LoadTerritoryRequest, LoadTerritoryResponse

from intake.application.envelope import Policy
from intake.domain.gazette import Gazette, check, unknown_of

LOAD = "load_territory"
"""The name of the command."""


class Loading:
    """Records what the gazette does not have yet."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    def load(self, uow: UnitOfWork, command: Command) -> bytes:
        """The answer, a `LoadTerritoryResponse`. Raises `Refusal` before anything is recorded."""
        assert isinstance(command.message, LoadTerritoryRequest)
        asked = _asked(command.message.events)
        gazette = uow.get(Gazette, STREAM)
        new = unknown_of(asked, gazette.known if gazette else ())
        answer = LoadTerritoryResponse(recorded=len(new), known=len(asked) - len(new))
        if command.message.dry_run:
            check(gazette.decreed if gazette else (), new)
        elif new:
            answer.last_event_id = self._record(uow, command, gazette, new)
        return answer.SerializeToString()

    def _record(
        self, uow: UnitOfWork, command: Command, gazette: Gazette | None, new: list[UnitEvent]
    ) -> str:
        if gazette is None:
            gazette = uow.add(Gazette.open(leading_list(), self._meta(uow, command, new[0])))
        metas = {told.effective: self._meta(uow, command, told) for told in new}
        gazette.load([(told, metas[told.effective]) for told in new])
        return event_id(gazette.pending_events[-1])

    def _meta(self, uow: UnitOfWork, command: Command, told: UnitEvent) -> Meta:
        org, _, subject = command.caller.partition("/")
        return Meta(
            subject=STREAM,
            occurred_at=start_of(told.effective),
            precision="day",
            received_at=uow.now,
            actor=subject or org,
            entered_by=subject or None,
            org=org,
            policy_version=self._policy.on(told.effective).version,
            correlation_id=command.correlation_id,
        )


def _asked(lines: Iterable[str]) -> list[UnitEvent]:
    lines = list(lines)
    if not lines:
        return committed_events()
    try:
        return read_lines(lines)
    except TerritoryInvalid as invalid:
        _, line, problem = (*str(invalid).split(":", 2), "", "")[:3]
        detail = {"line": line.strip(), "problem": problem.strip()}
        raise Refusal("territory_not_readable", field="events", detail=detail) from None
