"""Reports asked on the map of a day, as protobuf."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.rpc.errors import InvalidInput, Violation
from reftrack.reporting.v1 import report_pb2 as pb

from reporting.access import Reader
from reporting.indicators.counting import Question
from reporting.indicators.definitions import Indicator
from reporting.maps import NOWHERE, Level, MapFigure, Spot
from reporting.reports import MapAsked, Reports
from reporting.rpc import asking

Request = pb.RunReportRequest | pb.ExplainFigureRequest

LEVELS: dict[int, Level] = {
    pb.AREA_PROVINCE: "province",
    pb.AREA_DISTRICT: "district",
    pb.AREA_COMMUNE: "commune",
}


def is_on_a_map(request: Request) -> bool:
    """Whether a map is asked for; provinces are always those of a map."""
    return bool(request.map) or request.by == pb.AREA_PROVINCE


def map_asked(reports: Reports, reader: Reader, request: Request, question: Question) -> MapAsked:
    """The map that a request asks for: of the period's last day if it names none. Raises `InvalidInput`."""
    on = asking.day(request.map, "map") if request.map else question.period.last
    if isinstance(request, pb.RunReportRequest):
        narrowed = request.districts, request.communes
        return reports.map_of(reader, on, LEVELS.get(request.by), *narrowed)
    return reports.map_of(reader, on, LEVELS.get(request.by))


def spot_asked(request: pb.ExplainFigureRequest, asked: MapAsked) -> tuple[MapAsked, Spot]:
    """The cell that is to be opened. Raises `InvalidInput` where more than one is named."""
    named = [bool(request.area), bool(request.one_of), request.nowhere]
    if sum(named) > 1 or (any(named) and asked.level is None):
        raise InvalidInput([Violation("area", "one_cell_of_a_map")])
    if request.area:
        return asked, Spot("exactly", (request.area,))
    if request.one_of:
        return asked, Spot("one_of", tuple(sorted(request.one_of)))
    if request.nowhere:
        return asked, NOWHERE
    return MapAsked(asked.map, None, asked.area, asked.at_times), NOWHERE


def map_figure(indicator: Indicator, cell: MapFigure) -> pb.Figure:
    """One cell of a map."""
    spot = cell.spot
    return pb.Figure(
        indicator_id=indicator.id,
        version=indicator.version,
        row=cell.row,
        area=spot.codes[0] if spot is not None and spot.certainty == "exactly" else "",
        one_of=spot.codes if spot is not None and spot.certainty == "one_of" else (),
        nowhere=spot is not None and spot.certainty == "nowhere",
        value=cell.count,
        of=cell.of,
        percent=cell.percent,
    )


def units_named(asked: MapAsked, figures: Iterable[pb.Figure]) -> list[pb.MapUnit]:
    """The units of the map that figures name."""
    codes = {code for figure in figures for code in (figure.area, *figure.one_of) if code}
    units = (asked.map.territory.unit(code, asked.map.on) for code in sorted(codes))
    return [pb.MapUnit(code=unit.code, name_vi=unit.vi, name_en=unit.en) for unit in units if unit]
