"""`reftrack screenings conflicts`: where an agency's claim differs from what the instrument gives."""

from __future__ import annotations

from typing import Annotated

import typer
from contracts import catalogue
from reftrack.intake.v1 import cases_pb2 as pb
from reftrack.intake.v1.cases_pb2_grpc import CaseServiceStub

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State

app = typer.Typer(no_args_is_help=True, help="Screenings that somebody should look into.")
HEADINGS = ("event", "agency", "occurred", "instrument", "claimed", "computed", "differences")


@app.callback()
def screenings() -> None:
    """Screenings that somebody should look into."""


@app.command()
def conflicts(
    org: Annotated[str, typer.Option(help="Only those of this agency.", show_default=False)] = "",
    most: Annotated[int, typer.Option(min=1, help="How many at the most.")] = 50,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List screenings whose claim differs from what the instrument gives, newest first."""
    language, left = session.language(lang), most
    table = session.table(*session.words(HEADINGS, language))
    who = session.speaker(as_, role="supervisor")
    request = pb.ListScreeningConflictsRequest(org=org, page_size=min(most, 500))
    more = False
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        stub = CaseServiceStub(channel)
        while left > 0:
            page = stub.ListScreeningConflicts(request)
            for one in page.conflicts[:left]:
                session.as_json(one) if json else table.add_row(*_row(one, language))
            left -= len(page.conflicts)
            request.page_token = page.next_page_token
            more = bool(page.next_page_token) or left < 0
            if not page.next_page_token:
                break
    if not json:
        session.show(table, language)
        session.tell_more(more, language)


def _row(one: pb.ScreeningConflict, language: str) -> tuple[str, ...]:
    def risk(code: str) -> str:
        return catalogue.name_in("RiskBand", code, language) if code else "–"

    return (
        one.event_id,
        one.org,
        session.local(one.occurred_at)[:10],
        one.judged_by,
        risk(one.claimed_risk),
        risk(one.computed_risk),
        "; ".join(_difference(difference, language) for difference in one.differences),
    )


def _difference(one: pb.ScreeningDifference, language: str) -> str:
    about = catalogue.name_in("ScreeningDifferenceKind", one.about, language)
    substance = catalogue.name_in("Substance", one.substance, language) if one.substance else ""
    return f"{about} {substance}: {one.claimed or '–'} / {one.computed or '–'}".replace(" :", ":")
