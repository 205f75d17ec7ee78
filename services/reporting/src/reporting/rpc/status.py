"""StatusService: where cases and referrals stand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden, InvalidInput, NotFound, Violation
from contracts.states import ReferralState
from contracts.vocabulary import Service
from reference import Territory
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack.reporting.v1 import status_pb2_grpc as grpc

from reporting.access import Reader, may_see, service_labels
from reporting.freshness import Freshness
from reporting.places import district_of
from reporting.queries import FoundCase, FoundReferral, Queries, Wanted
from reporting.rpc import asking
from reporting.rpc.messages import Surroundings, case_message, concerns, referral_message
from reporting.rpc.timeline import Timeline
from reporting.rpc.watching import Watching

CASES, REFERRALS = "cases", "referrals"
_NUMBERS = {"introduction": "GT", "referral": "CG", "stay": "LT"}


class StatusServicer(grpc.StatusServiceServicer):
    """Answers from the live views; what the reader may not see is as if it did not exist."""

    def __init__(
        self,
        queries: Queries,
        freshness: Freshness,
        readers: asking.Readers,
        cursors: Cursors,
        territory: Territory,
        timeline: Timeline,
        watching: Watching,
    ) -> None:
        self._queries = queries
        self._freshness = freshness
        self._readers = readers
        self._cursors = cursors
        self._territory = territory
        self._timeline = timeline
        self._watching = watching

    async def GetCase(self, request: pb.GetCaseRequest, _context: Any) -> pb.GetCaseResponse:  # noqa: N802
        """The case of an id."""
        reader, case_id = self._readers.current(), asking.case_id(request.case_id)
        await self._freshness.has(request.after_event_id, (CASES, REFERRALS))
        found = _allowed(reader, await self._queries.case(case_id, reader.org))
        return pb.GetCaseResponse(case=await self._case(reader, found))

    async def FindCase(self, request: pb.FindCaseRequest, _context: Any) -> pb.FindCaseResponse:  # noqa: N802
        """The case behind the reader's own reference, or behind a number."""
        reader = self._readers.current()
        await self._freshness.has(request.after_event_id, (CASES, REFERRALS))
        if request.WhichOneof("by") == "agency_ref":
            found = await self._queries.case_by_agency_ref(reader.org, request.agency_ref)
            if found is None:
                raise NotFound("case_unknown")
            if not _is_allowed(reader, found):
                return pb.FindCaseResponse(case=await self._own_part(reader, found))
        else:
            found = _allowed(reader, await self._by_number(request, reader))
        return pb.FindCaseResponse(case=await self._case(reader, found))

    async def GetReferral(self, request: pb.GetReferralRequest, _context: Any) -> pb.GetReferralResponse:  # noqa: N802
        """The referral of a number: one indexed SELECT; a second if the number is not as we write it."""
        reader = self._readers.current()
        if request.after_event_id:
            await self._freshness.has(request.after_event_id, (CASES, REFERRALS))
        found = await self._queries.referral(request.number, reader.org)
        if found is None:
            found = await self._queries.referral(asking.number(request.number, "CG", "number"), reader.org)
        return pb.GetReferralResponse(referral=_referral(reader, allowed_referral(reader, found)))

    async def ListReferrals(  # noqa: N802
        self, request: pb.ListReferralsRequest, _context: Any
    ) -> pb.ListReferralsResponse:
        """A page of referrals, newest change first."""
        reader = self._readers.current()
        wanted, size = _wanted(request, reader), asking.page_size(request.page_size, 50)
        query = ("ListReferrals", reader.org, reader.role, repr(wanted))
        after = _place(self._cursors.place(request.page_token, *query))
        await self._freshness.has(request.after_event_id, (CASES, REFERRALS))
        found = await self._queries.referrals(wanted, after, size + 1)
        token = self._cursors.after(_place_of(found[size - 1]), *query) if len(found) > size else ""
        page = [_referral(reader, each) for each in found[:size]]
        return pb.ListReferralsResponse(referrals=page, next_page_token=token)

    async def GetTimeline(self, request: pb.GetTimelineRequest, _context: Any) -> pb.GetTimelineResponse:  # noqa: N802
        """A page of what happened in a case, in the order of the history."""
        reader, case_id = self._readers.current(), asking.case_id(request.case_id)
        size = asking.page_size(request.page_size, 100)
        query = ("GetTimeline", reader.org, reader.role, str(case_id))
        place = self._cursors.place(request.page_token, *query)
        await self._freshness.has(request.after_event_id, (CASES,))
        _allowed(reader, await self._queries.case(case_id, reader.org))
        entries = await self._timeline.of(
            reader, case_id, after=int(place[0]) if place else 0, limit=size + 1
        )
        token = self._cursors.after([entries[size - 1].seq], *query) if len(entries) > size else ""
        return pb.GetTimelineResponse(entries=entries[:size], next_page_token=token)

    async def WatchReferral(  # noqa: N802
        self, request: pb.WatchReferralRequest, _context: Any
    ) -> AsyncIterator[pb.WatchReferralResponse]:
        """The referral as it is, then its changes; ends only with the call."""
        reader = self._readers.current()
        number = asking.number(request.number, "CG", "number")
        if request.after_seq < 0:
            raise InvalidInput([Violation("after_seq", "out_of_range")])
        found = allowed_referral(reader, await self._queries.referral(number, reader.org))
        async for response in self._watching.changes(reader, found, request.after_seq):
            yield response

    async def _by_number(self, request: pb.FindCaseRequest, reader: Reader) -> FoundCase | None:
        kind = request.WhichOneof("by")
        if kind is None:
            raise InvalidInput([Violation("by", "field_missing")])
        number = asking.number(getattr(request, kind), _NUMBERS[kind], kind)
        return await self._queries.case_by_number(kind, number, reader.org)

    async def _own_part(self, reader: Reader, found: FoundCase) -> pb.Case:
        """Of a case that is not the reader's: which it is, and the referrals that it sent or was sent."""
        case = await self._case(reader, found)
        parties = [each for each in case.referrals if reader.org in (each.sender, each.provider)]
        return pb.Case(case_id=case.case_id, agency_refs=case.agency_refs, referrals=parties, seq=case.seq)

    async def _case(self, reader: Reader, found: FoundCase) -> pb.Case:
        case = found.case
        introduction, refs = await self._queries.names_of(case.case_id, reader.org)
        referrals = await self._queries.referrals_of(case.case_id)
        shown = (_referral(reader, each) for each in referrals if concerns(reader, each.referral))
        around = Surroundings(district_of(self._territory, case), introduction, refs, tuple(shown), found.seq)
        return case_message(reader, case, around)


