"""The envelope of what intake records: who reported it, when it happened, by which policy it is judged."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo
from functools import lru_cache
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from contracts.envelope import Meta

from intake.application.reading import Reading

HO_CHI_MINH: tzinfo = ZoneInfo("Asia/Ho_Chi_Minh")


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


def occurred_at(reading: Reading) -> datetime:
    """When it happened: the time given, or the start of the day where only the day is known."""
    assert reading.event is not None
    assert reading.posted is not None
    day = reading.posted.occurred_on
    return reading.event.time if day is None else start_of(day)


@lru_cache(maxsize=4096)
def start_of(day: date) -> datetime:
    """The first instant of a day of Asia/Ho_Chi_Minh."""
    return datetime.combine(day, time.min, HO_CHI_MINH)


def day_of(at: datetime) -> date:
    """The day of Asia/Ho_Chi_Minh in which an instant lies."""
    return at.astimezone(HO_CHI_MINH).date()


def envelope(reading: Reading, case_id: UUID, policy: Policy) -> Meta:
    """The envelope of every event that this reading causes; the cause is the agency's event id."""
    posted, submission = reading.posted, reading.submission
    assert posted is not None
    at = occurred_at(reading)
    return Meta(
        subject=case_id,
        occurred_at=at,
        precision="instant" if posted.occurred_on is None else "day",
        received_at=submission.received_at,
        actor=posted.by,
        org=submission.agency,
        legal_basis=posted.legal_basis,
        policy_version=policy.on(day_of(at)).version,
        correlation_id=submission.correlation_id,
        causation_id=reading.event_id,
    )
