"""What the clock does to an aggregate that answers: terms pass, and what falls due is recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from chassis.store.unit_of_work import UnitOfWork
from chassis.timers import Timer, set_timer
from contracts.envelope import Meta
from reference import Policy
from reference.days import local_day

from answering.aggregate import Answering

TERM = "term"
"""The kind of timer that refuses a kept event when its term has passed; its key is the routed event's id."""

ACTOR = "clock"


def set_terms(uow: UnitOfWork, aggregate: Answering, cause: str) -> None:
    """Set the timer of the event that was just kept, if it was."""
    for kept in aggregate.kept:
        if kept.posting.cause == cause:
            set_timer(uow, Timer(TERM, aggregate.id, cause, kept.until))


def by_the_clock(
    service: str,
    subject: UUID,
    policy: Policy,
    *,
    now: datetime,
    occurred_at: datetime,
    precision: Literal["instant", "day"] = "instant",
    cause: str | None = None,
) -> Meta:
    """The envelope of what the clock causes in a service."""
    return Meta(
        subject=subject,
        occurred_at=occurred_at,
        precision=precision,
        received_at=now,
        actor=ACTOR,
        org=f"system:{service}",
        policy_version=policy.on(local_day(occurred_at)).version,
        correlation_id=cause or f"{ACTOR}:{subject}",
        causation_id=cause,
    )