def allowed_referral(reader: Reader, found: FoundReferral | None) -> FoundReferral:
    """The referral, if there is one and the reader may see it. Raises `NotFound`.

    An agency's own system sees what its organisation sent or was sent; an operator also what belongs to a
    case of its organisation.
    """
    if found is not None:
        party = reader.org in (found.referral.sender, found.referral.provider)
        of_case = found.case_is_readers or found.commune in reader.area
        in_case = of_case and reader.role != "agency" and concerns(reader, found.referral)
        if party or in_case or reader.sees_every_case:
            return found
    raise NotFound("referral_unknown")


def _allowed(reader: Reader, found: FoundCase | None) -> FoundCase:
    if found is None or not _is_allowed(reader, found):
        raise NotFound("case_unknown")
    return found


def _is_allowed(reader: Reader, found: FoundCase) -> bool:
    return found.is_readers or found.case.commune in reader.area or reader.sees_every_case


def _wanted(request: pb.ListReferralsRequest, reader: Reader) -> Wanted:
    """Supervisors list all; others what their organisation sent or was sent, and what is of their area."""
    _check_listed(request)
    if request.service and not may_see(reader, service_labels(request.service)):
        raise Forbidden("label_not_yours", field="service")
    return Wanted(
        provider=request.provider or None,
        sender=request.sender or None,
        states=tuple(sorted(set(request.states))) or None,
        service=request.service or None,
        commune=request.commune or None,
        party=None if reader.sees_every_case else reader.org,
        area=sorted(reader.area),
    )


def _check_listed(request: pb.ListReferralsRequest) -> None:
    """Raises `InvalidInput` for a code that its list does not have: it would find nothing, unsaid."""
    wrong = [
        Violation(field, "not_in_list", {"expected": ", ".join(codes)})
        for field, codes, said in (
            ("service", list(Service), [request.service] if request.service else []),
            ("states", list(ReferralState), request.states),
        )
        if not set(said) <= set(codes)
    ]
    if wrong:
        raise InvalidInput(wrong)


def _referral(reader: Reader, found: FoundReferral) -> pb.Referral:
    return referral_message(reader, found.referral, commune=found.commune, seq=found.seq)


def _place_of(found: FoundReferral) -> Sequence[str | int]:
    changed_at = found.referral.changed_at
    assert changed_at is not None
    return [changed_at.isoformat(), str(found.referral.referral_id)]


def _place(place: Sequence[str | int] | None) -> tuple[datetime, UUID] | None:
    if place is None:
        return None
    changed_at, referral_id = place
    return datetime.fromisoformat(str(changed_at)).astimezone(UTC), UUID(str(referral_id))
