"""What happened in a case, as this reader may know it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from uuid import UUID

from contracts import catalogue
from contracts.base import Payload
from contracts.envelope import Recorded, UnknownType
from contracts.events import common, followup, intake
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import Reader, answer_labels, event_labels, may_see
from reporting.pathway.entry import Entry
from reporting.pathway.referrals import begins_a_referral
from reporting.queries import Queries
from reporting.rpc.facts import facts_of
from reporting.rpc.messages import timestamp


class Timeline:
    """Told from the history itself, so it never lags behind. A case has some hundred entries at most."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries

    async def of(self, reader: Reader, case_id: UUID, *, after: int, limit: int) -> list[pb.TimelineEntry]:
        """The entries after a place of the history that the reader may see, at most `limit`."""
        entries = await self._queries.entries_of(case_id)
        return [told for told in tell(reader, entries) if told.seq > after][:limit]


def tell(reader: Reader, entries: Iterable[Entry]) -> Iterator[pb.TimelineEntry]:
    """All that the reader may know of, in the order given, which must begin with the case's first entry.

    Left out: what only passes through on its way to another service, references of other organisations, and
    events whose mere happening bears a label that the reader may not see.
    """
    referrals: dict[UUID, tuple[str, str]] = {}
    for entry in entries:
        try:
            recorded = entry.recorded
        except UnknownType:
            continue
        if begins_a_referral(entry):
            referrals[entry.stream] = (entry.data.number, str(entry.data.service))
        number, service = referrals.get(entry.stream, ("", ""))
        if _is_told(reader, entry, recorded.data, service):
            yield _entry(reader, entry, recorded, number)


def _is_told(reader: Reader, entry: Entry, data: Payload, service: str) -> bool:
    if isinstance(data, intake.AgencyEventRouted):
        return False
    if isinstance(data, intake.AgencyReferenceBound) and data.org != reader.org:
        return reader.sees_every_case
    if isinstance(data, common.AgencyEventRefused | common.AgencyEventDeferred):
        return may_see(reader, answer_labels(entry.source, service))
    return may_see(reader, event_labels(data.TYPE, service))


def _entry(reader: Reader, entry: Entry, recorded: Recorded[Payload], number: str) -> pb.TimelineEntry:
    data, meta = recorded.data, recorded.meta
    if isinstance(data, followup.DetoxAdmitted):
        number = data.stay_number
    return pb.TimelineEntry(
        seq=entry.seq,
        event_id=entry.event_id,
        type=data.TYPE,
        title_vi=catalogue.event_title(data.TYPE, "vi"),
        title_en=catalogue.event_title(data.TYPE, "en"),
        occurred_at=timestamp(entry.occurred_at),
        day_only=meta.precision == "day",
        recorded_at=timestamp(entry.recorded_at),
        org=entry.org,
        actor=meta.actor,
        number=number,
        facts=list(facts_of(reader, data)),
    )
