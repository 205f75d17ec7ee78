"""Consents that end: what has not gone out is stopped, what has is marked, in the batch that learns of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from answering.consents import ConsentBook
from answering.ended_consents import because_of_consent, is_put_right, known_at, look_again, looked_for
from answering.people import Connect
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer
from consent import Known, Refused, decide, ended_at, why_ended
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.referral import ReferralRequested
from reference import Organisation, Reference

from referral.application.due import Deadlines
from referral.domain import Referral
from referral.domain.sharing import request_of

_READ = (
    "SELECT originator_id AS referral_id, subject AS case_id FROM stored_events"
    " WHERE subject = ANY(%s) AND originator_version = 1 AND topic = %s"
)
"""A request that was put off or turned away stands under its case too, but begins otherwise."""


class Lapses:
    """Finds the referrals of a person and asks of each whether it is still covered."""

    def __init__(
        self, reference: Reference, consents: ConsentBook, deadlines: Deadlines, connect: Connect
    ) -> None:
        self._reference = reference
        self._consents = consents
        self._deadlines = deadlines
        self._connect = connect
        self._referrals: dict[UUID, set[UUID]] = {}

    def load(self, uow: UnitOfWork, case_ids: Iterable[UUID]) -> None:
        """Read the referrals of the people whose cases these are, in whichever case they were asked for."""
        cases = {each for case_id in case_ids for each in self._consents.people.around(case_id)}
        self._referrals = {}
        if not cases:
            return
        with self._connect() as connection:
            for row in connection.execute(_READ, (list(cases), ReferralRequested.TYPE)):
                self._referrals.setdefault(row["case_id"], set()).add(row["referral_id"])
        uow.load(Referral, {each for found in self._referrals.values() for each in found})

    def around(self, uow: UnitOfWork, case_id: UUID) -> list[Referral]:
        """The referrals of the person whose case that is, and of whoever was once one person with that one,
        as far as they were loaded: what is told in the case may be about any of them."""
        ids = [one for each in self._consents.people.around(case_id) for one in self._referrals.get(each, ())]
        return [found for one in sorted(ids) if (found := uow.get(Referral, one)) is not None]

    def begun(self, uow: UnitOfWork, referral: Referral, *, ended: bool) -> None:
        """A referral that was made just now; `ended`: its consent may have ended since it was asked, which
        stops it at once."""
        self._referrals.setdefault(referral.case_id, set()).add(referral.id)
        if ended:
            known = self._consents.known(self._consents.people.case_of(referral.asked))
            self._ask(referral, known, uow.now, uow.now, referral.consent_id)

    def look(self, uow: UnitOfWork, told: Recorded[Payload]) -> None:
        """Something changed in the consents of a case."""
        case_id = self._consents.people.case_of(told.meta)
        if not is_put_right(told):
            self._look(uow, case_id, known_at(uow, told), told.id)
        look_again(uow, told, case_id)

    def ring(self, uow: UnitOfWork, timer: Timer) -> None:
        """The second look."""
        self._look(uow, timer.stream, uow.now, looked_for(timer))

    def _look(self, uow: UnitOfWork, case_id: UUID, at: datetime, cause: str) -> None:
        known = self._consents.known(case_id)
        for each in sorted(self._consents.people.around(case_id)):
            for referral_id in sorted(self._referrals.get(each, ())):
                referral = uow.get(Referral, referral_id)
                if referral is not None and self._consents.people.tells_of(case_id, referral.asked):
                    before = referral.due
                    self._ask(referral, known, at, uow.now, cause)
                    self._deadlines.follow(uow, referral, before)

    def _ask(self, referral: Referral, known: Known, at: datetime, now: datetime, cause: str | None) -> None:
        provider = self._reference.organisations.get(referral.provider)
        if referral.consent_id is None or provider is None:
            return
        if isinstance(self._decision(referral, known, provider, at), Refused):
            policy, consent_id = self._reference.policy, referral.consent_id
            since = ended_at(known.consents, consent_id, at)
            meta = because_of_consent("referral", referral.asked, policy, now=now, since=since, cause=cause)
            referral.end_consent(why_ended(known.consents, consent_id, at), meta, policy)

    def _decision(self, referral: Referral, known: Known, provider: Organisation, at: datetime) -> object:
        sender = self._reference.organisations.get(referral.sender)
        province = sender.policy_province if sender is not None else provider.policy_province
        request = request_of(
            referral.purpose, referral.labels, provider, client=known.client, province=province
        )
        return decide(known.consents, request, at, self._reference.policy)
