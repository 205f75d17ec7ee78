"""What views and history are asked: one statement each, over the live views."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, LiteralString
from uuid import UUID

from chassis.rpc.reads import Reads

from reporting import statements as sql
from reporting.pathway.beside import (
    Beside,
    Telling,
    as_it_stands,
    come,
    goes_with,
    gone,
    of_whom,
    told_beside,
)
from reporting.pathway.cases import CaseStatus, Stay
from reporting.pathway.entry import Entry
from reporting.pathway.referrals import ReferralStatus
from reporting.views.cases import case_of


@dataclass(frozen=True)
class FoundReferral:
    """A referral, its case's commune and the day on which that was told, where its last event stands in the
    history, what ties the reader's organisation to the case (asked for by number only). `case_id`: the case
    that it is of now, which may be another than that in which it stands.

    `told`: what decides whether its consent still covers it, where that is to be asked; `merged`: there is
    more of it in cases of other clients. `consent_end` and `withheld` are what was decided.
    """

    referral: ReferralStatus
    commune: str
    told_on: date | None
    seq: int
    case_id: UUID
    told: Sequence[bytes] | None = None
    merged: bool = False
    ties: Sequence[str] = ()
    consent_end: str = ""
    withheld: bool = False


@dataclass(frozen=True)
class FoundCase:
    """A case as it stands, what ties the reader's organisation to it, its last place in the history, and
    whether its client was ever merged with another; `beside`: what was told of one in the other's case."""

    case: CaseStatus
    ties: Sequence[str]
    seq: int
    merged: bool = False
    beside: tuple[Beside, ...] = ()


@dataclass(frozen=True)
class Names:
    """By what a case is known: introductions, the first one first, with who introduced; the reader's own
    references."""

    introductions: tuple[tuple[str, str], ...]
    agency_refs: tuple[str, ...]

    def introduction(self, by: str | None = None) -> str:
        """The first introduction number, of all or of those by one organisation; "" if there is none."""
        return next((number for number, told_by in self.introductions if by in (None, told_by)), "")


@dataclass(frozen=True)
class Wanted:
    """Which referrals to list; None does not narrow.

    Each is `party`'s, sent or received; or of `area` (None: everywhere) for one of `services`, `at_times` of
    what was told in these days under codes that mean something else on others (code, first, last), and has
    nothing to do with `hidden_orgs`.
    """

    party: str
    area: Sequence[str] | None
    services: Sequence[str]
    hidden_orgs: Sequence[str]
    at_times: Sequence[tuple[str, date, date]] = ()
    provider: str | None = None
    sender: str | None = None
    states: Sequence[str] | None = None
    service: str | None = None
    commune: str | None = None


