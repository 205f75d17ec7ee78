"""What must have come before what in a case. A table of data, read by the aggregate and by the documents.

Facts arrive late and out of order: only what a step *needs* counts, never the order of arrival. A step whose
needs are not reported yet is refused for now (`later`), and waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.refusal import Refusal


class Step(StrEnum):
    """What can happen in a case, as far as intake decides it."""

    CONTACTED = "contacted"
    INTRODUCED = "introduced"
    REGISTERED = "registered"
    CONSENTED = "consent_given"
    COUNSELLED = "counselled"
    SCREENED = "screened"
    INTERVENED = "brief_intervention_given"
    PLANNED = "plan_agreed"
    ROUTED = "routed"
    CLOSED = "closed"


@dataclass(frozen=True)
class Rule:
    """`needs`: steps that must be known first, in the order in which they are named to people. `once`: never
    again, and `once_each`: never again by the same organisation (a second one takes the client on as
    well).
    """

    needs: tuple[Step, ...] = ()
    once: bool = False
    once_each: bool = False


ORDER: Mapping[Step, Rule] = {
    Step.CONTACTED: Rule(),
    Step.INTRODUCED: Rule(),
    Step.REGISTERED: Rule(once_each=True),
    Step.CONSENTED: Rule(needs=(Step.REGISTERED,)),
    Step.COUNSELLED: Rule(),
    Step.SCREENED: Rule(needs=(Step.REGISTERED,)),
    Step.INTERVENED: Rule(needs=(Step.REGISTERED, Step.SCREENED)),
    Step.PLANNED: Rule(needs=(Step.REGISTERED,), once=True),
    Step.ROUTED: Rule(),
    Step.CLOSED: Rule(once=True),
}
"""Sources: `domain.md`, intake; the guideline of the pilot (registered, screened, intervened, planned)."""


def check(
    step: Step,
    happened: Collection[Step],
    own: Collection[Step] = (),
    *,
    occurred_at: datetime,
    closed_at: datetime | None,
) -> None:
    """Raise `Refusal` unless `step` may be recorded of a case in which `happened` is known, `own` of it from
    the organisation that reports now.

    A closed case takes nothing that occurred after its closing; what occurred before and is reported late,
    it takes.
    """
    rule = ORDER[step]
    if closed_at is not None and (occurred_at > closed_at or step is Step.CLOSED):
        raise Refusal("case_closed", state=str(Step.CLOSED))
    if (rule.once and step in happened) or (rule.once_each and step in own):
        left = moves(happened, own)
        raise Refusal("already_recorded", detail={"step": step}, state=stage(happened), moves=left)
    for need in rule.needs:
        if need not in happened:
            raise _too_early(step, need, happened, own)


def stage(happened: Collection[Step]) -> str:
    """Return the furthest step known, the state that is named to people."""
    return str(next((step for step in reversed(_STAGES) if step in happened), Step.CONTACTED))


def moves(happened: Collection[Step], own: Collection[Step] = ()) -> tuple[str, ...]:
    """Return the steps that an open case in which `happened` is known allows now."""
    return tuple(str(step) for step, rule in ORDER.items() if _allowed(step, rule, happened, own))


def _allowed(step: Step, rule: Rule, happened: Collection[Step], own: Collection[Step]) -> bool:
    again = (rule.once and step in happened) or (rule.once_each and step in own)
    return not again and all(need in happened for need in rule.needs)


def _too_early(step: Step, need: Step, happened: Collection[Step], own: Collection[Step]) -> Refusal:
    return Refusal(
        "too_early",
        detail={"step": step, "awaits": need},
        state=stage(happened),
        moves=moves(happened, own),
        later=True,
    )


_STAGES = (
    Step.CONTACTED,
    Step.INTRODUCED,
    Step.REGISTERED,
    Step.SCREENED,
    Step.INTERVENED,
    Step.PLANNED,
    Step.CLOSED,
)
