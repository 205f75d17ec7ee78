"""The envelope of what intake records: who reported it, when it happened, by which policy it is judged."""

from __future__ import annotations

from datetime import date
from typing import Protocol
from uuid import UUID

from contracts.envelope import Meta

from intake.application.reading import Event, Reading, day_of

_checked = Meta.__pydantic_validator__.validate_python


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


def envelope(reading: Reading, event: Event, case_id: UUID, policy: Policy) -> Meta:
    """The envelope of every event that this reading causes; the cause is the agency's event id."""
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
        }
    )
    return meta
