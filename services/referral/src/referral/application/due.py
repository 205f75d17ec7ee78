"""What is due of referrals: terms written down as they begin and end, rung, and listed to both sides."""

from __future__ import annotations

from uuid import UUID

from answering.deadlines import KIND, follow
from answering.terms import Running, Terms
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer
from reference import Reference

from referral.domain import Referral


class Deadlines:
    """The terms of referrals, by the policy of their day and the province of who must act."""

    def __init__(self, reference: Reference) -> None:
        self._terms = Terms(reference.policy, reference.organisations)

    def follow(self, uow: UnitOfWork, referral: Referral, before: tuple[Running, ...] = ()) -> None:
        """Write down what changed in the terms of a referral since `before`."""
        if referral.due != before:
            follow(uow, referral.id, referral.case_id, before, referral.due, self._terms)

    def load(self, uow: UnitOfWork, streams: set[UUID]) -> None:
        """Read the referrals of which something is due."""
        uow.load(Referral, streams)

    def ring(self, uow: UnitOfWork, timer: Timer) -> None:
        """A term has ended: recorded if it still runs."""
        referral = uow.get(Referral, timer.stream)
        if referral is not None and timer.kind == KIND:
            referral.pass_deadline(timer.key, self._terms, uow.now)
