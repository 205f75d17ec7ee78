"""The envelope of what intake records: who reported it, when it happened, by which policy it is judged."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from chassis.items import Command
from chassis.timers import Timer
from contracts.envelope import Meta

from intake.application.reading import Event, Reading, day_of

_checked = Meta.__pydantic_validator__.validate_python

SERVICE = "system:intake"
"""The organisation of what intake does by itself."""

CLOCK = "clock"


class Terms(Protocol):
    """The terms of policy of one day."""

    @property
    def version(self) -> str: ...

    @property
    def wait_term_days(self) -> int: ...


class Policy(Protocol):
    """Which terms hold on a day."""

    def on(self, day: date, /) -> Terms:
        """The terms in force on a day of Asia/Ho_Chi_Minh."""
        ...


def envelope(
    reading: Reading, event: Event, case_id: UUID, policy: Policy, client: UUID | None = None
) -> Meta:
    """The envelope of every event that this reading causes; the cause is the agency's event id. `client`: of
    whom it tells, where that is not the client of the case."""
    posted, submission = event.posted, reading.submission
    meta: Meta = _checked(
        {
            "subject": case_id,
            "occurred_at": event.occurred_at,
            "precision": "instant" if posted.occurred_on is None else "day",
            "received_at": submission.received_at,
            "actor": posted.by,
            "entered_by": submission.entered_by,
            "org": submission.agency,
            "legal_basis": posted.legal_basis,
            "policy_version": policy.on(day_of(event.occurred_at)).version,
            "correlation_id": submission.correlation_id,
            "causation_id": reading.event_id,
            "client": client,
        }
    )
    return meta


def commanded(
    command: Command, subject: UUID, policy: Policy, now: datetime, *, legal_basis: str = ""
) -> Meta:
    """The envelope of what a person commands, done at the instant of the batch."""
    org, _, actor = command.caller.partition("/")
    return Meta(
        subject=subject,
        occurred_at=now,
        received_at=now,
        actor=actor,
        entered_by=actor,
        org=org,
        legal_basis=legal_basis or None,
        policy_version=policy.on(day_of(now)).version,
        correlation_id=command.correlation_id,
    )


def rung(timer: Timer, now: datetime, policy_version: str) -> Meta:
    """The envelope of what the clock makes due in the stream of a timer, as of the instant of the timer."""
    return Meta(
        subject=timer.stream,
        occurred_at=timer.due_at,
        received_at=now,
        actor=CLOCK,
        org=SERVICE,
        policy_version=policy_version,
        correlation_id=timer.key,
        causation_id=timer.key,
    )
