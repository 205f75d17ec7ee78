"""What happened in a case, as this reader may know it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from contracts import catalogue
from contracts.base import Label, Payload
from contracts.envelope import Recorded, UnknownType
from contracts.events import common, followup, intake, referral
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import (
    CONTACT_EVENTS,
    SCREENING_EVENTS,
    Part,
    Reader,
    answer_labels,
    event_labels,
    may_see,
    may_see_all,
)
from reporting.pathway.entry import Entry
from reporting.pathway.referrals import begins_a_referral
from reporting.queries import Queries
from reporting.rpc.facts import facts_of
from reporting.rpc.messages import timestamp


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

    async def of(self, reader: Reader, part: Part, case_id: UUID) -> list[pb.TimelineEntry]:
        """All entries of that part of a case that the reader may see, in the order of the history."""
        return list(tell(reader, part, await self._queries.entries_of(case_id)))


def tell(reader: Reader, part: Part, entries: Iterable[Entry]) -> Iterator[pb.TimelineEntry]:
    """All that the reader may know of, in the order given, which must begin with the case's first entry.

    Left out: what only passes through on its way to another service, references of other organisations, and
    events whose mere happening, or whose organisation, tells what the reader may not know.
    """
    referrals: dict[UUID, _About] = {}
    for entry in entries:
        try:
            recorded = entry.recorded
        except UnknownType:
            continue
        if begins_a_referral(entry):
            asked = entry.data
            referrals[entry.stream] = _About(asked.number, str(asked.service), entry.org, asked.provider)
        about = referrals.get(entry.stream, _About())
        if _is_told(reader, part, entry, recorded.data, about):
            yield _entry(reader, part, entry, recorded, about.number)


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
    if isinstance(data, common.AgencyEventRefused | common.AgencyEventDeferred):
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
    return ()


def _entry(
    reader: Reader, part: Part, entry: Entry, recorded: Recorded[Payload], number: str
) -> pb.TimelineEntry:
    data, meta = recorded.data, recorded.meta
    of_contacts = part is Part.CONTACTS
    if isinstance(data, followup.DetoxAdmitted):
        number = data.stay_number
    return pb.TimelineEntry(
        seq=entry.seq,
        event_id=entry.event_id if may_see_all(reader, part) else "",
        type=data.TYPE,
        title_vi=catalogue.event_title(data.TYPE, "vi"),
        title_en=catalogue.event_title(data.TYPE, "en"),
        occurred_at=timestamp(entry.occurred_at),
        day_only=meta.precision == "day",
        recorded_at=timestamp(entry.recorded_at),
        org=entry.org,
        actor="" if of_contacts and entry.org != reader.org else meta.actor,
        number=number,
        facts=list(facts_of(reader, data, CONTACT_EVENTS[data.TYPE] if of_contacts else None)),
    )
