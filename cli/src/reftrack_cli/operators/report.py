"""`reftrack report run`: indicators of a period, by area, as known at a moment."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.reporting.v1 import report_pb2, report_pb2_grpc

from reftrack_cli import session
from reftrack_cli.operators import naming
from reftrack_cli.session import LAST, As, Json, Language, State, out, word

app = typer.Typer(no_args_is_help=True, help="Indicators.")
AREAS = {
    "": report_pb2.AREA_UNSPECIFIED,
    "district": report_pb2.AREA_DISTRICT,
    "commune": report_pb2.AREA_COMMUNE,
    "province": report_pb2.AREA_PROVINCE,
}


@app.command()
def run(
    from_: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day of the period.")],
    to: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day of the period.")],
    indicator: Annotated[list[str] | None, typer.Option(help="May be repeated; all if left out.")] = None,
    by: Annotated[str, typer.Option(help="province, district or commune.")] = "",
    map_: Annotated[
        str,
        typer.Option(
            "--map",
            metavar="YYYY-MM-DD",
            help="On the map of this day, whenever it happened.",
            show_default=False,
        ),
    ] = "",
    known_at: Annotated[
        str | None, typer.Option(metavar="T", help="As known then.", show_default=False)
    ] = None,
    seq: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=LAST,
            metavar="N",
            help="As the report with this seq was; not with --known-at.",
            show_default=False,
        ),
    ] = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Run a report."""
    if by not in AREAS:
        raise typer.BadParameter("give province, district or commune", param_hint="--by")
    if seq is not None and known_at is not None:
        raise typer.BadParameter("give --seq or --known-at, not both", param_hint="--seq")
    request = report_pb2.RunReportRequest(
        indicators=indicator or (),
        period_from=from_,
        period_to=to,
        known_at=session.moment(known_at, "--known-at"),
        by=AREAS[by],
        seq=seq,
        map=map_,
    )
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        reports = report_pb2_grpc.ReportServiceStub(channel)
        answer = reports.RunReport(request)
        titles = _titles(reports.ListIndicators(report_pb2.ListIndicatorsRequest(on=to)), language)
    if json:
        session.as_json(answer)
        return
    table = session.table(*session.words(("area", "indicator", "row", "figure", "of"), language), "%")
    names = {
        unit.code: f"{unit.code} {unit.name_vi if language == 'vi' else unit.name_en}"
        for unit in answer.units
    }
    for figure in answer.figures:
        of = str(figure.of) if figure.HasField("of") else ""
        percent = f"{figure.percent:.1f}" if figure.HasField("percent") else ""
        title = titles.get(figure.indicator_id, figure.indicator_id)
        row = naming.service(figure.row, language) if figure.row else ""
        area = _area(figure, names, language)
        table.add_row(area, title, row, str(figure.value), of, percent)
    session.show(table, language)
    known = f"{word('as_known', language)} {session.local(answer.known_at)} (seq {answer.seq})"
    on_map = f", {word('on_map_of', language)} {answer.map}" if answer.map else ""
    out.print(f"{answer.period_from} {word('to', language)} {answer.period_to}{on_map}, {known}")


def _area(figure: report_pb2.Figure, names: dict[str, str], language: str) -> str:
    """Where; on a map also that nobody knows in which of some units, or that no data carry it over."""
    if figure.nowhere:
        return word("nowhere_on_map", language)
    if figure.one_of:
        return f"{word('one_of', language)} {', '.join(names.get(code, code) for code in figure.one_of)}"
    return names.get(figure.area, figure.area) or word("all_areas", language)


def _titles(answer: report_pb2.ListIndicatorsResponse, language: str) -> dict[str, str]:
    return {
        each.indicator_id: each.title_vi if language == "vi" else each.title_en for each in answer.indicators
    }
