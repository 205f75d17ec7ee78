"""What happened in a case, as this reader may know it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from contracts import catalogue
from contracts.base import Label, Payload
from contracts.envelope import UnknownType, handle_of
from contracts.events import cases, common, followup, intake, people, referral
from contracts.vocabulary import CloseReason, ReopenReason
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import (
    ANOTHER_CASE,
    CASES_NAMED,
    CONTACT_EVENTS,
    NAMES_OF_EVENTS,
    OF_A_CONSENT_ENDED,
    OF_OTHER_CASES,
    SCREENING_EVENTS,
    Part,
    Reader,
    answer_labels,
    event_labels,
    may_see,
    may_see_all,
    may_void,
    told_places,
)
from reporting.pathway.corrections import Correction, corrections, is_void
from reporting.pathway.entry import INTAKE, Entry
from reporting.pathway.referrals import begins_a_referral
from reporting.queries import FoundCase, Queries
from reporting.rpc.facts import facts_of
from reporting.rpc.messages import timestamp

_RECORDED = re.compile(r"[0-9a-f-]{36}:\d+")
"""The id of a recorded event: what caused something that nobody posted."""


class _About(NamedTuple):
    """The referral that an entry is of; empty if of none."""

    number: str = ""
    service: str = ""
    sender: str = ""
    provider: str = ""


class Timeline:
    """Told from the history itself, so it never lags behind. A case has some hundred entries at most."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    async def of(
        self,
        reader: Reader,
        cases: Iterable[tuple[FoundCase, Part]],
        linked: Collection[UUID] = (),
        withheld: Collection[UUID] = (),
    ) -> list[pb.TimelineEntry]:
        """All entries of these parts of cases that the reader may see, in the order of the history; `linked`:
        the cases that it may know to be of one person; `withheld`: referrals of which it may know no more."""
        told = [
            entry
            for found, part in cases
            for entry in tell(reader, part, await self._queries.told_of(found), linked, withheld)
        ]
        return sorted(told, key=lambda entry: entry.seq)


def counted(
    reader: Reader, told: Sequence[pb.TimelineEntry], some: Sequence[pb.TimelineEntry]
) -> list[pb.TimelineEntry]:
    """Some of all entries that the reader is told, each by its place among these, unless it is told places in
    the history: else it would learn how much happened between them, elsewhere."""
    if told_places(reader):
        return list(some)
    places = {each.seq: place for place, each in enumerate(told, 1)}
    return [_placed(each, places) for each in some]


def _placed(told: pb.TimelineEntry, places: Mapping[int, int]) -> pb.TimelineEntry:
    placed = pb.TimelineEntry()
    placed.CopyFrom(told)
    placed.seq = places[told.seq]
    if placed.HasField("voided"):
        placed.voided.seq = places.get(told.voided.seq, 0)
        placed.voided.replaced_by = places.get(told.voided.replaced_by, 0)
    return placed


def tell(
    reader: Reader,
    part: Part,
    entries: Iterable[Entry],
    linked: Collection[UUID] = (),
    withheld: Collection[UUID] = (),
) -> Iterator[pb.TimelineEntry]:
    """All that the reader may know of, in the order given, which must begin with the case's first entry.

    Left out: what only passes through on its way to another service, references of other organisations, and
    events whose mere happening, or whose organisation, tells what the reader may not know. What was voided
    stays, marked; the voiding is told to whom the event voided is told.
    """
    seen = _Seen(reader, part, list(entries), frozenset(linked), frozenset(withheld))
    for entry in seen.entries:
        if seen.is_told(entry):
            yield seen.message(entry)


