"""New referrals: by agencies' routed events and by operators' commands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache, partial
from uuid import UUID

from answering import Posting
from answering.parties import Parties, add_party
from answering.requests import caller_of, case_of, envelope, outcome_of, payload_of
from chassis import ids
from chassis.items import Command
from chassis.rpc.errors import NotFound
from chassis.store.unit_of_work import UnitOfWork
from contracts.envelope import Meta, Recorded
from contracts.events.intake import AgencyEventRouted
from contracts.events.referral import ReferralRequested, ReferralRequestedPosted
from contracts.vocabulary import NumberKind
from reference import Reference

from referral.application.cases import CaseBook
from referral.application.due import Deadlines
from referral.application.moves import NUMBER, PREFIX
from referral.domain import CaseAsKnown, Referral, consent_for, may_request


class Requests:
    """Makes referrals. The same cause gives the same id and number again, whenever it is decided."""

    def __init__(
        self,
        reference: Reference,
        cases: CaseBook,
        parties: Parties,
        deadlines: Deadlines,
        ids_key: bytes,
    ) -> None:
        self._reference = reference
        self._deadlines = deadlines
        self._cases = cases
        self._parties = parties
        self._key = ids_key
        self._number = lru_cache(maxsize=16_384)(partial(ids.number, ids_key, PREFIX))

    def foresee(self, uow: UnitOfWork, causes: Iterable[str]) -> None:
        """Read in bulk that the numbers of these requests are not taken."""
        uow.load_claims(NUMBER, (self._number(cause) for cause in causes))

    def routed(self, uow: UnitOfWork, recorded: Recorded[AgencyEventRouted]) -> None:
        """What an agency asked for. Raises `Refusal`."""
        posting = Posting.routed(recorded, about=NumberKind.REFERRAL)
        case = self._cases.get(recorded.meta.subject) or CaseAsKnown()
        self._request(uow, posting.payload, posting.meta, case, cause=posting.cause)

    def commanded(self, uow: UnitOfWork, command: Command, cause: str) -> bytes:
        """What an operator asked for; the answer is an `Outcome` with the new number. Raises `Refusal`."""
        request = command.message
        payload = payload_of(request, ReferralRequestedPosted)
        caller = caller_of(command, self._reference, payload.TYPE, uow.now)
        case_id = case_of(request.case_id)  # type: ignore[attr-defined]
        case = self._cases.get(case_id)
        if case is None or not self._parties.may_act(caller.id, case_id):
            raise NotFound("case_unknown")
        act = request.act  # type: ignore[attr-defined]
        meta = envelope(command, act, subject=case_id, policy=self._reference.policy, now=uow.now)
        referral = self._request(uow, payload, meta, case, cause=cause)
        return outcome_of(referral, referral.number).SerializeToString()

    def _request(
        self, uow: UnitOfWork, posted: object, meta: Meta, case: CaseAsKnown, *, cause: str
    ) -> Referral:
        assert isinstance(posted, ReferralRequestedPosted)
        organisations, at = self._reference.organisations, meta.occurred_at
        may_request(posted, organisations.get(meta.org), case, organisations, occurred_at=at)
        number = self._number(cause)
        data = ReferralRequested(**posted.__dict__, number=number, consent_id=self._consent(posted, case, at))
        referral = uow.add(Referral.request(ids.derive(self._key, "referral", cause), data, meta))
        uow.claim(NUMBER, number, str(referral.id))
        self._deadlines.follow(uow, referral)
        add_party(uow, meta.subject, posted.provider)
        return referral

    def _consent(self, posted: ReferralRequestedPosted, case: CaseAsKnown, at: datetime) -> str | None:
        provider = self._reference.organisations[posted.provider]
        return consent_for(posted, provider, case.consents, occurred_at=at)


def case_named(command: Command) -> UUID | None:
    """The case that a request names, for loading it; none if it is no id."""
    try:
        return UUID(command.message.case_id)  # type: ignore[attr-defined]
    except ValueError:
        return None
