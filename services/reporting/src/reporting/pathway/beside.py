"""Of whom a case tells: what stands in the case of another counts for the client of whom it was told.

While the two are one person it is part of the case in which it stands; when they are two again, of the
client's own: each thing told of that one of their cases which was open when it happened. A plan and a move
are the client's always, as each case shows those of its own client alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from contracts.events.followup import DetoxAdmitted, DetoxCompleted

from reporting.pathway.cases import CaseStatus, Stay
from reporting.pathway.corrections import is_void, standing
from reporting.pathway.entry import Entry
from reporting.pathway.referrals import begins_a_referral, may_concern_a_referral


class Beside(NamedTuple):
    """What is told of somebody in the case of another, as it concerns one of the two cases.

    `elsewhere`: it stands in the other case, and tells of this one's client. `one_person`: the two clients
    are one now. `told`: what it tells, with the stays it tells of. `events`: by what.
    """

    elsewhere: bool
    one_person: bool
    told: CaseStatus
    events: frozenset[str] = frozenset()

    @property
    def client(self) -> UUID | None:
        """Of whom it tells."""
        return self.told.client_id


class Telling(NamedTuple):
    """An entry that tells of another client than its case's own; `own`: which of that client's cases was open
    when it happened, none of what only voids such an entry."""

    entry: Entry
    own: UUID | None


def told_beside(
    into: CaseStatus, stays: Iterable[Stay], tellings: Sequence[Telling], own: UUID | None = None
) -> tuple[CaseStatus, frozenset[str]]:
    """What a case tells of a client, with the events by which it does; only what counts in the client's case
    `own`, if that is given. `into`: case and client, nothing told yet; `stays`: all of the case."""
    entries = [each.entry for each in tellings]
    owns, goes = {each.entry.event_id: each.own for each in tellings}, goes_with(entries)
    mine = frozenset(each for each in owns if own is None or owns.get(goes[each]) == own)
    counting = [each for each in standing(entries) if each.event_id in mine and each.told_of is not None]
    for entry in counting:
        into.tell(entry)
    numbers = {each.data.stay_number for each in counting if each.type == DetoxAdmitted.TYPE}
    into.stays = tuple(stay for stay in stays if stay.number in numbers)
    return into, mine


def goes_with(entries: Iterable[Entry]) -> Mapping[str, str]:
    """Of each entry of a case the one with which it goes: a referral goes with its request, the end of a stay
    with its beginning, a void with what it voids, all else by itself."""
    begun: dict[Hashable, str] = {}
    found: dict[str, str] = {}
    for entry in sorted(entries, key=lambda entry: (entry.source, entry.position)):
        if begins_a_referral(entry):
            begun[entry.stream] = entry.event_id
        elif entry.type == DetoxAdmitted.TYPE:
            begun[entry.data.facility, entry.told_of] = entry.event_id
        with_ = found.get(entry.data.event_id) if is_void(entry) else begun.get(_goes_on(entry))
        found[entry.event_id] = with_ or entry.event_id
    return found


def _goes_on(entry: Entry) -> Hashable:
    """What is begun by then with which the entry goes."""
    if may_concern_a_referral(entry):
        return entry.stream
    return (entry.org, entry.told_of) if entry.type == DetoxCompleted.TYPE else None


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


def come(beside: Iterable[Beside]) -> Mapping[UUID, frozenset[str]]:
    """The cases in which more is told of its client, of others who are somebody else now, and by what."""
    return {each.told.case_id: each.events for each in beside if each.elsewhere and not each.one_person}


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
        case.stays += told.stays
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
