"""What follows from a change of a pathway, in the same commit: numbers, timers, the list of what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from answering import deadlines
from answering.clock import by_the_clock
from answering.ended_consents import because_of_consent
from answering.parties import add_party
from answering.terms import Running, Terms
from answering.whom import Whom
from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer, set_timer
from contracts.envelope import Meta
from reference import Policy
from reference.days import start_of

from followup.application.tables import Evaluation, drop, keep
from followup.domain import Pathway, window_of

STAY = "stay"
"""The kind of claim that leads from the number of a stay to its case."""

EVALUATION = "evaluation"
"""The kind of timer that rings a year after a management started; its key is the event that started it."""


class Before(NamedTuple):
    """What of a pathway has consequences."""

    management: str | None
    evaluated: bool
    stays: frozenset[str]
    """Their numbers."""
    told: frozenset[tuple[str, str, UUID | None]]
    """Whom a facility told of a handover, by which notice, and of whom if not of the case's own client."""
    notices: frozenset[str]
    """What told them by the client's consent."""
    terms: tuple[Running, ...]

    @classmethod
    def of(cls, pathway: Pathway) -> Before:
        known = (_numbers(pathway), _told(pathway), _notices(pathway))
        return cls(pathway.management, pathway.evaluated, *known, pathway.terms)


def follow(uow: UnitOfWork, pathway: Pathway, before: Before, policy: Policy, terms: Terms) -> None:
    """Write what follows from everything that happened to a pathway since `before`."""
    if _notices(pathway) - before.notices:  # told late: the consent may have ended since
        end_consents(uow, pathway, uow.now, policy)
    for number in sorted(_numbers(pathway) - before.stays):
        if uow.holder(STAY, number) is None:  # the number of an admission that was corrected stays claimed
            uow.claim(STAY, number, str(pathway.case_id))
    for org, notice, client in sorted(_told(pathway) - before.told, key=lambda told: told[:2]):
        add_party(uow, pathway.case_id, org, client, by=notice)
    if pathway.terms != before.terms:
        deadlines.follow(uow, pathway.id, pathway.case_id, before.terms, pathway.terms, terms)
    if (pathway.management, pathway.evaluated) != before[:2]:
        _follow_management(uow, pathway, before, policy)


def end_consents(
    uow: UnitOfWork,
    pathway: Pathway,
    at: datetime,
    policy: Policy,
    cause: str | None = None,
    concerns: Callable[[Whom], bool] = lambda _whom: True,
) -> None:
    """Mark the notices of a pathway that no consent covers at an instant, because of an event; only those of
    whom that `concerns`."""

    def meta(whom: Whom, since: datetime) -> Meta:
        return because_of_consent("followup", whom, policy, now=uow.now, since=since, cause=cause)

    pathway.end_consents(at, policy, meta, concerns)


def on_the_day(uow: UnitOfWork, pathway: Pathway, management: str, policy: Policy) -> Meta:
    """The envelope of what falls due a year after that management started, of whom it tells: judged by the
    policy of the day on which it started."""
    assert pathway.managed_on is not None
    due = start_of(window_of(pathway.managed_on, policy).due_on)
    return by_the_clock(
        "followup",
        Whom(pathway.case_id, pathway.managed_of),
        policy,
        now=uow.now,
        occurred_at=due,
        precision="day",
        cause=management,
        judged_on=pathway.managed_on,
    )


def _numbers(pathway: Pathway) -> frozenset[str]:
    return frozenset(stay.number for stay in pathway.stays)


def _told(pathway: Pathway) -> frozenset[tuple[str, str, UUID | None]]:
    notified = ((stay.notified_to, stay.notice, stay.told_of) for stay in pathway.stays)
    return frozenset(
        (org, notice, of) for org, notice, of in notified if org is not None and notice is not None
    )


def _notices(pathway: Pathway) -> frozenset[str]:
    return frozenset(stay.notice for stay in pathway.on_consent if stay.notice is not None)


def _follow_management(uow: UnitOfWork, pathway: Pathway, before: Before, policy: Policy) -> None:
    if pathway.management is None:
        drop(uow, pathway.case_id)  # its start was voided; the timer rings for nobody
        return
    assert pathway.managed_on is not None
    assert pathway.managed_by is not None
    window = window_of(pathway.managed_on, policy)
    days = (window.due_on, window.since, window.until)
    keep(uow, Evaluation(pathway.case_id, pathway.managed_by, *days, pathway.evaluated))
    if pathway.management != before.management:
        set_timer(uow, Timer(EVALUATION, pathway.id, pathway.management, start_of(window.due_on)))
