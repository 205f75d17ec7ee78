"""Reading an identity: decided and recorded like every command, before anything is shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from chassis.aggregate import event_id
from chassis.box import Box
from chassis.ids import derive
from chassis.items import Command
from chassis.rpc.errors import NotFound
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.events.vault import IdentityRead
from contracts.vocabulary import IdentityField
from reference.days import local_day

from intake.application import keys, people
from intake.application.envelope import Policy, commanded
from intake.application.matching import parties_of
from intake.application.refused_looks import REFUSED_LOOKS, RefusedLooks
from intake.domain.case import Case
from intake.domain.identity_readers import READERS, Places, has_to_do_with, purpose_of
from intake.domain.identity_reading import IdentityReading

READ_IDENTITY, CHECK_OVERSEER = "read_identity", "check_overseer"
"""Names of the commands. The second records nothing: it only says whether the caller may look at a case."""

IDENTITY_DEEDS = frozenset({READ_IDENTITY, CHECK_OVERSEER, *REFUSED_LOOKS})

WHY = "identity_read"
"""What the box seals reasons for."""


class Read(NamedTuple):
    """The row beside the event: all that the event says, and why, sealed for `WHY, event_id`."""

    event_id: str
    case_id: UUID
    at: datetime
    org: str
    by: str
    purpose: str
    fields: str
    sealed_reason: bytes


READS = Rows(
    30,
    """
    INSERT INTO identity_reads (event_id, case_id, at, org, by, purpose, fields, sealed_reason)
    SELECT event_id, case_id, at, org, by, purpose,
           coalesce(string_to_array(nullif(fields, ''), ' '), '{}'), sealed_reason
    FROM {rows} AS r (event_id, case_id, at, org, by, purpose, fields, sealed_reason)
    """,
    *("text", "uuid", "timestamptz", "text", "text", "text", "text", "bytea"),
)


class Directory(Places, Protocol):
    """The directory of organisations, as far as this needs it."""

    def get(self, org: str, /) -> Any | None:
        """The organisation of that id, or none."""
        ...


class IdentityDesk:
    """Decides who may; the caller shows the fields once this is committed."""

    def __init__(self, ids_key: bytes, policy: Policy, directory: Directory, box: Box) -> None:
        self._ids_key = ids_key
        self._policy = policy
        self._directory = directory
        self._box = box
        self._refused = RefusedLooks(ids_key, policy)

    def load(self, uow: UnitOfWork, commands: Sequence[Command]) -> None:
        """Read the cases that are asked about."""
        self._refused.load(uow, (each for each in commands if each.name in REFUSED_LOOKS))
        asked = (each.message for each in commands if each.name not in REFUSED_LOOKS)
        cases = {UUID(message.case_id) for message in asked}  # type: ignore[attr-defined]
        if cases:
            uow.load(Case, cases)
            uow.load_claims(keys.ADDRESSED, [keys.as_text(case_id) for case_id in cases])

    def decide(self, uow: UnitOfWork, command: Command) -> bytes:
        """`<event> <client>` of what was recorded, and all who are one person with the client: what was
        told of them in this very case is shown with it. Raises `NotFound` for a case that the caller has
        nothing to do with as for one that does not exist."""
        if command.name in REFUSED_LOOKS:
            return self._refused.decide(uow, command)
        request: Any = command.message
        org, _, subject = command.caller.partition("/")
        case = self._case_for(uow, org, UUID(request.case_id))
        if command.name == CHECK_OVERSEER:
            return b""
        purpose = purpose_of(READERS[self._directory.get(org).kind], request.purpose)  # type: ignore[union-attr]
        fields = tuple(dict.fromkeys(map(IdentityField, request.fields)))
        data = IdentityRead(purpose=purpose, fields=fields)
        reading_id = derive(self._ids_key, "identity-read", command.caller, command.request_id)
        meta = commanded(command, case.id, self._policy, uow.now)
        reading = IdentityReading.begin(reading_id, data, meta)
        read = event_id(reading.pending_events[-1])
        uow.add(reading)
        sealed = self._box.seal(request.reason.encode(), WHY, read)
        row = Read(read, case.id, uow.now, org, subject, str(purpose), " ".join(fields), sealed)
        uow.commit.extra.append(TableWrite(READS, row))
        client = keys.as_text(case.client_id)
        others = sorted(people.person_of(uow, client).clients - {client})
        return " ".join([read, client, *others]).encode()

    def _case_for(self, uow: UnitOfWork, org: str, case_id: UUID) -> Case:
        case, one = uow.get(Case, case_id), self._directory.get(org)
        if case is None or one is None or one.kind not in READERS or not _takes_part(one, uow.now):
            raise NotFound("case_unknown", field="case_id")
        clients, _ = people.telling(uow, case)
        concerned = parties_of(uow, case, clients)
        if not has_to_do_with(org, READERS[one.kind], concerned, self._directory):
            raise NotFound("case_unknown", field="case_id")
        return case


def _takes_part(one: Any, now: datetime) -> bool:
    return one.holds(local_day(now)) and not one.suspended
