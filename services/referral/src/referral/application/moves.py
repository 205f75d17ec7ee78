"""Moves on a referral: by agencies' routed events and by operators' commands, one road for both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from uuid import UUID

from answering import Posting
from answering.people import People
from answering.requests import caller_of, envelope, number_of, obey, outcome_of, payload_of
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import NotFound
from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Meta, Recorded
from contracts.events import referral as events
from contracts.events.intake import AgencyEventRouted
from contracts.vocabulary import NumberKind, OrgKind
from google.protobuf.message import Message
from reference import Policy, Reference
from reference.days import local_day

from referral.application.due import Deadlines
from referral.domain import Referral

NUMBER = "referral"
"""The kind of claim that leads from a referral's number to its stream."""

PREFIX = "CG"


@dataclass(frozen=True)
class Form:
    """Which payload a request becomes, and which of its fields have another name in the request."""

    payload: type[Payload]
    renamed: Mapping[str, str] = field(default_factory=dict)


FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "ReceiveReferral": Form(events.ReferralReceived),
        "AcceptReferral": Form(events.ReferralAccepted),
        "RejectReferral": Form(events.ReferralRejected),
        "ScheduleAppointment": Form(events.AppointmentScheduled),
        "MissAppointment": Form(events.AppointmentMissed),
        "StartService": Form(events.ServiceStarted),
        "ReportInterim": Form(events.InterimReported),
        "HoldService": Form(events.ServiceHeld),
        "ResumeService": Form(events.ServiceResumed),
        "CompleteService": Form(events.ServiceCompleted, {"outcome": "result"}),
        "FailService": Form(events.ServiceFailed),
        "CloseLoop": Form(events.LoopClosed),
    }
)
"""The commands that move a referral, by the name of their gRPC method."""


class Moves:
    """Finds the referral and lets it decide."""

    def __init__(self, reference: Reference, deadlines: Deadlines, people: People) -> None:
        self._people = people
        self._reference = reference
        self._deadlines = deadlines

    def load(self, uow: UnitOfWork, numbers: Iterable[str]) -> None:
        """Read the referrals of a batch: their numbers in one query, they themselves in another."""
        numbers = set(numbers)
        uow.load_claims(NUMBER, numbers)
        held = (uow.holder(NUMBER, number) for number in numbers)
        uow.load(Referral, {UUID(holder) for holder in held if holder})

    def of_other_cases(self, uow: UnitOfWork, routed: Iterable[Recorded[AgencyEventRouted]]) -> list[UUID]:
        """The cases of those referrals that are named in another case: it may be the same person's."""
        found = ((one, self.find(uow, one.data.number)) for one in routed)
        return [
            referral.case_id
            for one, referral in found
            if referral is not None and referral.case_id != one.meta.subject
        ]

    def find(self, uow: UnitOfWork, number: str | None) -> Referral | None:
        """The referral of a number."""
        holder = uow.holder(NUMBER, number) if number else None
        return uow.get(Referral, UUID(holder)) if holder else None

    def routed(self, uow: UnitOfWork, recorded: Recorded[AgencyEventRouted]) -> None:
        """Let the referral answer. Raises `Refusal` if the event names none of this case."""
        posting = Posting.routed(recorded, about=NumberKind.REFERRAL)
        self._let(uow, posting, Referral.answer)

    def posted(self, uow: UnitOfWork, posting: Posting) -> None:
        """Make a move now or not at all. Raises `Refusal`."""
        self._let(uow, posting, Referral.command)

    def _let(
        self, uow: UnitOfWork, posting: Posting, do: Callable[[Referral, Posting, Policy], None]
    ) -> None:
        if posting.number is None:
            raise Refusal("number_missing", field="/about/referral")
        referral = self.find(uow, posting.number)
        if referral is None or posting.meta.subject not in self._people.person(referral.case_id):
            raise Refusal("referral_unknown", field="/about/referral")
        self._lend(uow, referral)
        due = referral.due
        do(referral, self.about(referral, posting), self._reference.policy)
        self._deadlines.follow(uow, referral, due)

    def about(self, referral: Referral, posting: Posting) -> Posting:
        """The posting as one of whom the referral is: intake knows that one by the case of the number."""
        meta = posting.meta
        client = self._people.within(meta.subject, referral.asked)
        if client == meta.client:
            return posting
        return replace(posting, meta=meta.model_copy(update={"client": client}))

    def commanded(self, uow: UnitOfWork, command: Command) -> bytes:
        """Carry out an operator's command; the answer is an `Outcome`. Raises `Refusal`."""
        form, request = FORMS[command.name], command.message
        payload = payload_of(request, form.payload, form.renamed)
        caller = caller_of(command, self._reference, payload.TYPE, uow.now)
        referral = self._between(uow, request, caller.id)
        posting = Posting.commanded(payload, self._meta(uow, command, referral), OrgKind(caller.kind))
        due = referral.due
        obey(referral, posting, self._reference.policy, request)
        self._deadlines.follow(uow, referral, due)
        return outcome_of(referral, caller.id, caller.kind).SerializeToString()

    def _between(self, uow: UnitOfWork, request: Message, org: str) -> Referral:
        """The referral that a request names, if that organisation is one of its two sides."""
        number = number_of(request.referral, PREFIX, "referral")  # type: ignore[attr-defined]
        referral = self.find(uow, number)
        if referral is None or org not in (referral.sender, referral.provider):
            raise NotFound("referral_unknown")
        self._lend(uow, referral)
        return referral

    def _lend(self, uow: UnitOfWork, referral: Referral) -> None:
        """Whom it may tell where it stands: not whose life has ended."""
        referral.takes_part = self._reference.organisations.taking_part(local_day(uow.now))

    def _meta(self, uow: UnitOfWork, command: Command, referral: Referral) -> Meta:
        act, policy = command.message.act, self._reference.policy  # type: ignore[attr-defined]
        return envelope(command, act, referral.asked, policy=policy, now=uow.now)
