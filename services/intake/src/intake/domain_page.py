"""`python -m intake.domain_page > docs/case.md`: the order of a case and the paths of groups, as a page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from contracts import catalogue
from contracts.base import Payload
from contracts.places import BOUND, FREE, Bound
from contracts.registry import POSTABLE
from contracts.vocabulary import ClientGroup, OrgKind, Service

from intake.domain.case import FACTS
from intake.domain.order import ORDER, Rule, Step
from intake.domain.paths import CONTACTS_ONLY, PATHS

_OTHERS = {Step.WITHDRAWN: "consent-withdrawn", Step.REOPENED: "case-reopened", Step.ROUTED: ""}
"""Steps that are no plain facts, and their events."""

HEAD = """# The events of a case

Written by `python -m intake.domain_page` out of `order`, `places` and `paths` of `intake.domain`; do not
edit.

## What must come before, who may post it, what it changes

A step whose needs are not reported yet waits. A closed case takes nothing that happened after its
closing, but for the steps marked so; what happened before and is reported late, it takes. Who may post
is a value of the policy packs (`roles`), narrowed by the registry of offices.

| step | event | needs first | again | after closing | who may post | what it changes |
|---|---|---|---|---|---|---|
"""
PLACES = """
## What must lie in whose territory

Asked on the map of the event's day (offices.md, "Territory of an office"). A contact, a move or a handover
elsewhere is rejected. A registration of somebody who lives elsewhere and was neither met in the territory nor
sent to the office waits, as a contact that comes later lets it go on.

| event | must lie | in the territory of | because |
|---|---|---|---|
"""
FREE_OF_PLACE = """
Nothing else is bound to a place:

"""
VOIDS = """
## Voids and corrections

Every event that an agency posted can be voided (`event-voided`), once, by the agency itself, or by the
supervisor or district coordinator who answers for its area; a void is not voided: what was right is posted
anew. A case whose first contact or registration is voided stays, in the state `opened` where nothing else
stands; if the client has another case, it is closed as merged into that one, which may then be reopened and
takes what is reported: a case opened by mistake blocks nothing. Steps that came later stay facts. An
introduction that was voided stays known and cannot be taken up. An office's references for a client are let
go, and free for somebody else, where nothing that it reported of the client stands any more, also where a
correction names another reference instead; those that the voided event had bound, whatever stands, where
the person was wrong (`wrong_person`). Voiding a closing opens the case again, unless the client has a later
one. An event with `corrects` voids the earlier one of the same source, type and person, and stands in its
place: both or neither.

* **In its place** the right one counts as if it had been reported then: a later group, year of birth, ID
  number or reopening goes on counting, a withdrawal that named the wrong consent withdraws the right one, one
  of all consents none that was given after we were told of the wrong one, and a screening made after the
  wrong one is none before the right one. A move to the same office is due when the wrong one was, and
  answered if that was; another office has its hours from when we were told of the right one. It is taken by
  what is known now.
* **What referral or followup decides** is judged there, without the wrong one. Refused, that one stands, the
  receipt says why, and it may be corrected or voided again. What must wait for a consent or an office waits
  with the voiding, and both go together. What only waited is given up for what corrects it, as nothing was
  recorded yet.
* **Where that is not possible**: intake tells of both before they are decided, as those services read its
  log and nothing else. So in that log the passing on of the wrong one is voided at once, and an office's
  reference is the one that the correction names, also where the correction is refused. A move that is put
  right for another referral does not wait there for what must come first, and is refused: commands move that
  one, and read nothing of the first.
* **Rights**: an event that is voided gives nobody a right to act in the case, neither who reported it nor to
  whom it sent the client; voiding gives none.

## Who somebody is

* **Year of birth and sex** are what was told last, by the day on which it happened; on one day a correction
  comes after a registration, else what came to us later. Both by themselves. Who must agree to a consent
  goes by that year.
* **Of clients found to be one person** one case takes what is reported of all. What tells of another client
  than the case's own says so (`client` of the envelope) and stays told of that client. While they are one,
  what was told last of any of them counts: a child stays one, whichever case is open. When they are two
  again, each has what was told of that client, in whichever case it stands: name, number, year, sex,
  consents and plans; and is voided or corrected by that client's reference. A closing, of whomever it is
  told, closes the case that takes what is reported of all. When they are two again, the case of whom it was
  not told is open again, unless that one has another open case or ended later; the own case of whom it was
  told is closed on the same day and for the same reason, unless the way went on in a later one. What voids
  or corrects the one closing does so with the other.
  Where a case stands (reporting) shows as its plan that of its own client only, also while they are one;
  stage, stays, referrals and history are of both while they are one, then of each again.
