"""What was found to be like somebody registered: a command of our own, decided like every other.

The lookup itself goes on beside the front door (`intake.looking`). What it found is recorded once: the row of
`likeness_due` is gone in the same commit, and a pair that was proposed before is not proposed again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from chassis.items import Command
from chassis.store.commit import TableWrite
from chassis.store.unit_of_work import UnitOfWork
from chassis.store.unnest import Rows
from contracts.envelope import Meta
from contracts.vocabulary import MatchGround
from google.protobuf.wrappers_pb2 import BytesValue
from pydantic_core import from_json, to_json
from reference.days import local_day

from intake.application import keys, people
from intake.application.envelope import SERVICE, Policy
from intake.application.proposing import Found, Proposals
from intake.domain.case import Case

FOUND = "found_likely"
"""The name of the command."""

CLERK = "likeness"

_DONE = Rows(32, "DELETE FROM likeness_due AS d USING {rows} AS r (seq) WHERE d.seq = r.seq", "bigint")


class Looked(NamedTuple):
    """A row of `likeness_due` and whom its person is like; no identity. The case may be another's, with whom
    the person was one."""

    seq: int
    person: UUID
    case_id: UUID
    found: tuple[Found, ...]

    def message(self) -> BytesValue:
        """Make the message of the command."""
        return BytesValue(value=to_json([self.seq, self.person, self.case_id, self.found]))

    @classmethod
    def of(cls, message: BytesValue) -> Looked:
        """Read it."""
        seq, person, case_id, found = from_json(message.value)
        people = (Found(UUID(client), likely, tuple(reasons)) for client, likely, reasons in found)
        return cls(seq, UUID(person), UUID(case_id), tuple(people))


class LikelyDesk:
    """Proposes those found, in the case of who was registered."""

    def __init__(self, proposals: Proposals, policy: Policy) -> None:
        self._proposals = proposals
        self._policy = policy

    def load(self, uow: UnitOfWork, commands: Iterable[Command]) -> None:
        """Read cases and claims of all of them together."""
        looked = [Looked.of(one.message) for one in commands if isinstance(one.message, BytesValue)]
        uow.load(Case, [one.case_id for one in looked])
        clients = {keys.as_text(found.client) for one in looked for found in one.found}
        clients |= {keys.as_text(one.person) for one in looked}
        uow.load_claims(keys.LATEST_CASE, clients)

    def decide(self, uow: UnitOfWork, command: Command) -> bytes:
        """Nothing to answer: the ticker goes on."""
        assert isinstance(command.message, BytesValue)
        looked = Looked.of(command.message)
        case = uow.get(Case, looked.case_id)
        if case is not None and case.client_id != looked.person:
            case = people.case_of_client(uow, keys.as_text(looked.person))
        if case is not None and looked.found:
            meta = self._meta(uow, case)
            self._proposals.propose(uow, case, MatchGround.LIKENESS, looked.found, meta)
        uow.commit.extra.append(TableWrite(_DONE, (looked.seq,)))
        return b""

    def _meta(self, uow: UnitOfWork, case: Case) -> Meta:
        return Meta(
            subject=case.id,
            occurred_at=uow.now,
            received_at=uow.now,
            actor=CLERK,
            org=SERVICE,
            policy_version=self._policy.on(local_day(uow.now)).version,
            correlation_id=CLERK,
        )
