"""ReportService: indicators, their figures, and the facts behind each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, LiteralString

from chassis.clock import Clock
from chassis.rpc.cursor import Cursors
from chassis.rpc.errors import Forbidden, InvalidInput, NotFound, Violation
from chassis.rpc.reads import Reads
from contracts.base import Label
from contracts.vocabulary import SERVICE_LABELS
from google.protobuf.timestamp_pb2 import Timestamp
from psycopg import AsyncCursor
from reftrack.reporting.v1 import report_pb2 as pb
from reftrack.reporting.v1 import report_pb2_grpc as grpc

from reporting.access import Part, Reader, event_labels, may_see, may_see_all, service_labels, spans_of
from reporting.freshness import Freshness
from reporting.indicators.counting import CountedFact, Narrowed, Question, explain, people_known
from reporting.indicators.definitions import Indicator, UnknownIndicator
from reporting.indicators.figures import Figure
from reporting.indicators.period import HANOI, InvalidPeriod, Period
from reporting.pathway.facts import TYPES
from reporting.reports import Reports, Scope
from reporting.rpc import asking
from reporting.rpc.map_report import is_on_a_map, map_asked, map_figure, spot_asked, units_named
from reporting.rpc.messages import timestamp

_KNOWN: LiteralString = """
SELECT coalesce(max(recorded_at), 'epoch'::timestamptz), coalesce(max(seq), 0) FROM history
WHERE seq <= least((SELECT position FROM projections WHERE view = 'facts' AND slot = 'live'), %s)
    AND recorded_at <= %s
