"""What must be known before what on the way to reintegration: data, read by the aggregate and by the
documents.

Facility, clinic and commune report apart from each other, so facts arrive in any order: only what a move
*needs* counts. A move whose needs are not reported yet waits; one that may never come again is refused.
Source: `domain.md`, followup.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from contracts.base import Payload
from contracts.events import followup


class Fact(StrEnum):
    """What can be known of a way, in the order of the way; the furthest one is the state named to people."""

    OPENED = "opened"
    INDUCTED = "methadone_inducted"
    ADMITTED = "detox_admitted"
    COMPLETED = "detox_completed"
    NOTIFIED = "handover_notified"
    RECEIVED = "handover_received"
    MANAGED = "management_started"
    DUE = "evaluation_due"
    EVALUATED = "reintegration_evaluated"


@dataclass(frozen=True)
class Rule:
    """`needs`: at least one of these must be known, else the move waits; none: it is allowed from the first
    day."""

    move: str
    posted: type[Payload]
    needs: frozenset[Fact] = frozenset()


def _rule(move: str, posted: type[Payload], *needs: Fact) -> Rule:
    return Rule(move, posted, frozenset(needs))


WAY: Mapping[type[Payload], Rule] = MappingProxyType(
    {
        rule.posted: rule
        for rule in (
            _rule("admit", followup.DetoxAdmittedPosted),
            _rule("complete_detox", followup.DetoxCompleted, Fact.ADMITTED),
            _rule("induct_methadone", followup.MethadoneInductedPosted),
            _rule("notify_handover", followup.HandoverNotified, Fact.ADMITTED),
            _rule("receive_handover", followup.HandoverReceived, Fact.NOTIFIED),
            _rule("start_management", followup.ManagementStarted, Fact.COMPLETED, Fact.RECEIVED),
            _rule("provide_support", followup.SupportProvided),
            _rule("evaluate", followup.ReintegrationEvaluated, Fact.MANAGED),
        )
    }
)
"""Every move that an agency or an operator may make, by its posted payload."""


def furthest(known: Collection[Fact]) -> Fact:
    """The furthest fact known."""
    return next(fact for fact in reversed(Fact) if fact in known or fact is Fact.OPENED)


def moves_after(known: Collection[Fact]) -> tuple[str, ...]:
    """The moves whose needs are known, in the order of the way."""
    return tuple(
        rule.move for rule in WAY.values() if not rule.needs or any(need in known for need in rule.needs)
    )
