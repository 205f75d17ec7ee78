"""What the sentences about referrals are made of."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast
from uuid import UUID

from answering import Posting
from contracts.base import Payload
from contracts.envelope import Meta
from contracts.events.referral import ReferralRequested
from contracts.states import MOVE_OF, Party
from contracts.vocabulary import OrgKind, Service
from reference import Reference
from referral.domain import Referral

REFERENCE = Reference.load(Path(__file__).parents[3] / "deploy" / "reference")
POLICY = REFERENCE.policy
CASE = UUID("0c1d6e0a-6c2f-4e0e-9d0e-0a0b0c0d0e0f")
STREAM = UUID("8a2d3b5e-1111-4222-8333-444455556666")
SENDER, PROVIDER, STRANGER = "ldtbxh-bo-de", "methadone-long-bien", "opc-long-bien"
NUMBER = "CG-0000-0000-0000-0"
BEGUN = datetime(2019, 3, 2, 2, 15, tzinfo=UTC)

Step = Callable[[Referral], None]


def meta(org: str, cause: str | None = None, at: datetime = BEGUN) -> Meta:
    return Meta(
        subject=CASE,
        occurred_at=at,
        received_at=at,
        actor="nv-07",
        org=org,
        policy_version="vn-law-2008@1",
        correlation_id=cause or "c-1",
        causation_id=cause,
    )


def requested() -> Referral:
    """A referral to the methadone clinic that the clinic has not answered yet."""
    data = ReferralRequested(service=Service.METHADONE, provider=PROVIDER, number=NUMBER)
    return Referral.request(STREAM, data, meta(SENDER))


def party_of(payload: Payload) -> str:
    return SENDER if MOVE_OF[type(payload)].who is Party.SENDER else PROVIDER


def posting(
    payload: Payload, *, org: str | None = None, cause: str = "routed:1", hours: float = 0
) -> Posting:
    """What whoever may make the move (or `org`) posts, `hours` after the request."""
    at = BEGUN + timedelta(hours=hours)
    return Posting.commanded(payload, meta(org or party_of(payload), cause or None, at), OrgKind.PROVIDER)


def posts(payload: Payload, *, org: str | None = None, cause: str = "routed:1", hours: float = 0) -> Step:
    """An agency's event."""
    return lambda referral: referral.answer(posting(payload, org=org, cause=cause, hours=hours), POLICY)


def commands(payload: Payload, *, org: str | None = None) -> Step:
    """An operator's command."""
    return lambda referral: referral.command(posting(payload, org=org, cause=""), POLICY)


def recorded(referral: Referral) -> list[Referral.Event]:
    """What happened since the last look, without the request itself."""
    pending = cast("list[Referral.Event]", list(referral.pending_events))
    return [happened for happened in pending if not isinstance(happened, Referral.Created)]


def causes(referral: Referral) -> list[str | None]:
    return [happened.meta.causation_id for happened in recorded(referral)]
