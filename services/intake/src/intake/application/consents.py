"""Consents on their way into a case, guardians into the vault; and the clock that ends them."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from chassis.aggregate import event_id
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer, set_timer
from consent import expires_on_at
from contracts.envelope import Meta
from contracts.events.consent import ConsentExpired, ConsentGivenPosted
from contracts.problems import Problem
from contracts.registry import as_recorded
from reference import Policy
from reference.days import local_day

from intake.application import forms, keys, people
from intake.application.envelope import rung
from intake.application.identity import Identities
from intake.application.telling import take
from intake.domain.case import Case
from intake.domain.consenting import check_guardian, check_who_agreed, day_of

EXPIRY = "consent_expiry"
"""The kind of timer that rings when the last day of a consent is over; its key: the event of the consent."""

GUARDIAN = "guardian_"
"""Fields of a guardian's identity stand in the vault under the client, each by its name after this."""


class Office(Protocol):
    """An organisation of the directory."""

    @property
    def policy_province(self) -> str:
        """The province whose policy packs hold for it."""
        ...


class Offices(Protocol):
    """The directory of organisations."""

    def get(self, org: str, /) -> Office | None:
        """The organisation of that id, or none."""
        ...


class ConsentDesk:
    """Records consents by the age limits of the day and of the province, and their end when its day comes."""

    def __init__(self, policy: Policy, offices: Offices, identities: Identities) -> None:
        self._policy = policy
        self._offices = offices
        self._identities = identities

    def give(
        self, uow: UnitOfWork, case: Case, client: UUID, data: ConsentGivenPosted, meta: Meta
    ) -> tuple[Problem, ...]:
        """A consent of that client, with who agreed; what somebody should look at. Raises `Refusal` before
        anything has changed."""
        check_guardian(data)
        held = self._policy.holding(day_of(meta), self._province(meta.org))
        born = people.particulars_of_person(uow, keys.as_text(client)).birth_year
        check_who_agreed(data, born, held, day_of(meta))
        take(uow, case, as_recorded(data), meta)
        recorded = event_id(case.pending_events[-1])
        if data.guardian_identity is not None:
            self._identities.seal(uow, client, recorded, data.guardian_identity, prefix=GUARDIAN)
        if data.expires_on is not None:
            set_timer(uow, Timer(EXPIRY, case.id, recorded, expires_on_at(data.expires_on)))
        return forms.give(uow, meta.org, data.form_number, keys.as_text(client))

    @staticmethod
    def set_again(uow: UnitOfWork, case: Case) -> None:
        """A withdrawal was voided: what it had taken back expires on its day, passed or not."""
        for one in case.consents.all:
            if case.expiring(one.id) is not None and one.expires_on is not None:
                set_timer(uow, Timer(EXPIRY, case.id, one.id, expires_on_at(one.expires_on)))

    def ring(self, uow: UnitOfWork, timer: Timer) -> None:
        """The last day of a consent is over."""
        case = uow.get(Case, timer.stream)
        one = case.expiring(timer.key) if case is not None else None
        if case is None or one is None or one.expires_on is None:
            return
        data = ConsentExpired(consent=one.id, expired_on=one.expires_on)
        case.expire(data, self._on_the_day(uow, timer, one.org))

    def _on_the_day(self, uow: UnitOfWork, timer: Timer, org: str) -> Meta:
        held = self._policy.holding(local_day(timer.due_at), self._province(org))
        return rung(timer, uow.now, held.version)

    def _province(self, org: str) -> str:
        office = self._offices.get(org)
        return office.policy_province if office is not None else HANOI


HANOI = "01"
"""The pilot's province, where the organisation is not known any more."""