* **What must come before** a step may be told of whoever is one person with the client, in the case at
  hand, in one that merging closed into it, or in another's while the two were one. What is told once is
  told once of each client: of two who are one, each has a plan of its own. When they are two again, what
  was told of a client in the case of the other counts in that client's own, as if it had been told there;
  a case that is opened later begins without it. A move is answered for who moved; a screening follows
  those of its client; who takes all consents back takes back the own.
* **Group and commune** of a case are those of its own client. What is reported of another client in it goes
  by the path of the group as which that client was registered there, else by the case's.
* **Nothing right is known**: a correction (`identity-corrected`) names in `cleared` the fields of which
  everything told before was wrong. They count as if they had never been told, until they are told again: an
  ID number links nobody any more, nobody is found by the name. What was told before stays readable as known
  then. A field is given or cleared, not both.
* **One paper form of consent** is one client's: an office that gives a form's number for a second client is
  told so on the receipt (`warnings`), which accepts the consent all the same and names nobody; not where the
  first consent was voided. Numbers are each office's own.

## Screenings

* **Which form judges.** The version that the office names, whenever it held; else the one in force on
  the day of the screening. Before the first version's day the first one judges; on a day after the last
  one's end nothing is judged: the claim stands alone (`judged_by` is left out). Bands are those of the
  day.
* **Claim and computation.** Neither is corrected. What differs is on a work list (`reftrack screenings
  conflicts`) until the screening is voided or corrected, or somebody says what was found
  (`ScreeningReviewed`); voiding that opens it again.
* **The screening before** (`earlier`) is the last that was made no later, of those that stood in the
  case when this one came; on a day of which no hour is known what came first was made first. It is
  never rewritten: of one reported late, later ones go on naming the one that they named. The current
  screening is the last made, by the same order, whichever came last, that is not voided.
* **Repeated** screenings are taken, also on one day, also by another office; the same event again is a
  repetition like any other. `occasion` is as the office tells it: `first` beside an earlier one is no
  error.
* **A follow-up** follows a screening: where the case has none that was made before it, it waits for
  one. One in another case of the same person (merged) will do; it is not named, as readers of the one
  need not know of the other.
* **Two forms do not compare.** A screening names the one before it whatever form that used; scores and
  bands of ASSIST and ASSIST-Lite are not held against each other.
* **Declined** is noted, again and again; a screening may follow the same day, and what was declined is
  no screening: no follow-up or brief intervention rests on it. A single declined answer leaves a range;
  a band is told only where both its ends lie in it.
* **Injecting.** Who injected in the past three months may be asked for the pattern, in the measures of
  the version; it decides what is called for (`injecting_calls_for`) and never counts in a score. WHO
  ASSIST 3.1: on average up to 4 days a month, brief intervention and the card on the risks of
  injecting; more, further assessment. 3.0 (unconfirmed): once a week or less and fewer than 3 days in a
  row.

## Paths of client groups

A path is told by what it does not have. Who uses drugs and belongs to another group besides is
registered as a drug user by whoever treats it: the group of the latest registration counts.

"""


def page() -> str:
    """The whole page."""
    rows = "".join(f"{_row(step, rule)}\n" for step, rule in ORDER.items())
    return HEAD + rows + PLACES + _places() + VOIDS + "\n".join(_paths()) + "\n" + _contacts()


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


def _places() -> str:
    rows = [
        f"| `{_name(model)}` | `{bound.commune}` | {_whose(bound)} | {bound.because} |\n"
        for model, bound in BOUND.items()
    ]
    reasons = dict.fromkeys(FREE.values())
    free = [
        f"* {', '.join(f'`{_name(model)}`' for model in FREE if FREE[model] == why)}: {why}\n"
        for why in reasons
    ]
    return "".join([*rows, FREE_OF_PLACE, *free])


def _whose(bound: Bound) -> str:
    if bound.of is not None:
        return f"`{bound.of}`"
    return "the poster, unless it has taken the client up" if bound.before_taken_up else "the poster"


def _name(model: type[Payload]) -> str:
    return model.TYPE.removeprefix("org.reftrack.").rpartition(".")[0]


def _event(step: Step) -> str:
    if step in _OTHERS:
        return _OTHERS[step]
    payload = next(model for model, fact in FACTS.items() if fact.step is step)
    return _name(payload)


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