class Queries:
    """Asks the live views and the history."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def referral(self, number: str, org: str) -> FoundReferral | None:
        """The referral of a number; `org` is the reader's."""
        usual = await self._reads.one(sql.USUAL_REFERRAL_BY_NUMBER, (org, org, number, org))
        row = usual or await self._reads.one(sql.REFERRAL_BY_NUMBER, (org, org, number))
        return _found(row) if row else None

    async def referrals_of(self, case_id: UUID, org: str) -> list[FoundReferral]:
        """The referrals of a case, oldest first; `org` is the reader's."""
        asked = (org, case_id, case_id, case_id)
        return [_found(row) for row in await self._reads.all(sql.REFERRALS_OF_CASE, asked)]

    async def consents_of(self, case_id: UUID) -> list[bytes]:
        """What intake's log tells of the consents of the person whose case that is, in all cases."""
        return [value for (value,) in await self._reads.all(sql.CONSENTS_OF_PERSON, (case_id,))]

    async def referrals(
        self, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[FoundReferral]:
        """Referrals, newest change first, after a place in that order."""
        states = list(wanted.states) if wanted.states else None
        pairs = [wanted.provider, wanted.sender, states, wanted.service, wanted.commune]
        doubled = [value for pair in pairs for value in (pair, pair)]
        area, hidden = list(wanted.area or ()), list(wanted.hidden_orgs)
        party = [wanted.party, wanted.party, wanted.service is None]
        spans = [list(column) for column in zip(*wanted.at_times, strict=True)] or [[], [], []]
        allowed = [*party, wanted.area is None, area, *spans, list(wanted.services), hidden, hidden]
        changed_at, referral_id = after or (None, None)
        rows = await self._reads.all(
            sql.REFERRAL_LIST, [wanted.party, *doubled, *allowed, changed_at, changed_at, referral_id, limit]
        )
        return [_found(row) for row in rows]

    async def case(self, case_id: UUID, org: str) -> FoundCase | None:
        """The case of an id; `org` is the reader's."""
        return await self._one_case(sql.CASE_BY_ID, (org, case_id))

    async def case_by_number(self, kind: str, number: str, org: str) -> FoundCase | None:
        """The case of an introduction, referral or stay."""
        return await self._one_case(sql.CASE_BY_REFERENCE, (org, kind, "", number))

    async def cases_by_agency_ref(self, org: str, agency_ref: str) -> list[FoundCase]:
        """The cases of whom an organisation means by its own reference: the open one, then the latest."""
        return await self._cases(sql.CASES_BY_AGENCY_REF, (org, org, agency_ref))

    async def cases_of_person(self, case_id: UUID, org: str) -> list[FoundCase]:
        """All cases of the person whose case that is, of every client merged into one: the open one, then the
        latest."""
        return await self._cases(sql.CASES_OF_PERSON, (case_id, org))

    async def _one_case(self, statement: LiteralString, asked: Sequence[Any]) -> FoundCase | None:
        row = await self._reads.one(statement, asked)
        return (await self._standing([_as_case(row)]))[0] if row else None

    async def _cases(self, statement: LiteralString, asked: Sequence[Any]) -> list[FoundCase]:
        return await self._standing([_as_case(row) for row in await self._reads.all(statement, asked)])

    async def _standing(self, found: list[FoundCase]) -> list[FoundCase]:
        """The cases as they stand: nothing is asked more of clients who were never merged."""
        merged = [each.case.case_id for each in found if each.merged]
        if not merged:
            return found
        rows = await self._reads.all(sql.TOLD_BESIDE, (merged, merged, merged))
        tellings = await self._tellings({row[3] for row in rows})
        beside: dict[UUID, list[Beside]] = {}
        for case_id, elsewhere, one_person, told_in, client, stays in rows:
            own, stood = case_id if elsewhere else None, (Stay(*stay) for stay in stays)
            told = told_beside(CaseStatus(told_in, client), stood, tellings(told_in, client), own)
            beside.setdefault(case_id, []).append(Beside(elsewhere, one_person, *told))
        return [_as_it_stands(each, beside.get(each.case.case_id, ())) for each in found]

    async def _tellings(self, cases: Collection[UUID]) -> Callable[[UUID, UUID], Sequence[Telling]]:
        """What these cases tell of others, by case and client, with what is voided there."""
        found: dict[tuple[UUID, UUID | None], list[Telling]] = {}
        asked = list(cases)
        rows = await self._reads.all(sql.TELLINGS, (asked, asked)) if asked else []
        for case_id, client, own, *entry in rows:
            found.setdefault((case_id, client), []).append(Telling(Entry(*entry), own))
        return lambda case_id, client: [*found.get((case_id, client), ()), *found.get((case_id, None), ())]

    async def names_of(self, case_id: UUID, org: str) -> Names:
        """The introductions of a case and the references that `org` has for it, oldest first."""
        rows = await self._reads.all(sql.NAMES_OF_CASE, (*[case_id] * 4, org))
        return Names(
            tuple((value, told_by) for kind, value, told_by in rows if kind == "introduction"),
            tuple(value for kind, value, _ in rows if kind == "agency_ref"),
        )

    async def entries_of(self, case_id: UUID, after: int = 0) -> list[Entry]:
        """All entries of a case after a place in the history."""
        return [Entry(*row) for row in await self._reads.all(sql.ENTRIES_OF_CASE, (case_id, after))]

    async def told_of(self, found: FoundCase) -> list[Entry]:
        """All entries of a case, without what tells of somebody who is not its client any more, and with what
        tells of the client in the case of another."""
        case_id = found.case.case_id
        here = await self.entries_of(case_id)
        if not found.beside:
            return here
        away, elsewhere = gone(found.beside), list[Entry]()
        for other, told in come(found.beside).items():
            there = await self.entries_of(other)
            goes, client = goes_with(there), found.case.client_id
            own = (each for each, of in of_whom(there) if of == client and goes[each.event_id] in told)
            elsewhere += [replace(each, case_id=case_id) for each in own]
        kept = [each for each, of in of_whom(here) if of not in away]
        return sorted([*kept, *elsewhere], key=lambda entry: entry.seq)

    async def entries(
        self, after: int, limit: int, *, types: Sequence[str] = (), case_id: UUID | None = None
    ) -> list[Entry]:
        """Entries of the history after a place, of all types and cases or of some."""
        narrowed = list(types) or None
        rows = await self._reads.all(sql.ENTRIES, (after, narrowed, narrowed, case_id, case_id, limit))
        return [Entry(*row) for row in rows]


def _found(row: Sequence[Any]) -> FoundReferral:
    status = ReferralStatus(*row[:14])
    status.consent_id, status.purpose, status.labels, status.lapse, status.client_id = row[14:19]
    return FoundReferral(status, *row[19:])


def _as_it_stands(found: FoundCase, beside: Sequence[Beside]) -> FoundCase:
    return replace(found, case=as_it_stands(found.case, beside), beside=tuple(beside))


def _as_case(row: Sequence[Any]) -> FoundCase:
    return FoundCase(case_of(*row[:-3]), *row[-3:])
