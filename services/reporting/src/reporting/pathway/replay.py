"""A case from its first event: each step with the state after it, as of a moment on either axis.

Steps are in the order in which they became known: by `recorded_at`, then source, then position. `recorded_at`
rises strictly within a source, so each source's own order is kept; between sources their clocks decide.
A step is left out if it was recorded after `recorded_by`, or if it had occurred only after `occurred_by`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from reporting.pathway.cases import CaseStatus
from reporting.pathway.entry import Entry
from reporting.pathway.lookup import reference_in
from reporting.pathway.referrals import ReferralStatus, begins_a_referral, may_concern_a_referral


@dataclass(frozen=True)
class CaseState:
    """The whole of a case after some of its entries. Never changed: `evolve` gives the next."""

    case: CaseStatus
    referrals: Mapping[UUID, ReferralStatus]
    introduction_number: str = ""

    @classmethod
    def before_anything(cls, case_id: UUID) -> CaseState:
        """The state before the first entry."""
        return cls(CaseStatus(case_id), MappingProxyType({}))

    def evolve(self, entry: Entry) -> CaseState:
        """The state after one more entry."""
        case = self.case.copy()
        case.fold(entry)
        found = reference_in(entry)
        number = found.value if found and found.kind == "introduction" else ""
        return CaseState(case, self._referrals_after(entry), self.introduction_number or number)

    def _referrals_after(self, entry: Entry) -> Mapping[UUID, ReferralStatus]:
        known = self.referrals.get(entry.stream) if may_concern_a_referral(entry) else None
        if known is None and not begins_a_referral(entry):
            return self.referrals
        referral = known.copy() if known else ReferralStatus(entry.stream, entry.case_id)
        referral.fold(entry)
        return MappingProxyType({**self.referrals, entry.stream: referral})


@dataclass(frozen=True)
class Step:
    """One entry and the state after it; `number` counts from 1 among the steps shown."""

    number: int
    entry: Entry
    state: CaseState


@dataclass(frozen=True)
class AsOf:
    """Up to which moment, on each axis, both included; None for no bound."""

    occurred_by: datetime | None = None
    recorded_by: datetime | None = None

    def includes(self, entry: Entry) -> bool:
        """Whether an entry had occurred and was recorded by then."""
        return not (
            (self.occurred_by is not None and entry.occurred_at > self.occurred_by)
            or (self.recorded_by is not None and entry.recorded_at > self.recorded_by)
        )


def replay(case_id: UUID, entries: Iterable[Entry], as_of: AsOf = AsOf()) -> Iterator[Step]:
    """The steps of a case, whatever order its entries are given in."""
    state = CaseState.before_anything(case_id)
    known = filter(as_of.includes, entries)
    in_order = sorted(known, key=lambda entry: (entry.recorded_at, entry.source, entry.position))
    for number, entry in enumerate(in_order, start=1):
        state = state.evolve(entry)
        yield Step(number, entry, state)