class _Seen:
    """The entries of one case as a reader sees them."""

    def __init__(
        self,
        reader: Reader,
        part: Part,
        entries: Sequence[Entry],
        linked: frozenset[UUID],
        withheld: frozenset[UUID],
    ) -> None:
        self._withheld = withheld
        self._reader = reader
        self._part = part
        self._linked = linked
        self.entries = [entry for entry in entries if _is_known(entry)]
        self._made = corrections(self.entries)
        self._routed = {e.event_id: e for e in self.entries if isinstance(e.data, intake.AgencyEventRouted)}
        self._voids = {each.by.event_id: each.voided for each in self._made.values()}
        self._referrals = {
            entry.stream: _About(entry.data.number, str(entry.data.service), entry.org, entry.data.provider)
            for entry in self.entries
            if begins_a_referral(entry)
        }

    def is_told(self, entry: Entry) -> bool:
        """Whether the reader may know of the entry."""
        if is_void(entry):
            voided = self._voids.get(entry.event_id)
            return voided is not None and self.is_told(voided)
        if entry.type in OF_OTHER_CASES:
            return self._part is Part.WHOLE and self._is_linked(entry)
        return _is_told(self._reader, self._part, entry, entry.data, self._about(entry))

    def message(self, entry: Entry) -> pb.TimelineEntry:
        """The entry, with what became of it."""
        told = _entry(self._reader, self._part, entry, self._about(entry).number, self._hidden(entry))
        if _is_of_merging(entry.data) and not self._knows_the_other(entry):
            told.org = told.actor = ""
        told.event_id, told.posted_id = self._names(entry)
        if (made := self._made.get(entry.event_id)) is not None:
            told.voided.CopyFrom(self._voiding(made))
        return told

    def _names(self, entry: Entry) -> tuple[str, str]:
        """The id of the entry and the one that its office posted it under, as far as the reader is told."""
        sees_all = may_see_all(self._reader, self._part)
        if not sees_all and not may_void(self._reader, self._part, entry.org):
            return "", ""
        posted = self._posted_id(entry)
        if sees_all:
            return entry.event_id, posted
        by_command = entry.caused_by is None and not posted
        return handle_of(entry.event_id, entry.recorded.meta, entry.data) if by_command else "", posted

    def _posted_id(self, entry: Entry) -> str:
        """What a service made of a routed event was posted under the id that intake took down for it."""
        cause = entry.caused_by or ""
        if entry.source == INTAKE:
            return "" if _RECORDED.fullmatch(cause) else cause
        routed = self._routed.get(cause)
        return routed.data.event_id if routed is not None and routed.data.posted_by == entry.org else ""

    def _voiding(self, made: Correction) -> pb.Voiding:
        void, instead = made.by, made.replacement
        reason = void.data.reason
        return pb.Voiding(
            seq=void.seq,
            recorded_at=timestamp(void.recorded_at),
            org=void.org,
            actor="" if self._part is Part.CONTACTS and void.org != self._reader.org else _actor(void),
            reason=reason,
            reason_vi=catalogue.name(reason, "vi"),
            reason_en=catalogue.name(reason, "en"),
            replaced_by=instead.seq if instead is not None and self.is_told(instead) else 0,
        )

    def _about(self, entry: Entry) -> _About:
        return self._referrals.get(entry.stream, _About())

    def _hidden(self, entry: Entry) -> frozenset[str]:
        """The fields that may not be shown though their labels may."""
        names = frozenset() if may_see_all(self._reader, self._part) else NAMES_OF_EVENTS
        if entry.stream in self._withheld and entry.org != self._reader.org:
            names = names | OF_A_CONSENT_ENDED
        return names if self._knows_the_other(entry) else names | ANOTHER_CASE

    def _knows_the_other(self, entry: Entry) -> bool:
        """Whether the reader sees the whole of every case that the entry names."""
        named = {each for name in CASES_NAMED if (each := getattr(entry.data, name, None)) is not None}
        return self._reader.sees_every_case or named <= self._linked

    def _is_linked(self, entry: Entry) -> bool:
        if self._reader.sees_every_case:
            return True
        if entry.type == people.ClientsUnmerged.TYPE:
            merged = (each for each in self.entries if each.type == people.ClientsMerged.TYPE)
            return any(each.data.merge == entry.data.merge and self._is_linked(each) for each in merged)
        return entry.type == people.ClientsMerged.TYPE and self._knows_the_other(entry)


def _is_known(entry: Entry) -> bool:
    try:
        return entry.recorded is not None
    except UnknownType:
        return False


def _is_of_merging(data: Payload) -> bool:
    """Whether merging or unmerging closed or opened the case: by whom tells who knows the person."""
    match data:
        case cases.CaseClosed(reason=CloseReason.MERGED) | cases.CaseReopened(reason=ReopenReason.UNMERGED):
            return True
    return False


def _is_told(reader: Reader, part: Part, entry: Entry, data: Payload, about: _About) -> bool:
    if isinstance(data, intake.AgencyEventRouted):
        return False
    own = reader.org in (entry.org, about.sender, about.provider, *_addressed(data))
    if isinstance(data, intake.AgencyReferenceBound) and data.org != reader.org:
        return reader.sees_every_case
    if not _is_in(part, entry, data, own=own) or not may_see(reader, _labels(entry, data, about.service)):
        return False
    return own or reader.hidden_orgs.isdisjoint((entry.org, about.sender, about.provider, *_addressed(data)))


def _is_in(part: Part, entry: Entry, data: Payload, *, own: bool) -> bool:
    """Whether an event belongs into that part of the case."""
    if part is Part.CONTACTS:
        return data.TYPE in CONTACT_EVENTS and (own or isinstance(data, intake.ClientRegistered))
    if part is Part.SCREENING:
        return own or entry.type in SCREENING_EVENTS
    return part is Part.WHOLE or (part is Part.OWN and own)


def _labels(entry: Entry, data: Payload, service: str) -> frozenset[Label]:
    if isinstance(data, common.AgencyEventRefused | common.AgencyEventDeferred | common.DeadlinePassed):
        return answer_labels(entry.source, service)
    return event_labels(data.TYPE, service)


def _addressed(data: Payload) -> tuple[str, ...]:
    """The organisations that an event names as those whom it goes to."""
    match data:
        case intake.ClientIntroduced(to_org=org) | followup.HandoverNotified(to_org=org):
            return (org,)
        case referral.ReferralRequested(provider=org) | followup.MethadoneInducted(clinic=org):
            return (org,)
        case followup.DetoxAdmitted(facility=org) | followup.ManagementStarted(team=str() as org):
            return (org,)
        case cases.ClientMoved(to_org=str() as org):
            return (org,)
        case followup.HandoverConsentLapsed(facility=facility, to_org=org):
            return (facility, org)
    return ()


def _entry(reader: Reader, part: Part, entry: Entry, number: str, hidden: frozenset[str]) -> pb.TimelineEntry:
    data, meta = entry.recorded.data, entry.recorded.meta
    of_contacts = part is Part.CONTACTS
    if isinstance(data, followup.DetoxAdmitted):
        number = data.stay_number
    elif isinstance(data, followup.HandoverConsentLapsed):
        number = data.stay
    return pb.TimelineEntry(
        seq=entry.seq,
        type=data.TYPE,
        title_vi=catalogue.event_title(data.TYPE, "vi"),
        title_en=catalogue.event_title(data.TYPE, "en"),
        occurred_at=timestamp(entry.occurred_at),
        day_only=meta.precision == "day",
        recorded_at=timestamp(entry.recorded_at),
        org=entry.org,
        actor="" if of_contacts and entry.org != reader.org else meta.actor,
        number=number,
        facts=list(facts_of(reader, data, CONTACT_EVENTS[data.TYPE] if of_contacts else None, hidden)),
        case_id=str(entry.case_id),
    )


def _actor(entry: Entry) -> str:
    return entry.recorded.meta.actor
