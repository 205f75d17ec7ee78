"""New referrals: by agencies' routed events and by operators' commands."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache, partial
from uuid import UUID

from answering import Posting
from answering.consents import ConsentBook, may_know, not_covered
from answering.parties import Parties, add_party
from answering.requests import caller_of, case_of, envelope, outcome_of, payload_of, uuid_of
from answering.whom import Whom
from chassis import ids
from chassis.items import Command
from chassis.refusal import Refusal
from chassis.rpc.errors import NotFound
from chassis.store.together import Ask
from chassis.store.unit_of_work import UnitOfWork
from consent import Decision, Known, Missing, Refused, Request, What, decide
from contracts.envelope import Meta, Recorded
from contracts.events.intake import AgencyEventRouted
from contracts.events.referral import ReferralRequested, ReferralRequestedPosted
from contracts.vocabulary import NumberKind
from reference import Reference

from referral.application.cases import CaseBook
from referral.application.due import Deadlines
from referral.application.lapses import Lapses
from referral.application.moves import NUMBER, PREFIX
from referral.domain import CaseAsKnown, Referral, may_request
from referral.domain.sharing import (
    Share,
    item_of,
    labels_written,
    plan_on,
    purpose_for,
    request_of,
    share,
)

NEVER = datetime.max.replace(tzinfo=UTC)


class Requests:
    """Makes referrals. The same cause gives the same id and number again, whenever it is decided."""

    def __init__(
        self,
        reference: Reference,
        cases: CaseBook,
        parties: Parties,
        deadlines: Deadlines,
        consents: ConsentBook,
        lapses: Lapses,
        ids_key: bytes,
    ) -> None:
        self._reference = reference
        self._consents = consents
        self._lapses = lapses
        self._deadlines = deadlines
        self._cases = cases
        self._parties = parties
        self._key = ids_key
        self._number = lru_cache(maxsize=16_384)(partial(ids.number, ids_key, PREFIX))

    def asks(self, uow: UnitOfWork, causes: Iterable[str]) -> list[Ask]:
        """Ask in bulk whether the numbers of these requests are taken."""
        return uow.asks_claims(NUMBER, (self._number(cause) for cause in causes))

    def routed(self, uow: UnitOfWork, recorded: Recorded[AgencyEventRouted]) -> None:
        """What an agency asked for. Raises `Refusal`, `later` where a consent may still be reported."""
        self.posted(uow, Posting.routed(recorded, about=NumberKind.REFERRAL))

    def posted(self, uow: UnitOfWork, posting: Posting) -> None:
        """The same, also of what was put off."""
        case = self._case_of(posting.meta)
        self._request(uow, posting.payload, posting.meta, case, cause=posting.cause, waits=True)

    def _case_of(self, meta: Meta) -> CaseAsKnown:
        """The case by which a request is judged: where it stands, unless it tells of somebody who is no more
        one person with its client; then that one's open case, or the one that was closed last."""
        people = self._consents.people
        asked = people.case_of(meta)
        cases = {asked} if asked == meta.subject else people.person(asked)
        known = (self._cases.get(each) or CaseAsKnown() for each in cases)
        return max(known, key=lambda case: case.closed_at or NEVER)

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
        whom = Whom(case_id, self._parties.client_of(caller.id, case_id))
        meta = envelope(command, act, whom, policy=self._reference.policy, now=uow.now)
        referral = self._request(uow, payload, meta, case, cause=cause, waits=False)
        return outcome_of(referral, caller.id, caller.kind, referral.number).SerializeToString()

    def _request(
        self, uow: UnitOfWork, posted: object, meta: Meta, case: CaseAsKnown, *, cause: str, waits: bool
    ) -> Referral:
        assert isinstance(posted, ReferralRequestedPosted)
        organisations, at = self._reference.organisations, meta.occurred_at
        may_request(posted, organisations.get(meta.org), case, organisations, occurred_at=at)
        shares = self._share(posted, meta, waits=waits, now=uow.now)
        number = self._number(cause)
        said = {**posted.__dict__, "shared": shares.shared, "consent_id": shares.consent_id}
        data = ReferralRequested(**said, number=number)
        referral = uow.add(Referral.request(ids.derive(self._key, "referral", cause), data, meta))
        uow.claim(NUMBER, number, str(referral.id))
        self._lapses.begun(uow, referral, ended=waits)
        self._deadlines.follow(uow, referral)
        add_party(uow, meta.subject, posted.provider, meta.client, by=f"{referral.id}:1")
        return referral

    def _share(self, posted: ReferralRequestedPosted, meta: Meta, *, waits: bool, now: datetime) -> Share:
        """What the request shares, on what ground. Raises `Refusal` where none covers it.

        Judged on the day on which it was made; an operator's, which goes out now, now as well.
        """
        book, sender = self._consents, self._reference.organisations[meta.org]
        case_id, at = book.people.case_of(meta), meta.occurred_at
        known = book.known(case_id)
        names_item = posted.plan_item is not None
        item = item_of(posted, plan_on(book.facts(case_id), at)) if names_item else None
        request = request_of(
            purpose_for(posted.service),
            labels_written(posted, item),
            self._reference.organisations[posted.provider],
            client=known.client,
            province=sender.policy_province,
            legal_basis=meta.legal_basis,
        )
        found = share(item, request, known.consents, at, self._reference.policy)
        if isinstance(found.decision, Refused):
            raise self._not_covered(request, may_know(known, meta.org, sender.kind), at, waits=waits)
        if not waits and now > at and isinstance(self._decision(known, found.request, now), Refused):
            raise self._not_covered(request, may_know(known, meta.org, sender.kind), now, waits=waits)
        return found

    def _not_covered(self, request: Request, known: Known, at: datetime, *, waits: bool) -> Refusal:
        """What is missing, told from what the sender may know. While that is no consent at all, one may still
        be reported."""
        decision = self._decision(known, request, at)
        if not isinstance(decision, Refused):
            decision = Refused((Missing(What.NO_CONSENT),))
        later = waits and [one.what for one in decision.missing] == [What.NO_CONSENT]
        return not_covered(decision, FIELDS, later=later)

    def _decision(self, known: Known, request: Request, at: datetime) -> Decision:
        return decide(known.consents, request, at, self._reference.policy)


FIELDS = {
    What.PURPOSE: "/data/service",
    What.RECIPIENT: "/data/provider",
    What.LABELS: "/data/service",
    What.NOT_ON_THE_LIST: "/data/provider",
    What.BASIS_UNKNOWN: "/legal_basis",
    What.BASIS_PURPOSE: "/legal_basis",
    What.BASIS_RECIPIENT: "/legal_basis",
    What.BASIS_LABELS: "/legal_basis",
}
"""Where in a request what is missing is put right; the consent itself stands nowhere in it."""


def case_named(command: Command) -> UUID | None:
    """The case that a request names, for loading it; none if it is no id."""
    try:
        return uuid_of(command.message.case_id)  # type: ignore[attr-defined]
    except ValueError:
        return None
