"""Steps of people who were merged: what other cases tell of a client counts where the client goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from chassis.store.unit_of_work import UnitOfWork
from contracts.base import Payload
from contracts.envelope import Meta

from intake.application import keys, people
from intake.domain.case import Case
from intake.domain.order import moves, stage
from intake.domain.person import Person
from intake.domain.reports import ALONE, Known, Report


class Stands(NamedTuple):
    """The furthest step known of a case, and the steps that it allows now."""

    state: str
    moves: tuple[str, ...]


def take(uow: UnitOfWork, case: Case, data: Payload, meta: Meta, *, is_alone: bool = False) -> None:
    """Record a fact that an agency reports, by all that is known of the client; `is_alone`: it was seen that
    there is no more than the case tells. Raises `Refusal` before anything has changed."""
    case.take(data, meta, ALONE if is_alone else known_of(uow, case, case.meant(meta)))


def known_of(uow: UnitOfWork, case: Case, client: UUID) -> Known:
    """What counts in a case of a client of whom it tells: what it tells of whoever is the same person now,
    and what others tell of them of the same way. Nothing is read of whoever has one case only.

    The way is that of the cases which go on in this one. What was told of the client in the case of another,
    before the first of them was opened, belongs to a way that is over.
    """
    if people.is_alone(uow, keys.as_text(client)):
        return ALONE
    person = people.person_of(uow, keys.as_text(client))
    named = person.clients | {keys.as_text(client)} if person.edges else {keys.as_text(client)}
    clients = frozenset(map(keys.as_id, named))
    if keys.as_text(case.id) in person.cases:
        others = [one for one in people.joined(uow, person, named) if one.id != case.id]
        going_on = [one for one in others if _goes_on_in(person, one, case)]
    else:  # it stands in the case of who is somebody else by now: the way is that of the own cases
        others = people.cases_about(uow, person, named, case)
        going_on = [one for one in others if keys.as_text(one.id) in person.cases]
    since = min(one.created_on for one in (case, *going_on))
    beside = (one for one in others if one not in going_on)
    told = frozenset(one for one in _told_since(beside, since) if one.client in clients)
    before = frozenset(one for case in going_on for one in case.reports if one.client in clients)
    return Known(clients, told, before)


def stands(uow: UnitOfWork, case: Case) -> Stands:
    """Where a case stands by what is known of its client, and of whoever is the same person now."""
    known = known_of(uow, case, case.client_id)
    happened = case.happened_of(known.clients or {case.client_id}, known.elsewhere)
    own = case.happened_of({case.client_id}, known.elsewhere)
    return Stands(stage(happened), moves(happened, (), own))


def _told_since(cases: Iterable[Case], since: datetime) -> Iterator[Report]:
    """What cases tell of others than their own client, of whom we were told since then."""
    for case in cases:
        for report, at in case.reports.items():
            if report.client != case.client_id and at >= since:
                yield report


def _goes_on_in(person: Person, one: Case, case: Case) -> bool:
    """Whether merging closed a case into this one, or into one that it closed into this one."""
    passed, name = set[str](), keys.as_text(one.id)
    while (into := person.into.get(name)) is not None and into not in passed:
        if into == keys.as_text(case.id):
            return True
        passed.add(into)
        name = into
    return False
