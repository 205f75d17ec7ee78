"""A referral under watch: as it is, then each change, from the history itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing

from chassis.rpc.watch import Bell, follow
from reftrack.reporting.v1 import status_pb2 as pb

from reporting.access import WITHHELD, Reader, told_places
from reporting.pathway.entry import Entry
from reporting.pathway.referrals import ReferralStatus, referral_after
from reporting.queries import FoundReferral, Queries
from reporting.rpc.messages import referral_message, timestamp

Admit = Callable[[], Awaitable[tuple[Reader, FoundReferral]]]
"""Who asks, and the referral that it may see. Raises what refuses it."""


class Watching:
    """Follows referrals through the history; woken when it grows."""

    def __init__(self, queries: Queries, bell: Bell) -> None:
        self._queries = queries
        self._bell = bell

    async def changes(self, admit: Admit, after: int) -> AsyncIterator[pb.WatchReferralResponse]:
        """With `after` 0, or a place that nobody was told, first the referral as it is; then every change
        after that, or after `after`.

        `admit` is asked again before each answer: what may be seen now may be closed tomorrow.
        """
        watched = _Watched(self._queries, *await admit())
        first, place = await watched.catch_up(after)
        if first:
            yield pb.WatchReferralResponse(changes=[watched.shown(change) for change in first])
        async with aclosing(follow(watched.read, place, self._bell)) as batches:
            async for batch in batches:
                watched.admitted(*await admit())
                yield pb.WatchReferralResponse(changes=[watched.shown(change) for _, change in batch])


class _Watched:
    """One watch: the referral as far as it was read, and where in the history that is."""

    def __init__(self, queries: Queries, reader: Reader, found: FoundReferral) -> None:
        self._queries = queries
        self._reader = reader
        self._commune = found.commune
        self._referral = ReferralStatus(found.referral.referral_id, found.referral.case_id)
        self._told: list[Entry] = []
        self._seq = 0
        self._found = found
        self._places = told_places(reader)

    def admitted(self, reader: Reader, found: FoundReferral) -> None:
        """What may be seen of it now."""
        self._reader, self._found = reader, found

    def shown(self, change: pb.ReferralChange) -> pb.ReferralChange:
        """A change as far as it may be seen now."""
        change.referral.consent_end = self._found.consent_end
        if self._found.withheld:
            change.referral.service = WITHHELD
            change.referral.result = WITHHELD if change.referral.result else ""
        return change

    async def catch_up(self, after: int) -> tuple[list[pb.ReferralChange], int]:
        """Reads what there is. The changes after a place, else the referral as it is, as a change without
        type; and from where it goes on."""
        changes = [change for _, change in await self.read(0, 0)]
        last = changes[-1]
        if after and (self._places or after <= last.seq):
            return [change for change in changes if change.seq > after], max(after, last.seq)
        last.type = ""
        return [last], last.seq

    async def read(self, after: int, _limit: int) -> Sequence[tuple[int, pb.ReferralChange]]:
        """The changes after a place, read from where the last reading ended: few, so no page is cut."""
        entries = await self._queries.entries_of(self._referral.case_id, self._seq)
        own = [self._change(entry) for entry in entries if self._is_own(entry)]
        self._seq = entries[-1].seq if entries else self._seq
        return [(change.seq, change) for change in own if change.seq > after]

    def _shown(self, seq: int) -> pb.Referral:
        case_id = self._found.case_id
        return referral_message(self._reader, self._referral, case_id=case_id, commune=self._commune, seq=seq)

    def _is_own(self, entry: Entry) -> bool:
        return entry.event_id.startswith(str(self._referral.referral_id))

    def _change(self, entry: Entry) -> pb.ReferralChange:
        self._told.append(entry)
        self._referral = referral_after(self._told) or self._referral
        return pb.ReferralChange(
            seq=self._place(entry),
            type=entry.type,
            occurred_at=timestamp(entry.occurred_at),
            recorded_at=timestamp(entry.recorded_at),
            referral=self._shown(self._place(entry)),
        )

    def _place(self, entry: Entry) -> int:
        """In the history, or to who is not told that in the referral, of which every event is told."""
        return entry.seq if self._places else entry.version
