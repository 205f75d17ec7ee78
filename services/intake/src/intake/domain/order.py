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

    OPENED = "opened"
    CONTACTED = "contacted"
    INTRODUCED = "introduced"
    REGISTERED = "registered"
    CONSENTED = "consent_given"
    WITHDRAWN = "consent_withdrawn"
    COUNSELLED = "counselled"
    DECLINED = "screening_declined"
    SCREENED = "screened"
    INTERVENED = "brief_intervention_given"
    PLANNED = "plan_agreed"
    REVISED = "plan_revised"
    MOVED = "moved"
    ACKNOWLEDGED = "move_acknowledged"
    CORRECTED = "identity_corrected"
    ROUTED = "routed"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True)
class Rule:
    """`needs`: steps that must be known first, in the order in which they are named to people. `once`: never
    again, and `once_each`: never again by the same organisation (a second one takes the client on as
    well). `when_closed`: also of what happened after the closing. `changes`: what follows from it.
    """

    changes: str
    needs: tuple[Step, ...] = ()
    once: bool = False
    once_each: bool = False
    when_closed: bool = False


ORDER: Mapping[Step, Rule] = {
    Step.CONTACTED: Rule("opens a case of somebody not known yet, or whose last case is over"),
    Step.INTRODUCED: Rule("a number under which the organisation introduced to takes the client up"),
    Step.REGISTERED: Rule(
        "opens a case as a contact does; identity into the vault; the client's group and commune",
        once_each=True,
    ),
    Step.CONSENTED: Rule("what may be shared with whom", needs=(Step.REGISTERED,)),
    Step.WITHDRAWN: Rule("shares no longer what it takes back", needs=(Step.CONSENTED,), when_closed=True),
    Step.COUNSELLED: Rule("one more turn (lượt)"),
    Step.DECLINED: Rule("noted; a screening may follow all the same", needs=(Step.REGISTERED,)),
    Step.SCREENED: Rule("scores as claimed, beside what the instrument gives", needs=(Step.REGISTERED,)),
    Step.INTERVENED: Rule("noted", needs=(Step.REGISTERED, Step.SCREENED)),
    Step.PLANNED: Rule("the plan", needs=(Step.REGISTERED,), once=True),
    Step.REVISED: Rule("the plan as it is from now on", needs=(Step.PLANNED,)),
    Step.MOVED: Rule(
        "the client's commune; a number for who takes the client up there, and 24 hours to acknowledge",
        needs=(Step.REGISTERED,),
    ),
    Step.ACKNOWLEDGED: Rule("the notice of a move is answered", needs=(Step.MOVED,), when_closed=True),
    Step.CORRECTED: Rule("identity in the vault; year of birth and sex", needs=(Step.REGISTERED,)),
    Step.ROUTED: Rule("goes to the service that decides about it"),
    Step.CLOSED: Rule("nothing that happens later belongs to the case; a later contact opens the next"),
    Step.REOPENED: Rule(
        "the case goes on, unless the client has a later one", needs=(Step.CLOSED,), when_closed=True
    ),
}
"""Sources: `domain.md`, intake; the guideline of the pilot (registered, screened, intervened, planned).

What a path does not have at all stands in `intake.domain.paths`."""


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
    if closed_at is not None and _is_over(step, rule, occurred_at > closed_at):
        raise Refusal("case_closed", state=str(Step.CLOSED))
    if (rule.once and step in happened) or (rule.once_each and step in own):
        left = moves(happened, own)
        raise Refusal("already_recorded", detail={"step": step}, state=stage(happened), moves=left)
    for need in rule.needs:
        if need not in happened:
            raise too_early(step, need, happened, own)


def _is_over(step: Step, rule: Rule, later: bool) -> bool:
    return step is Step.CLOSED or (later and not rule.when_closed)


def stage(happened: Collection[Step]) -> str:
    """Return the furthest step known, the state that is named to people.

    `opened` where all that was reported has been voided.
    """
    return str(next((step for step in reversed(_STAGES) if step in happened), Step.OPENED))


def moves(happened: Collection[Step], own: Collection[Step] = ()) -> tuple[str, ...]:
    """Return the steps that an open case in which `happened` is known allows now."""
    return tuple(str(step) for step, rule in ORDER.items() if _allowed(step, rule, happened, own))


def _allowed(step: Step, rule: Rule, happened: Collection[Step], own: Collection[Step]) -> bool:
    again = (rule.once and step in happened) or (rule.once_each and step in own)
    if Step.CLOSED in happened and not rule.when_closed:
        return False
    return not again and all(need in happened for need in rule.needs)


def too_early(step: Step, need: Step, happened: Collection[Step], own: Collection[Step] = ()) -> Refusal:
    """A step that may still become possible: what it needs is not reported yet."""
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
