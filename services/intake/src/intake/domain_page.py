"""`python -m intake.domain_page > docs/case.md`: the order of a case and the paths of groups, as a page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from contracts import catalogue
from contracts.registry import POSTABLE
from contracts.vocabulary import ClientGroup, OrgKind, Service

from intake.domain.case import FACTS
from intake.domain.order import ORDER, Rule, Step
from intake.domain.paths import CONTACTS_ONLY, PATHS

_OTHERS = {Step.WITHDRAWN: "consent-withdrawn", Step.REOPENED: "case-reopened", Step.ROUTED: ""}
"""Steps that are no plain facts, and their events."""

HEAD = """# The events of a case

Written by `python -m intake.domain_page` out of `intake.domain.order` and `intake.domain.paths`; do not
edit.

## What must come before, who may post it, what it changes

A step whose needs are not reported yet waits. A closed case takes nothing that happened after its
closing, but for the steps marked so; what happened before and is reported late, it takes. Who may post
is a value of the policy packs (`roles`), narrowed by the registry of offices.

| step | event | needs first | again | after closing | who may post | what it changes |
|---|---|---|---|---|---|---|
"""
VOIDS = """
## Voids and corrections

Every event that an agency posted can be voided (`event-voided`), once, by the agency itself, or by the
supervisor or district coordinator who answers for its area; a void is not voided: what was right is
posted anew. A case whose first contact or registration is voided stays, in the state `opened` where
nothing else stands. Steps that came later stay facts. An introduction that was voided stays known and
cannot be taken up. A reference that the voided event had bound is let go where the person was wrong
(`wrong_person`), or where nothing else of that office stands in the case. Voiding a closing opens the
case again, unless the client has a later one. An event with `corrects` voids the earlier one of the same
source, type and person, and stands in its place: both or neither.

## Paths of client groups

A path is told by what it does not have. Who uses drugs and belongs to another group besides is
registered as a drug user by whoever treats it: the group of the latest registration counts.

"""


def page() -> str:
    """The whole page."""
    rows = "".join(f"{_row(step, rule)}\n" for step, rule in ORDER.items())
    return HEAD + rows + VOIDS + "\n".join(_paths()) + "\n" + _contacts()


def _row(step: Step, rule: Rule) -> str:
    name = _event(step)
    postable = next((one for key, one in POSTABLE.items() if name and f".{name}." in key), None)
    who = ", ".join(kind for kind in OrgKind if postable and kind in postable.by)
    again = "no" if rule.once else "once an office" if rule.once_each else "yes"
    cells = (
        _title(step),
        f"`{name}`" if name else "those of referral and followup",
        ", ".join(_title(need) for need in rule.needs) or "–",
        again,
        "yes" if rule.when_closed else "no",
        who or "–",
        rule.changes,
    )
    return f"| {' | '.join(cells)} |"


def _event(step: Step) -> str:
    if step in _OTHERS:
        return _OTHERS[step]
    payload = next(model for model, fact in FACTS.items() if fact.step is step)
    return payload.TYPE.removeprefix("org.reftrack.").rpartition(".")[0]


def _title(step: Step) -> str:
    return catalogue.name_in("Step", step, "en")


def _paths() -> Iterator[str]:
    for group in ClientGroup:
        path = PATHS[group]
        yield f"### {catalogue.name_in('ClientGroup', group, 'en')} (`{group}`)\n"
        yield f"{path.goes[0].upper()}{path.goes[1:]}.\n"
        yield f"* no steps: {_list(map(_title, sorted(path.no_steps)))}"
        yield f"* no referrals to: {_list(one for one in Service if one in path.no_services)}"
        reports = (one.removeprefix("org.reftrack.").rpartition(".")[0] for one in sorted(path.no_reports))
        yield f"* no reports: {_list(reports)}"
        yield f"* source: {path.source}\n"


def _contacts() -> str:
    kinds = [f"`{kind}` with {_list(sorted(groups))}" for kind, groups in CONTACTS_ONLY.items()]
    return f"Contacts are reported by {'; by '.join(kinds)} alone; by all other kinds with everybody.\n"


def _list(names: Iterable[str]) -> str:
    return ", ".join(str(name) for name in names) or "none ruled out"


if __name__ == "__main__":
    sys.stdout.write(page())
