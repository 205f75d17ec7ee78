"""The envelope of what the clock makes due."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from contracts.envelope import Meta
from reference import Policy
from reference.days import local_day

ACTOR = "clock"


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
