"""The life of a referral as data: read by the domain, the catalogue, the documents and the views.

Source: `domain.md`, referral. State names follow FHIR Task where it has one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from types import MappingProxyType

from contracts.base import Payload
from contracts.events import referral


class ReferralState(StrEnum):
    REQUESTED = "requested"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    IN_PROGRESS = "in_progress"
    ON_HOLD = "on_hold"
    COMPLETED = "completed"
    FAILED = "failed"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    VOIDED = "voided"
    """Requested in error: the request was voided (`EventVoided`), no move leads here."""


class Party(StrEnum):
    """Who may make a move: `sender` asked for the service, `provider` was asked, `system` follows from what
    became of the consent."""

    SENDER = "sender"
    PROVIDER = "provider"
    SYSTEM = "system"


@dataclass(frozen=True)
class Move:
    """One row: the event `records` leads from any of `from_` to `to`, made by `who`."""

    name: str
    records: type[Payload]
    from_: frozenset[ReferralState]
    to: ReferralState
    who: Party


def _move(name: str, records: type[Payload], from_: str, to: str, who: Party = Party.PROVIDER) -> Move:
    return Move(name, records, frozenset(map(ReferralState, from_.split())), ReferralState(to), who)


MOVES: Mapping[str, Move] = MappingProxyType(
    {
        move.name: move
        for move in (
            _move("receive", referral.ReferralReceived, "requested", "received"),
            _move("accept", referral.ReferralAccepted, "received", "accepted"),
            _move("reject", referral.ReferralRejected, "requested received", "rejected"),
            _move("schedule", referral.AppointmentScheduled, "accepted", "scheduled"),
            _move("miss_appointment", referral.AppointmentMissed, "scheduled", "accepted"),
            _move("start_service", referral.ServiceStarted, "accepted scheduled", "in_progress"),
            _move("report_interim", referral.InterimReported, "in_progress", "in_progress"),
            _move("hold", referral.ServiceHeld, "in_progress", "on_hold"),
            _move("resume", referral.ServiceResumed, "on_hold", "in_progress"),
            _move("complete", referral.ServiceCompleted, "in_progress", "completed"),
            _move("fail", referral.ServiceFailed, "accepted scheduled in_progress on_hold", "failed"),
            _move("close_loop", referral.LoopClosed, "completed failed", "closed", Party.SENDER),
            _move("cancel", referral.ReferralCancelled, "requested", "cancelled", Party.SYSTEM),
        )
    }
)
"""Every move after `ReferralRequested`, by name."""

MOVE_OF: Mapping[type[Payload], Move] = MappingProxyType({move.records: move for move in MOVES.values()})

FHIR_TASK: Mapping[ReferralState, tuple[str, str | None]] = MappingProxyType(
    {
        ReferralState.REQUESTED: ("requested", None),
        ReferralState.RECEIVED: ("received", None),
        ReferralState.ACCEPTED: ("accepted", None),
        ReferralState.SCHEDULED: ("accepted", "scheduled"),
        ReferralState.IN_PROGRESS: ("in-progress", None),
        ReferralState.ON_HOLD: ("on-hold", None),
        ReferralState.COMPLETED: ("completed", None),
        ReferralState.FAILED: ("failed", None),
        ReferralState.CLOSED: ("completed", "loop-closed"),
        ReferralState.REJECTED: ("rejected", None),
        ReferralState.CANCELLED: ("cancelled", None),
        ReferralState.VOIDED: ("entered-in-error", None),
    }
)
"""State → FHIR Task.status and, where FHIR has no own word, Task.businessStatus.

A loop closed after `failed` keeps Task.status `failed`.
"""


@cache
def moves_from(state: ReferralState) -> tuple[str, ...]:
    """The names of the moves that this state allows to people, in the order of the table."""
    return tuple(move.name for move in MOVES.values() if state in move.from_ and move.who is not Party.SYSTEM)


@cache
def next_states(state: ReferralState) -> tuple[ReferralState, ...]:
    """The states one move away, without the state itself, in the order of the table."""
    steps = (move.to for move in MOVES.values() if state in move.from_ and move.to is not state)
    return tuple(dict.fromkeys(steps))


@cache
def may_still_come(move: str, state: ReferralState) -> bool:
    """Whether moves not yet reported could lead from `state` to one that allows `move` (then it waits)."""
    return any(later in MOVES[move].from_ for later in _reachable(state))


@cache
def _reachable(state: ReferralState) -> frozenset[ReferralState]:
    """Every state that one or more moves lead to from here."""
    seen: set[ReferralState] = set()
    ahead = [state]
    while ahead:
        for found in next_states(ahead.pop()):
            if found not in seen:
                seen.add(found)
                ahead.append(found)
    return frozenset(seen)
