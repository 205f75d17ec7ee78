"""The envelope of what the clock makes due."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from contracts.envelope import Meta
from reference import Policy
from reference.days import local_day

from answering.whom import Telling

ACTOR = "clock"


def by_the_clock(
    service: str,
    whom: Telling,
    policy: Policy,
    *,
    now: datetime,
    occurred_at: datetime,
    precision: Literal["instant", "day"] = "instant",
    cause: str | None = None,
    judged_on: date | None = None,
) -> Meta:
    """The envelope of what the clock causes in a service, of whom it tells; `judged_on`: the day whose policy
    holds for it, where that is not the day on which it happened."""
    return Meta(
        subject=whom.subject,
        client=whom.client,
        occurred_at=occurred_at,
        precision=precision,
        received_at=now,
        actor=ACTOR,
        org=f"system:{service}",
        policy_version=policy.on(judged_on or local_day(occurred_at)).version,
        correlation_id=cause or f"{ACTOR}:{whom.subject}",
        causation_id=cause,
    )
