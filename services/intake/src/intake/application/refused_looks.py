"""Refused looks at an identity: recorded before the refusal is answered, so many of an office a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from chassis.aggregate import event_id
from chassis.ids import derive
from chassis.items import Command
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.events.vault import IdentityReadRefused
from contracts.vocabulary import IdentityField, PurposeOfUse, ReadRefusal
from reference.days import local_day

from intake.application import keys
from intake.application.envelope import Policy, commanded
from intake.domain.identity_reading import MOST_A_DAY, IdentityRefusal

REFUSED_LOOKS = MappingProxyType({f"refused_look:{code}": code for code in ReadRefusal})
"""Names of the commands that record one, and why it was refused."""


class Refused(NamedTuple):
    """The row beside the event."""

    event_id: str
    case_id: UUID | None
    at: datetime
    org: str
    by: str
    purpose: str
    fields: str
    code: str
    last: bool


REFUSALS = Rows(
    31,
    """
    INSERT INTO identity_refusals (event_id, case_id, at, org, by, purpose, fields, code, last)
    SELECT event_id, case_id, at, org, by, purpose,
           coalesce(string_to_array(nullif(fields, ''), ' '), '{}'), code, last
    FROM {rows} AS r (event_id, case_id, at, org, by, purpose, fields, code, last)
    """,
    *("text", "uuid", "timestamptz", "text", "text", "text", "text", "text", "bool"),
)


class RefusedLooks:
    """Records a look that was refused; what is recorded already, or one too many, changes nothing."""

    def __init__(self, ids_key: bytes, policy: Policy) -> None:
        self._ids_key = ids_key
        self._policy = policy

    def load(self, uow: UnitOfWork, commands: Iterable[Command]) -> None:
        """Read what was recorded of the same, and how many of each office today."""
        asked = list(commands)
        if asked:
            uow.load(IdentityRefusal, {self._id(uow, one) for one in asked})
            uow.load_claims(keys.REFUSED_LOOKS, {_day_of(uow, one) for one in asked})

    def decide(self, uow: UnitOfWork, command: Command) -> bytes:
        """Record it, unless it is one of those that are counted only."""
        refusal_id, day = self._id(uow, command), _day_of(uow, command)
        recorded = int(uow.holder(keys.REFUSED_LOOKS, day) or 0)
        if recorded >= MOST_A_DAY or uow.get(IdentityRefusal, refusal_id) is not None:
            return b""
        org, _, subject = command.caller.partition("/")
        data = _refused(command, last=recorded + 1 == MOST_A_DAY)
        meta = commanded(command, derive(self._ids_key, "agency", org), self._policy, uow.now)
        refusal = IdentityRefusal.begin(refusal_id, data, meta)
        told = event_id(refusal.pending_events[-1])
        uow.add(refusal)
        fields = " ".join(data.fields)
        row = Refused(
            told, data.case, uow.now, org, subject, data.purpose or "", fields, data.code, data.last
        )
        uow.commit.extra.append(TableWrite(REFUSALS, row))
        if recorded:
            uow.release(keys.REFUSED_LOOKS, day)
        uow.claim(keys.REFUSED_LOOKS, day, str(recorded + 1))
        return b""

    def _id(self, uow: UnitOfWork, command: Command) -> UUID:
        asked, day = _case_of(command), str(local_day(uow.now))
        return derive(self._ids_key, "identity-read-refused", command.caller, str(asked), command.name, day)


def _refused(command: Command, *, last: bool) -> IdentityReadRefused:
    """What was asked for, as far as there is such a thing: nothing else that the caller sent is kept."""
    request: Any = command.message
    return IdentityReadRefused(
        code=REFUSED_LOOKS[command.name],
        case=_case_of(command),
        purpose=PurposeOfUse(request.purpose) if request.purpose in set(PurposeOfUse) else None,
        fields=tuple(field for field in IdentityField if field in request.fields),
        last=last,
    )


def _case_of(command: Command) -> UUID | None:
    request: Any = command.message
    try:
        return UUID(request.case_id)
    except ValueError:
        return None


def _day_of(uow: UnitOfWork, command: Command) -> str:
    return f"{command.caller.partition('/')[0]}/{local_day(uow.now)}"
