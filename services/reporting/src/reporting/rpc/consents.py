"""ConsentService: what a client agreed to have shared, for who takes care of the whole case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from chassis.clock import Clock
from chassis.rpc.errors import NotFound
from consent import Consent, Taken, known_of, read, tells
from contracts.base import Payload, labels_of
from contracts.envelope import Recorded
from contracts.events.consent import ConsentGiven
from reftrack.reporting.v1 import consents_pb2 as pb
from reftrack.reporting.v1 import consents_pb2_grpc as grpc

from reporting.access import Part, Reader, may_see
from reporting.freshness import Freshness
from reporting.indicators.period import HANOI
from reporting.queries import FoundCase, Queries
from reporting.rpc import asking
from reporting.rpc.messages import timestamp
from reporting.rpc.person import Person, part_of

CASES = "cases"
LABELS = frozenset().union(*(labels_of(field) for field in ConsentGiven.model_fields.values()))
"""Whoever may not see all of these sees no consent: who may get what tells of the care that there is."""


class ConsentServicer(grpc.ConsentServiceServicer):
    """Answers from the history itself, so it never lags behind."""

    def __init__(self, queries: Queries, freshness: Freshness, readers: asking.Readers, clock: Clock) -> None:
        self._queries = queries
        self._freshness = freshness
        self._readers = readers
        self._clock = clock

    async def ListConsents(  # noqa: N802
        self, request: pb.ListConsentsRequest, _context: Any
    ) -> pb.ListConsentsResponse:
        """The consents of a person whose case that is, oldest first."""
        reader, case_id = self._readers.current(), asking.case_id(request.case_id)
        await self._freshness.has(reader, request.after_event_id, (CASES,))
        found = await self._queries.case(case_id, reader.org)
        if found is None or not await self._sees_all(reader, found):
            raise NotFound("case_unknown")
        told = [read(value) for value in await self._queries.consents_of(case_id)]
        return pb.ListConsentsResponse(consents=consents_in(told, self._clock.now()))

    async def _sees_all(self, reader: Reader, found: FoundCase) -> bool:
        """Whether the reader sees every case of the person as a whole, with all that a consent can tell."""
        if not may_see(reader, LABELS):
            return False
        if not found.merged:
            return part_of(reader, found) is Part.WHOLE
        cases = await self._queries.cases_of_person(found.case.case_id, reader.org)
        person = Person.of(reader, found, cases)
        return all(person.part(each.case.case_id) is Part.WHOLE for each in cases)


def consents_in(told: Iterable[Recorded[Any]], now: datetime) -> Iterator[pb.Consent]:
    """Every consent of a person with what became of it by now, those voided too: by `consent.known_of`, as it
    is decided whether something may be shared. What came to us has come by now, whatever the clock says."""
    events = sorted({one.id: one for one in told if tells(one)}.values(), key=_order)
    known, at = known_of(events), max([now, *(one.meta.received_at for one in events)])
    counting = {one.id: one for one in known.consents}
    for one in events:
        if isinstance(one.data, ConsentGiven):
            yield _consent(one, counting.get(one.id), known.taken[one.id], at)


def _consent(
    given: Recorded[ConsentGiven],
    consent: Consent | None,
    taken: Iterable[Taken],
    at: datetime,
) -> pb.Consent:
    data, scope = given.data, consent.scope_at(at) if consent else None
    return pb.Consent(
        event_id=given.id,
        org=given.meta.org,
        given_at=timestamp(given.meta.occurred_at),
        purposes=data.purposes,
        recipients=data.recipients,
        recipient_orgs=data.recipient_orgs,
        labels=data.labels,
        expires_on=str(data.expires_on or ""),
        by_client=data.by_client,
        guardian=str(data.guardian or ""),
        represented=data.represented,
        form_number=data.form_number or "",
        file_sha256=data.file_sha256 or "",
        state=_state(consent, at),
        withdrawals=[_withdrawal(one) for one in taken],
        purposes_left=sorted(scope.purposes) if scope else (),
        labels_left=sorted(scope.labels) if scope else (),
    )


def _state(consent: Consent | None, at: datetime) -> str:
    if consent is None:
        return "voided"
    if consent.withdrawn_whole(at):
        return "withdrawn"
    if consent.expires_on is not None and consent.expires_on < at.astimezone(HANOI).date():
        return "expired"
    if consent.given_at > at:
        return "not_yet"
    return "narrowed" if any(one.at <= at for one in consent.withdrawals) else "in_force"


def _withdrawal(one: Taken) -> pb.Withdrawal:
    data = one.told.data
    return pb.Withdrawal(
        at=timestamp(one.takes.at),
        org=one.told.meta.org,
        purposes=data.purposes,
        recipients=data.recipients,
        recipient_orgs=data.recipient_orgs,
        labels=data.labels,
    )


def _order(one: Recorded[Payload]) -> tuple[datetime, str]:
    return one.meta.occurred_at, one.id