"""
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


class ReportServicer(grpc.ReportServiceServicer):
    """Counts on the facts; all figures of one report come from one snapshot."""

    def __init__(
        self,
        reads: Reads,
        reports: Reports,
        freshness: Freshness,
        readers: asking.Readers,
        cursors: Cursors,
        clock: Clock,
    ) -> None:
        self._reads = reads
        self._reports = reports
        self._freshness = freshness
        self._readers = readers
        self._cursors = cursors
        self._clock = clock

    async def ListIndicators(  # noqa: N802
        self, request: pb.ListIndicatorsRequest, _context: Any
    ) -> pb.ListIndicatorsResponse:
        """The definitions that hold on a day; today if none is given."""
        on = asking.day(request.on, "on") if request.on else self._clock.now().astimezone(HANOI).date()
        held = (
            self._reports.definitions.held(indicator, on) for indicator in self._reports.definitions.ids()
        )
        return pb.ListIndicatorsResponse(indicators=[_indicator(each) for each in held if each])

    async def RunReport(self, request: pb.RunReportRequest, _context: Any) -> pb.RunReportResponse:  # noqa: N802
        """Figures of a period, as known at a moment: by default, all that was recorded."""
        reader = self._readers.current()
        question = _question(request)
        if is_on_a_map(request):
            return await self._on_map(request, reader, question)
        scope = self._reports.scope(reader, request.districts, request.communes)
        self._check_division(request.by, question)
        wanted = self._wanted(request.indicators, reader, question)
        await self._freshness.has(reader, request.after_event_id, ("facts",))
        async with self._reads.snapshot() as cursor:
            known_at, seq = await _known(cursor, question)
            people = await people_known(cursor, question)
            cells = [
                _figure(indicator, cell, request.by)
                for indicator in wanted
                for cell in await self._reports.run(cursor, indicator, question, people, scope)
                if _belongs(cell, request.by) and may_see(reader, service_labels(cell.row))
            ]
        return pb.RunReportResponse(
            figures=cells,
            period_from=request.period_from,
            period_to=request.period_to,
            known_at=timestamp(known_at),
            seq=seq,
        )

    async def _on_map(
        self, request: pb.RunReportRequest, reader: Reader, question: Question
    ) -> pb.RunReportResponse:
        asked = map_asked(self._reports, reader, request, question)
        wanted = self._wanted(request.indicators, reader, question)
        await self._freshness.has(reader, request.after_event_id, ("facts",))
        async with self._reads.snapshot() as cursor:
            known_at, seq = await _known(cursor, question)
            people = await people_known(cursor, question)
            cells = [
                map_figure(indicator, cell)
                for indicator in wanted
                for cell in await self._reports.run_on_map(cursor, indicator, question, people, asked)
                if may_see(reader, service_labels(cell.row))
            ]
        return pb.RunReportResponse(
            figures=cells,
            period_from=request.period_from,
            period_to=request.period_to,
            known_at=timestamp(known_at),
            seq=seq,
            map=asked.map.on.isoformat(),
            units=units_named(asked, cells),
        )

    async def ExplainFigure(  # noqa: N802
        self, request: pb.ExplainFigureRequest, _context: Any
    ) -> pb.ExplainFigureResponse:
        """The facts behind one figure, in the order in which they happened."""
        reader = self._readers.current()
        question = _question(request)
        indicator = self._held(request.indicator_id, question.period.last)
        if not may_see(reader, _labels(indicator, request.row) | _labels_of_rows(indicator, request.row)):
            raise Forbidden("label_not_yours", field="row" if indicator.rows else "indicator_id")
        if is_on_a_map(request):
            return await self._explained_on_map(request, indicator, question, reader)
        asked: tuple[list[str], list[str]] = ([], [])
        if request.area:
            asked[request.by == pb.AREA_COMMUNE].append(request.area)
        scope = self._reports.scope(reader, *asked)
        return await self._explained(request, indicator, question, scope, reader)

    async def _explained_on_map(
        self, request: pb.ExplainFigureRequest, indicator: Indicator, question: Question, reader: Reader
    ) -> pb.ExplainFigureResponse:
        asked, spot = spot_asked(request, map_asked(self._reports, reader, request, question))
        async with self._reads.snapshot() as cursor:
            told = await self._reports.told_in(cursor, indicator, question, asked, spot)
        return await self._explained(
            request, indicator, question, Scope(reader.area, reader.at_times), reader, told
        )

    async def _explained(
        self,
        request: pb.ExplainFigureRequest,
        indicator: Indicator,
        question: Question,
        scope: Scope,
        reader: Reader,
        told: list[tuple[str, date | None]] | None = None,
    ) -> pb.ExplainFigureResponse:
        size = asking.page_size(request.page_size, 100)
        query = (
            "ExplainFigure",
            reader.org,
            repr(indicator),
            repr(question),
            repr(sorted(scope.codes or ())),
            repr(told),
        )
        narrowed = Narrowed(
            communes=None if scope.codes is None else sorted(scope.codes),
            told=told,
            area=None if reader.area is None else sorted(reader.area),
            at_times=spans_of(reader.at_times),
            row=request.row or None,
            recorded_after=_optional(request, "not_known_at"),
            after=_place(self._cursors.place(request.page_token, *query)),
        )
        async with self._reads.snapshot() as cursor:
            await _known(cursor, question)
            facts = await explain(cursor, indicator, question, narrowed, limit=size + 1)
        token = self._cursors.after(_place_of(facts[size - 1]), *query) if len(facts) > size else ""
        shown = [_fact(each, with_id=may_see_all(reader, Part.WHOLE)) for each in facts[:size]]
        return pb.ExplainFigureResponse(facts=shown, next_page_token=token)

    def _check_division(self, by: int, question: Question) -> None:
        """Raises `InvalidInput` where figures are to be divided by districts that there are not."""
        if by == pb.AREA_DISTRICT and not self._reports.district_of(question):
            day = {"day": question.period.last.isoformat()}
            raise InvalidInput([Violation("by", "no_district_on_that_day", day)])

    def _wanted(self, names: Sequence[str], reader: Reader, question: Question) -> list[Indicator]:
        """The indicators that are named, or all that the reader may see.

        Raises `NotFound` for one that there is not, `Forbidden` for one that the reader may not see: a day
        and a commune narrow a figure down to a person.
        """
        if not names:
            return [each for each in self._all(question) if may_see(reader, _labels(each))]
        wanted = [self._held(name, question.period.last) for name in names]
        if not all(may_see(reader, _labels(each)) for each in wanted):
            raise Forbidden("label_not_yours", field="indicators")
        return wanted

    def _all(self, question: Question) -> list[Indicator]:
        definitions = self._reports.definitions
        held = (definitions.held(name, question.period.last) for name in definitions.ids())
        return [indicator for indicator in held if indicator]

    def _held(self, name: str, on: date) -> Indicator:
        try:
            return self._reports.definitions.holding(name, on)
        except UnknownIndicator as error:
            known = {"known": ", ".join(error.known)}
            raise NotFound("indicator_unknown", field="indicators", detail=known) from None


def _question(request: pb.RunReportRequest | pb.ExplainFigureRequest) -> Question:
    first, last = asking.day(request.period_from, "period_from"), asking.day(request.period_to, "period_to")
    try:
        period = Period(first, last)
    except InvalidPeriod:
        raise InvalidInput([Violation("period_to", "period_ends_before_it_begins")]) from None
    known_at, occurred_by = _optional(request, "known_at"), _optional(request, "occurred_by")
    return Question(period, known_at or _EVER, occurred_by or _EVER, _seq(request))


def _seq(request: pb.RunReportRequest | pb.ExplainFigureRequest) -> int | None:
    """How many entries of the history count, if that is asked. Raises `InvalidInput`."""
    if not request.HasField("seq"):
        return None
    if request.HasField("known_at"):
        raise InvalidInput([Violation("seq", "seq_or_known_at")])
    if request.seq < 0:
        raise InvalidInput([Violation("seq", "out_of_range")])
    return request.seq


def _optional(request: Any, name: str) -> datetime | None:
    message: Timestamp = getattr(request, name)
    return asking.moment(message, name) if request.HasField(name) else None


async def _known(cursor: AsyncCursor[Any], question: Question) -> tuple[datetime, int]:
    """The moment and the place of the history that the answer knows: asked for, or the latest recorded.

    Raises `InvalidInput` for a place that the figures have not reached.
    """
    await cursor.execute(_KNOWN, (question.seq, question.known_at))
    row = await cursor.fetchone()
    assert row is not None
    recorded_at, seq = row
    if question.seq is not None and seq < question.seq:
        raise InvalidInput([Violation("seq", "seq_not_reached", {"reached": str(seq)})])
    return (recorded_at if question.known_at == _EVER else question.known_at), seq


def _labels(indicator: Indicator, row: str = "") -> frozenset[Label]:
    """What the facts of an indicator tell by having happened."""
    return frozenset().union(*(event_labels(TYPES[kind], row) for kind in indicator.facts))


def _labels_of_rows(indicator: Indicator, row: str) -> frozenset[Label]:
    """What opening all rows of an indicator at once tells: the services of all of them."""
    services = indicator.services or SERVICE_LABELS if indicator.rows == "service" and not row else ()
    return frozenset().union(*map(service_labels, services))


def _belongs(cell: Figure, by: int) -> bool:
    if not cell.place.district and not cell.place.commune:
        return True
    return by == (pb.AREA_COMMUNE if cell.place.commune else pb.AREA_DISTRICT)


def _figure(indicator: Indicator, cell: Figure, by: int) -> pb.Figure:
    area = cell.place.commune if by == pb.AREA_COMMUNE else cell.place.district
    share = cell.percent
    return pb.Figure(
        indicator_id=indicator.id,
        version=indicator.version,
        row=cell.row,
        area=area,
        value=cell.count,
        of=cell.of,
        percent=None if share is None else float(share),
    )


def _indicator(indicator: Indicator) -> pb.Indicator:
    return pb.Indicator(
        indicator_id=indicator.id,
        version=indicator.version,
        holds_from=indicator.valid_from.isoformat(),
        title_vi=indicator.title.vi,
        title_en=indicator.title.en,
        unit=indicator.unit,
        numerator_vi=indicator.numerator.vi,
        numerator_en=indicator.numerator.en,
        denominator=indicator.of or "",
        rows="Service" if indicator.rows else "",
    )


def _fact(fact: CountedFact, *, with_id: bool) -> pb.CountedFact:
    return pb.CountedFact(
        event_id=fact.event_id if with_id else "",
        type=TYPES[fact.kind],
        case_id=str(fact.case_id),
        client_id=str(fact.client_id),
        occurred_at=timestamp(fact.occurred_at),
        recorded_at=timestamp(fact.recorded_at),
        org=fact.org,
        commune=fact.commune,
    )


def _place_of(fact: CountedFact) -> Sequence[str | int]:
    return [fact.occurred_at.isoformat(), fact.recorded_at.isoformat(), fact.event_id]


def _place(place: Sequence[str | int] | None) -> tuple[datetime, datetime, str] | None:
    if place is None:
        return None
    occurred_at, recorded_at, event_id = map(str, place)
    return datetime.fromisoformat(occurred_at), datetime.fromisoformat(recorded_at), event_id
