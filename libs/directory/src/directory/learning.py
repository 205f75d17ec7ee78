"""From events of the registry to rows of the table, and from rows to what the directory holds."""

from __future__ import annotations

from typing import Any

from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.agencies import (
    AgencyChanged,
    AgencyDescription,
    AgencyRegistered,
    AgencyReinstated,
    AgencySuspended,
)
from pydantic_core import to_json
from reference import Organisation

from directory.table import AGENCIES, AgencyRow

_TELL_OF_OFFICES = frozenset({AgencyRegistered, AgencyChanged, AgencySuspended, AgencyReinstated})
_TAKEN_OVER = (
    "kind commune district province unit_on services may_post sealed_only since until".split()  # noqa: SIM905
)


def learn(uow: UnitOfWork, told: Recorded[Payload]) -> bool:
    """Take in what an event of intake's log says of an office; whether it said anything of one."""
    row = row_of(told.data, told.id, told.meta.occurred_at)
    if row is None:
        return False
    uow.commit.extra.append(TableWrite(AGENCIES, row))
    return True


def row_of(data: Any, event_id: str, at: Any) -> AgencyRow | None:
    """The row of an event of the registry; none for any other event."""
    if type(data) not in _TELL_OF_OFFICES:
        return None
    version = int(event_id.rpartition(":")[2])
    if isinstance(data, AgencyDescription):
        return AgencyRow(data.org, version, data.model_dump_json(), None, at)
    if isinstance(data, AgencySuspended):
        return AgencyRow(data.org, version, None, str(data.reason), at)
    return AgencyRow(data.org, version, None, None, at)


def learnt(said: dict[str, Any], suspended: str | None) -> Organisation:
    """What the directory holds of an office, out of a row of the table."""
    entry = {name: said.get(name) for name in _TAKEN_OVER}
    entry |= {"id": said["org"], "name": {"vi": said["name_vi"], "en": said["name_en"]}}
    entry["suspended"] = suspended is not None
    return Organisation.model_validate_json(to_json(entry))
