"""Of whom a case tells: what stands in the case of another counts for the client of whom it was told.

While the two are one person it is part of the case in which it stands; when they are two again, of the
client's own. A plan and a move are the client's always, as each case shows those of its own client alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from uuid import UUID

from reporting.pathway.cases import CaseStatus, Stay
from reporting.pathway.entry import Entry
from reporting.pathway.referrals import begins_a_referral, may_concern_a_referral


class Beside(NamedTuple):
    """What is told of somebody in the case of another, as it concerns one of the two cases.

    `elsewhere`: it stands in the other case, and tells of this one's client. `one_person`: the two clients
    are one now. `stays`: all of the case in which it stands.
    """

    elsewhere: bool
    one_person: bool
    stays: tuple[Stay, ...]
    told: CaseStatus

    @property
    def client(self) -> UUID | None:
        """Of whom it tells."""
        return self.told.client_id


def as_it_stands(case: CaseStatus, beside: Iterable[Beside]) -> CaseStatus:
    """The case with all that counts of its client now, and without what was told in it of somebody else."""
    case = case.copy()
    for each in beside:
        if each.elsewhere:
            _own(case, each.told)
        if each.elsewhere is not each.one_person:
            _join(case, each)
        elif not each.one_person:
            case.stays = tuple(stay for stay in case.stays if stay.client != str(each.client))
    return case


def gone(beside: Iterable[Beside]) -> frozenset[UUID]:
    """The clients of whom the case told, and who are somebody else now."""
    parted = (each.client for each in beside if not each.elsewhere and not each.one_person)
    return frozenset(client for client in parted if client is not None)


def come(beside: Iterable[Beside]) -> frozenset[UUID]:
    """The cases in which more is told of its client, of others who are somebody else now."""
    return frozenset(each.told.case_id for each in beside if each.elsewhere and not each.one_person)


def of_whom(entries: Sequence[Entry]) -> Iterator[tuple[Entry, UUID | None]]:
    """Each entry of a case with the client of whom it tells, none for the case's own: what follows a request
    for a referral tells of the client of the request."""
    asked = {each.stream: each.told_of for each in entries if begins_a_referral(each)}
    for entry in entries:
        begun = asked.get(entry.stream) if may_concern_a_referral(entry) else None
        yield entry, entry.told_of or begun


def _join(case: CaseStatus, each: Beside) -> None:
    """What was told of the client counts as if it had been told in the case."""
    case.join(each.told)
    if each.elsewhere:
        told = each.told
        case.stays += tuple(stay for stay in each.stays if stay.client == str(each.client))
        if told.commune_told is not None:
            case.place(told.commune, told.commune_told, by_contact=told.commune_by_contact)


def _own(case: CaseStatus, told: CaseStatus) -> None:
    """The client's plan and move are those that were told last, wherever."""
    if told.plan_recorded_at is not None and (
        case.plan_recorded_at is None or told.plan_recorded_at > case.plan_recorded_at
    ):
        case.plan, case.plan_recorded_at = told.plan, told.plan_recorded_at
    if told.moved_recorded_at is not None and (
        case.moved_recorded_at is None or told.moved_recorded_at > case.moved_recorded_at
    ):
        case.moved_to, case.moved_recorded_at = told.moved_to, told.moved_recorded_at
