"""StatusService: where cases and referrals stand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import InvalidInput, NotFound, Violation
from contracts.states import ReferralState
from contracts.vocabulary import Service
from reference import Living
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack.reporting.v1 import status_pb2_grpc as grpc

from reporting.access import Part, Reader, spans_of, told_places
from reporting.freshness import Freshness
from reporting.places import district_of
from reporting.queries import FoundCase, FoundReferral, Names, Queries, Wanted
from reporting.rpc import asking
from reporting.rpc.covered import Covered
from reporting.rpc.messages import Surroundings, case_message, concerns, referral_message
from reporting.rpc.person import Person, part_of
from reporting.rpc.timeline import Timeline, counted
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
        country: Living,
        timeline: Timeline,
        watching: Watching,
        consents: Covered,
    ) -> None:
        self._consents = consents
        self._queries = queries
        self._freshness = freshness
        self._readers = readers
        self._cursors = cursors
        self._country = country
        self._timeline = timeline
        self._watching = watching

    async def GetCase(self, request: pb.GetCaseRequest, _context: Any) -> pb.GetCaseResponse:  # noqa: N802
        """The case of an id."""
        reader, case_id = self._readers.current(), asking.case_id(request.case_id)
        await self._freshness.has(reader, request.after_event_id, (CASES, REFERRALS))
        found, person = await self._allowed(reader, await self._queries.case(case_id, reader.org))
        return pb.GetCaseResponse(case=await self._case(reader, person, found))

    async def FindCase(self, request: pb.FindCaseRequest, _context: Any) -> pb.FindCaseResponse:  # noqa: N802
        """The case behind the reader's own reference, or behind a number."""
        reader = self._readers.current()
        await self._freshness.has(reader, request.after_event_id, (CASES, REFERRALS))
        if request.WhichOneof("by") == "agency_ref":
            return pb.FindCaseResponse(case=await self._case_by_agency_ref(reader, request.agency_ref))
        return pb.FindCaseResponse(case=await self._case_by_number(request, reader))

    async def GetReferral(self, request: pb.GetReferralRequest, _context: Any) -> pb.GetReferralResponse:  # noqa: N802
        """The referral of a number: one indexed SELECT; a second if the number is not as we write it."""
        reader = self._readers.current()
        if request.after_event_id:
            await self._freshness.has(reader, request.after_event_id, (CASES, REFERRALS))
        found = await self._queries.referral(request.number, reader.org)
        if found is None:
            found = await self._queries.referral(asking.number(request.number, "CG", "number"), reader.org)
        return pb.GetReferralResponse(referral=_referral(reader, await self._allowed_referral(reader, found)))

    async def ListReferrals(  # noqa: N802
        self, request: pb.ListReferralsRequest, _context: Any
    ) -> pb.ListReferralsResponse:
        """A page of referrals, newest change first."""
        reader = self._readers.current()
        wanted, size = _wanted(request, reader), asking.page_size(request.page_size, 50)
        query = ("ListReferrals", reader.org, reader.role, repr(wanted))
        after = _place(self._cursors.place(request.page_token, *query))
        await self._freshness.has(reader, request.after_event_id, (CASES, REFERRALS))
        found = await self._queries.referrals(wanted, after, size + 1)
        token = self._cursors.after(_place_of(found[size - 1]), *query) if len(found) > size else ""
        page = [
            _referral(
                reader, await self._consents.judged(reader, reader.part((), each.commune, each.told_on), each)
            )
            for each in found[:size]
        ]
        return pb.ListReferralsResponse(referrals=page, next_page_token=token)

    async def GetTimeline(self, request: pb.GetTimelineRequest, _context: Any) -> pb.GetTimelineResponse:  # noqa: N802
        """A page of what happened in a case, in the order of the history."""
        reader, case_id = self._readers.current(), asking.case_id(request.case_id)
        size = asking.page_size(request.page_size, 100)
        query = ("GetTimeline", reader.org, reader.role, str(case_id))
        place = self._cursors.place(request.page_token, *query)
        await self._freshness.has(reader, request.after_event_id, (CASES,))
        found, person = await self._allowed(reader, await self._queries.case(case_id, reader.org))
        after = int(place[0]) if place else 0
        told = await self._told(reader, person, found)
        entries = [each for each in told if each.seq > after]
        token = self._cursors.after([entries[size - 1].seq], *query) if len(entries) > size else ""
        return pb.GetTimelineResponse(entries=counted(reader, told, entries[:size]), next_page_token=token)

    async def WatchReferral(  # noqa: N802
        self, request: pb.WatchReferralRequest, _context: Any
    ) -> AsyncIterator[pb.WatchReferralResponse]:
        """The referral as it is, then its changes; ends only with the call."""
        number = asking.number(request.number, "CG", "number")
        if request.after_seq < 0:
            raise InvalidInput([Violation("after_seq", "out_of_range")])

        async def admit() -> tuple[Reader, FoundReferral]:
            reader = self._readers.current()
            found = await self._queries.referral(number, reader.org)
            return reader, await self._allowed_referral(reader, found)

        async for response in self._watching.changes(admit, request.after_seq):
            yield response

    async def _case_by_agency_ref(self, reader: Reader, agency_ref: str) -> pb.Case:
        """The open case, else the latest, of which the reader sees a part; else that in which it bound the
        reference, its own part of it. A later case that is no business of its is not told."""
        cases = await self._queries.cases_by_agency_ref(reader.org, agency_ref)
        for found in cases:
            person = await self._person(reader, found)
            if person.part(found.case.case_id):
                return await self._case(reader, person, person.present(found))
        for found in cases:
            own = await self._case(reader, Person.alone(found, Part.OWN), found)
            if agency_ref in own.agency_refs:
                return own
        raise NotFound("case_unknown")

    async def _case_by_number(self, request: pb.FindCaseRequest, reader: Reader) -> pb.Case:
        """The case behind a number, if the reader may see in it what bears the number."""
        kind = request.WhichOneof("by")
        if kind is None:
            raise InvalidInput([Violation("by", "field_missing")])
        number = asking.number(getattr(request, kind), _NUMBERS[kind], kind)
        found, person = await self._allowed(
            reader, await self._queries.case_by_number(kind, number, reader.org)
        )
        case = await self._case(reader, person, found)
        numbers = {each.number for each in case.referrals} | {each.number for each in case.stays}
        if kind == "introduction":
            names, part = (
                await self._queries.names_of(found.case.case_id, reader.org),
                person.part(found.case.case_id),
            )
            numbers = {each for each, by in names.introductions if part is Part.WHOLE or by == reader.org}
        if number not in numbers:
            raise NotFound("case_unknown")
        present = person.goes_on_in(found)
        return case if present is found else await self._case(reader, person, present)

    async def _case(self, reader: Reader, person: Person, found: FoundCase) -> pb.Case:
        """The case with those that go on in it."""
        case, part = found.case, person.part(found.case.case_id)
        merged = person.merged_into(found)
        names = await self._queries.names_of(case.case_id, reader.org)
        goes_on = person.goes_on_in(found)
        stays = tuple(stay for each in merged for stay in each.case.stays)
        around = Surroundings(
            district_of(self._country.now, case),
            _introduction(reader, part, names),
            names.agency_refs,
            tuple([each for one in (found, *merged) for each in await self._referrals(reader, person, one)]),
            await self._seq(reader, person, found),
            str(goes_on.case.case_id) if goes_on is not found else "",
            tuple(str(each.case.case_id) for each in merged),
            stays,
            await self._consents.ends_of_notices(case.case_id, (*case.stays, *stays)),
        )
        return case_message(reader, part, case, around)

    async def _referrals(self, reader: Reader, person: Person, found: FoundCase) -> list[pb.Referral]:
        part = person.part(found.case.case_id)
        referrals = await self._queries.referrals_of(found.case.case_id, reader.org)
        shown = [each for each in referrals if concerns(reader, part, each.referral)]
        return [_referral(reader, await self._consents.judged(reader, part, each)) for each in shown]

    async def _told(self, reader: Reader, person: Person, found: FoundCase) -> list[pb.TimelineEntry]:
        """What happened in a case and in those that go on in it."""
        cases = {each.case.case_id: each for each in (found, *person.merged_into(found))}
        parts = {case_id: person.part(case_id) for case_id in cases}
        told = [(each, parts[case_id]) for case_id, each in cases.items()]
        return await self._timeline.of(reader, told, person.linked, await self._withheld(reader, parts))

    async def _withheld(self, reader: Reader, parts: Mapping[UUID, Part]) -> frozenset[UUID]:
        """The referrals of these cases of which the reader may know no more than that they are."""
        judged = [
            await self._consents.judged(reader, part, each)
            for case_id, part in parts.items()
            if part is not Part.WHOLE
            for each in await self._queries.referrals_of(case_id, reader.org)
        ]
        return frozenset(each.referral.referral_id for each in judged if each.withheld)

    async def _seq(self, reader: Reader, person: Person, found: FoundCase) -> int:
        """The place of the last event that the reader may know of: a later one would tell of itself."""
        if told_places(reader):
            return max(each.seq for each in (found, *person.merged_into(found)))
        return len(await self._told(reader, person, found))

    async def _person(self, reader: Reader, found: FoundCase) -> Person:
        """The cases of the person whose case that is; one that was never merged with another is all."""
        if not found.merged:
            return Person.alone(found, part_of(reader, found))
        return Person.of(reader, found, await self._queries.cases_of_person(found.case.case_id, reader.org))

    async def _allowed(self, reader: Reader, found: FoundCase | None) -> tuple[FoundCase, Person]:
        """The case and whose it is. Raises `NotFound` for one of which the reader sees nothing."""
        if found is not None:
            person = await self._person(reader, found)
            if person.part(found.case.case_id) is not Part.NOTHING:
                return found, person
        raise NotFound("case_unknown")

    async def _allowed_referral(self, reader: Reader, found: FoundReferral | None) -> FoundReferral:
        """The referral, if there is one and the reader may see it. Raises `NotFound`.

        An agency's own system sees what its organisation sent or was sent; an operator also what belongs to a
        case of its organisation, and to one of a person whom it took up in another case.
        """
        if found is not None:
            own = reader.role == "agency"
            part = Part.NOTHING if own else reader.part(found.ties, found.commune, found.told_on)
            if concerns(reader, part, found.referral):
                return await self._consents.judged(reader, part, found)
            case = None if own else await self._queries.case(found.case_id, reader.org)
            if case is not None and case.merged:
                person = await self._person(reader, case)
                part = person.part(case.case.case_id)
                if concerns(reader, part, found.referral):
                    return await self._consents.judged(reader, part, found)
        raise NotFound("referral_unknown")


