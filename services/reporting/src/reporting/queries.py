"""What views and history are asked: one statement each, over the live views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from chassis.rpc.reads import Reads

from reporting import statements as sql
from reporting.pathway.cases import CaseStatus
from reporting.pathway.entry import Entry
from reporting.pathway.referrals import ReferralStatus
from reporting.views.cases import case_of


@dataclass(frozen=True)
class FoundReferral:
    """A referral, its case's commune, where its last event stands in the history, whose the case is."""

    referral: ReferralStatus
    commune: str
    seq: int
    case_is_readers: bool = False


@dataclass(frozen=True)
class FoundCase:
    """A case, whether it belongs to the reader's organisation, and its last place in the history."""

    case: CaseStatus
    is_readers: bool
    seq: int


@dataclass(frozen=True)
class Wanted:
    """Which referrals to list; None does not narrow. Each is `party`'s, sent or received, or of `area`."""

    provider: str | None = None
    sender: str | None = None
    states: Sequence[str] | None = None
    service: str | None = None
    commune: str | None = None
    party: str | None = None
    area: Sequence[str] = ()


class Queries:
    """Asks the live views and the history."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads

    async def referral(self, number: str, org: str) -> FoundReferral | None:
        """The referral of a number; `org` is the reader's."""
        row = await self._reads.one(sql.REFERRAL_BY_NUMBER, (org, number))
        return _found(row) if row else None

    async def referrals_of(self, case_id: UUID) -> list[FoundReferral]:
        """The referrals of a case, oldest first."""
        return [_found(row) for row in await self._reads.all(sql.REFERRALS_OF_CASE, (case_id,))]

    async def referrals(
        self, wanted: Wanted, after: tuple[datetime, UUID] | None, limit: int
    ) -> list[FoundReferral]:
        """Referrals, newest change first, after a place in that order."""
        states = list(wanted.states) if wanted.states else None
        pairs = [wanted.provider, wanted.sender, states, wanted.service, wanted.commune, wanted.party]
        doubled = [value for pair in pairs for value in (pair, pair)]
        doubled.append(list(wanted.area))
        changed_at, referral_id = after or (None, None)
        rows = await self._reads.all(
            sql.REFERRAL_LIST, [*doubled, changed_at, changed_at, referral_id, limit]
        )
        return [_found(row) for row in rows]

    async def case(self, case_id: UUID, org: str) -> FoundCase | None:
        """The case of an id; `org` is the reader's."""
        return _found_case(await self._reads.one(sql.CASE_BY_ID, (org, case_id)))

    async def case_by_number(self, kind: str, number: str, org: str) -> FoundCase | None:
        """The case of an introduction, referral or stay."""
        return _found_case(await self._reads.one(sql.CASE_BY_REFERENCE, (org, kind, "", number)))

    async def case_by_agency_ref(self, org: str, agency_ref: str) -> FoundCase | None:
        """The open case, else the latest, of whom an organisation means by its own reference."""
        return _found_case(await self._reads.one(sql.CASE_BY_AGENCY_REF, (org, org, agency_ref)))

    async def names_of(self, case_id: UUID, org: str) -> tuple[str, tuple[str, ...]]:
        """The introduction number of a case ("" if none) and the references that `org` has for it."""
        rows = await self._reads.all(sql.NAMES_OF_CASE, (case_id, org))
        introductions = [value for kind, value in rows if kind == "introduction"]
        return next(iter(introductions), ""), tuple(value for kind, value in rows if kind == "agency_ref")

    async def entries_of(self, case_id: UUID, after: int = 0) -> list[Entry]:
        """All entries of a case after a place in the history."""
        return [Entry(*row) for row in await self._reads.all(sql.ENTRIES_OF_CASE, (case_id, after))]

    async def entries(
        self, after: int, limit: int, *, types: Sequence[str] = (), case_id: UUID | None = None
    ) -> list[Entry]:
        """Entries of the history after a place, of all types and cases or of some."""
        narrowed = list(types) or None
        rows = await self._reads.all(sql.ENTRIES, (after, narrowed, narrowed, case_id, case_id, limit))
        return [Entry(*row) for row in rows]


def _found(row: Sequence[Any]) -> FoundReferral:
    return FoundReferral(ReferralStatus(*row[:14]), *row[14:])


def _found_case(row: Sequence[Any] | None) -> FoundCase | None:
    return FoundCase(case_of(*row[:-2]), *row[-2:]) if row else None
