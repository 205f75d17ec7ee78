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
    again of the same client, and `once_each`: never again by the same organisation (a second one takes the
    client on as well). `when_closed`: also of what happened after the closing. `changes`: what follows.
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

UNBOUND = frozenset(step for step, rule in ORDER.items() if not (rule.needs or rule.once or rule.once_each))
"""Steps for which nothing that is known matters, as long as the case is open."""


def check(
    step: Step,
    happened: Collection[Step],
    own: Collection[Step] = (),
    of_client: Collection[Step] | None = None,
    *,
    occurred_at: datetime,
    closed_at: datetime | None,
) -> None:
    """Raise `Refusal` unless `step` may be recorded of a case in which `happened` is known: `of_client` of
    the very client of whom it is told (None: all of it), `own` of that from the organisation that reports
    now. What is needed may be known of whoever is one person with the client; what is told once, was told of
    the client.

    A closed case takes nothing that occurred after its closing; what occurred before and is reported late,
    it takes.
    """
    rule = ORDER[step]
    if closed_at is not None and _is_over(step, rule, occurred_at > closed_at):
        raise Refusal("case_closed", state=str(Step.CLOSED))
    told = happened if of_client is None else of_client
    if _again(step, rule, told, own):
        left = moves(happened, own, told)
        raise Refusal("already_recorded", detail={"step": step}, state=stage(happened), moves=left)
    for need in rule.needs:
        if need not in happened:
            raise too_early(step, need, happened, own, told)


def _is_over(step: Step, rule: Rule, later: bool) -> bool:
    return step is Step.CLOSED or (later and not rule.when_closed)


def stage(happened: Collection[Step]) -> str:
    """Return the furthest step known, the state that is named to people.

    `opened` where all that was reported has been voided.
    """
    return str(next((step for step in reversed(_STAGES) if step in happened), Step.OPENED))


def moves(
    happened: Collection[Step], own: Collection[Step] = (), of_client: Collection[Step] | None = None
) -> tuple[str, ...]:
    """Return the steps that a case allows now, of which that is known as `check` is told it."""
    told = happened if of_client is None else of_client
    allowed = (step for step, rule in ORDER.items() if not _again(step, rule, told, own))
    return tuple(str(step) for step in allowed if _may_come(ORDER[step], happened))


def _again(step: Step, rule: Rule, of_client: Collection[Step], own: Collection[Step]) -> bool:
    return (rule.once and step in of_client) or (rule.once_each and step in own)


def _may_come(rule: Rule, happened: Collection[Step]) -> bool:
    if Step.CLOSED in happened and not rule.when_closed:
        return False
    return all(need in happened for need in rule.needs)


def too_early(
    step: Step,
    need: Step,
    happened: Collection[Step],
    own: Collection[Step] = (),
    of_client: Collection[Step] | None = None,
) -> Refusal:
    """A step that may still become possible: what it needs is not reported yet."""
    return Refusal(
        "too_early",
        detail={"step": step, "awaits": need},
        state=stage(happened),
        moves=moves(happened, own, of_client),
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