def _introduction(reader: Reader, part: Part, names: Names) -> str:
    return names.introduction(None if part is Part.WHOLE else reader.org)


def _wanted(request: pb.ListReferralsRequest, reader: Reader) -> Wanted:
    """What the organisation sent or was sent, and what the reader may know of its area; narrowed as asked."""
    _check_listed(request)
    return Wanted(
        party=reader.org,
        area=None if reader.area is None else sorted(reader.area),
        at_times=spans_of(reader.at_times),
        services=sorted(reader.services),
        hidden_orgs=sorted(reader.hidden_orgs),
        provider=request.provider or None,
        sender=request.sender or None,
        states=tuple(sorted(set(request.states))) or None,
        service=request.service or None,
        commune=request.commune or None,
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
    return referral_message(
        reader,
        found.referral,
        case_id=found.case_id,
        commune=found.commune,
        seq=found.seq if told_places(reader) else found.referral.version,
        consent_end=found.consent_end,
        withheld=found.withheld,
    )


def _place_of(found: FoundReferral) -> Sequence[str | int]:
    changed_at = found.referral.changed_at
    assert changed_at is not None
    return [changed_at.isoformat(), str(found.referral.referral_id)]


def _place(place: Sequence[str | int] | None) -> tuple[datetime, UUID] | None:
    if place is None:
        return None
    changed_at, referral_id = place
    return datetime.fromisoformat(str(changed_at)).astimezone(UTC), UUID(str(referral_id))
