"""Where a referral stands: a fold over its own stream, which one log tells in order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.events import referral

from reporting.pathway.entry import Entry

STATE_AFTER: MappingProxyType[str, str] = MappingProxyType(
    {
        referral.ReferralRequested.TYPE: "requested",
        referral.ReferralReceived.TYPE: "received",
        referral.ReferralAccepted.TYPE: "accepted",
        referral.AppointmentScheduled.TYPE: "scheduled",
        referral.AppointmentMissed.TYPE: "accepted",
        referral.ServiceStarted.TYPE: "in_progress",
        referral.InterimReported.TYPE: "in_progress",
        referral.ServiceHeld.TYPE: "on_hold",
        referral.ServiceResumed.TYPE: "in_progress",
        referral.ServiceCompleted.TYPE: "completed",
        referral.ServiceFailed.TYPE: "failed",
        referral.LoopClosed.TYPE: "closed",
        referral.ReferralRejected.TYPE: "rejected",
    }
)
"""The state that each move leads to (design/domain.md, the table of states)."""

NEXT_STATES: MappingProxyType[str, tuple[str, ...]] = MappingProxyType(
    {
        "requested": ("received", "rejected"),
        "received": ("accepted", "rejected"),
        "accepted": ("scheduled", "in_progress", "failed"),
        "scheduled": ("in_progress", "accepted", "failed"),
        "in_progress": ("on_hold", "completed", "failed"),
        "on_hold": ("in_progress", "failed"),
        "completed": ("closed",),
        "failed": ("closed",),
        "closed": (),
        "rejected": (),
    }
)
"""The states that may follow. The referral service decides; a test holds the two tables together."""

TIMES: MappingProxyType[str, str] = MappingProxyType(
    {
        referral.ReferralRequested.TYPE: "requested_at",
        referral.ReferralReceived.TYPE: "received_at",
        referral.ReferralAccepted.TYPE: "answered_at",
        referral.ReferralRejected.TYPE: "answered_at",
        referral.ServiceStarted.TYPE: "started_at",
        referral.ServiceCompleted.TYPE: "ended_at",
        referral.ServiceFailed.TYPE: "ended_at",
        referral.LoopClosed.TYPE: "closed_at",
    }
)
"""The time that each move sets: when it happened."""


@dataclass(slots=True)
class ReferralStatus:
    """One referral. `moved_at`: when the last move happened; `reason`: of a hold, failure, rejection."""

    referral_id: UUID
    case_id: UUID
    number: str = ""
    service: str = ""
    provider: str = ""
    sender: str = ""
    state: str = ""
    reason: str = ""
    outcome: str = ""
    requested_at: datetime | None = None
    received_at: datetime | None = None
    answered_at: datetime | None = None
    appointment_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    moved_at: datetime | None = None
    recorded_at: datetime | None = None
    last_event_id: str = ""

    @property
    def next_states(self) -> tuple[str, ...]:
        """The states that may follow."""
        return NEXT_STATES.get(self.state, ())

    def fold(self, entry: Entry) -> None:
        """Takes in the next entry of the referral's stream; what is no move changes nothing."""
        if entry.type not in STATE_AFTER:
            return
        self.state = STATE_AFTER[entry.type]
        self.moved_at, self.recorded_at = entry.occurred_at, entry.recorded_at
        self.last_event_id = entry.event_id
        if entry.type in TIMES:
            setattr(self, TIMES[entry.type], entry.occurred_at)
        self._fold_data(entry.type, entry)

    def _fold_data(self, type_: str, entry: Entry) -> None:
        if type_ == referral.ReferralRequested.TYPE:
            self.sender = entry.org
            self._requested(entry.data)
        elif type_ == referral.AppointmentScheduled.TYPE:
            self.appointment_at = entry.data.appointment_at
        elif type_ == referral.ServiceCompleted.TYPE:
            self.outcome = str(entry.data.outcome)
        elif type_ in _WITH_REASON:
            self.reason = str(entry.data.reason)

    def _requested(self, data: Any) -> None:
        self.number, self.service, self.provider = data.number, str(data.service), data.provider


_WITH_REASON = frozenset(
    {
        referral.AppointmentMissed.TYPE,
        referral.ServiceHeld.TYPE,
        referral.ServiceFailed.TYPE,
        referral.ReferralRejected.TYPE,
    }
)


def tells_of_a_referral(entry: Entry) -> bool:
    """Whether the entry moves a referral: only moves make and change one, refusals and deferrals do not."""
    return entry.type in STATE_AFTER
