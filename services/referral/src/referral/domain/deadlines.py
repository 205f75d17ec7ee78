"""Which term runs while a referral stands where it stands (`domain.md`, deadlines). At most one at a time.

The provider acknowledges a request, answers what it has acknowledged, gives a first appointment after it has
accepted, and reports while the service goes on; the sender confirms that it knows the outcome. A referral
that pauses, was refused or is over waits for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from answering.terms import Running
from contracts.base import Payload
from contracts.events import referral as events
from contracts.states import ReferralState
from contracts.vocabulary import Deadline
from reference.days import local_day

RUNS: Mapping[type[Payload], Deadline] = MappingProxyType(
    {
        events.ReferralRequested: Deadline.ACKNOWLEDGE,
        events.ReferralReceived: Deadline.ANSWER,
        events.ReferralAccepted: Deadline.FIRST_APPOINTMENT,
        events.ServiceStarted: Deadline.INTERIM_REPORT,
        events.InterimReported: Deadline.INTERIM_REPORT,
        events.ServiceResumed: Deadline.INTERIM_REPORT,
        events.ServiceCompleted: Deadline.CONFIRM_LOOP,
        events.ServiceFailed: Deadline.CONFIRM_LOOP,
    }
)
"""The event from which a term runs. Every other move ends the term before it and begins none."""

WHILE: Mapping[Deadline, frozenset[ReferralState]] = MappingProxyType(
    {
        Deadline.ACKNOWLEDGE: frozenset({ReferralState.REQUESTED}),
        Deadline.ANSWER: frozenset({ReferralState.RECEIVED}),
        Deadline.FIRST_APPOINTMENT: frozenset({ReferralState.ACCEPTED}),
        Deadline.INTERIM_REPORT: frozenset({ReferralState.IN_PROGRESS}),
        Deadline.CONFIRM_LOOP: frozenset({ReferralState.COMPLETED, ReferralState.FAILED}),
    }
)
"""The states in which it runs on: whatever leads out of them, by a move or not, ends it."""


def begun_by(happened: Any, referral: Any) -> Running | None:
    """The term that begins with an event of a referral, none where it begins none."""
    which = RUNS.get(type(happened.data))
    if which is None:
        return None
    sides = (referral.provider, referral.sender)
    org, other = sides if which is not Deadline.CONFIRM_LOOP else sides[::-1]
    about = f"{happened.originator_id}:{happened.originator_version}"
    return Running(which, about, local_day(happened.meta.received_at), org, other, referral.number)
