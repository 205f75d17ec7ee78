"""A case from its first event: each step with the state after it, as of a moment on either axis.

Steps are in the order in which they became known, by `recorded_at`, but never before what they follow from:
the entry before them in their source's log, and the event that caused them. `recorded_at` rises strictly
within a source; the clocks of two sources may differ, and an effect must not seem to precede its cause.
A step is left out if it was recorded after `recorded_by`, or if it had occurred only after `occurred_by`.
What voids an event says nothing of the world, only of the record: it is left out by `recorded_by` alone.
Until that step the state is as it was thought to be, from it on as if the event voided had never been told.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from reporting.pathway.cases import CaseStatus, case_after
from reporting.pathway.corrections import is_void, standing
from reporting.pathway.entry import Entry
from reporting.pathway.lookup import reference_in
from reporting.pathway.referrals import (
    ReferralStatus,
    begins_a_referral,
    may_concern_a_referral,
    referral_after,
)


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

    @classmethod
    def after(cls, case_id: UUID, entries: Sequence[Entry]) -> CaseState:
        """The state after all these entries, without what one of them voids."""
        introductions = (_introduction(entry) for entry in standing(entries))
        own: dict[UUID, list[Entry]] = {}
        for entry in filter(may_concern_a_referral, entries):
            own.setdefault(entry.stream, []).append(entry)
        found = {stream: referral_after(told) for stream, told in own.items()}
        referrals = {stream: referral for stream, referral in found.items() if referral}
        return cls(
            case_after(case_id, entries), MappingProxyType(referrals), next(filter(None, introductions), "")
        )

    def evolve(self, entry: Entry) -> CaseState:
        """The state after one more entry."""
        case = self.case.copy()
        case.fold(entry)
        number = self.introduction_number or _introduction(entry)
        return CaseState(case, self._referrals_after(entry), number)

    def _referrals_after(self, entry: Entry) -> Mapping[UUID, ReferralStatus]:
        known = self.referrals.get(entry.stream) if may_concern_a_referral(entry) else None
        if known is None and not begins_a_referral(entry):
            return self.referrals
        referral = known.copy() if known else ReferralStatus(entry.stream, entry.case_id)
        referral.fold(entry)
        return MappingProxyType({**self.referrals, entry.stream: referral})


def _introduction(entry: Entry) -> str:
    found = reference_in(entry)
    return found.value if found and found.kind == "introduction" else ""


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
            (self.occurred_by is not None and entry.occurred_at > self.occurred_by and not is_void(entry))
            or (self.recorded_by is not None and entry.recorded_at > self.recorded_by)
        )


def in_order(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries of a case as they became known, causes first; the same in whatever order they are given.

    The earliest of those that the sources tell next, unless its cause is still to come. Causes that go in a
    circle hold nothing up.
    """
    ahead: dict[str, deque[Entry]] = {}
    for entry in sorted(entries, key=lambda entry: entry.position):
        ahead.setdefault(entry.source, deque()).append(entry)
    to_come = {entry.event_id for told in ahead.values() for entry in told}
    while ahead:
        heads = sorted((told[0] for told in ahead.values()), key=lambda head: (head.recorded_at, head.source))
        chosen = next((head for head in heads if head.caused_by not in to_come), heads[0])
        to_come.remove(chosen.event_id)
        ahead[chosen.source].popleft()
        if not ahead[chosen.source]:
            del ahead[chosen.source]
        yield chosen


def replay(case_id: UUID, entries: Iterable[Entry], as_of: AsOf = AsOf()) -> Iterator[Step]:
    """The steps of a case, whatever order its entries are given in."""
    state, told, corrected = CaseState.before_anything(case_id), list[Entry](), False
    for number, entry in enumerate(in_order(filter(as_of.includes, entries)), start=1):
        told.append(entry)
        corrected |= is_void(entry)
        state = CaseState.after(case_id, told) if corrected else state.evolve(entry)
        yield Step(number, entry, state)
