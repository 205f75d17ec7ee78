"""`reftrack screenings conflicts|review`: where an agency's claim differs from what the instrument gives."""

from __future__ import annotations

from typing import Annotated

import typer
from contracts import catalogue
from contracts.vocabulary import ScreeningReviewOutcome
from reftrack.intake.v1 import cases_pb2 as pb
from reftrack.intake.v1.cases_pb2_grpc import CaseServiceStub

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.operators.commanding import Expected, Request, carry_out
from reftrack_cli.session import As, Json, Language, Most, State, out, word

app = typer.Typer(no_args_is_help=True, help="Screenings that somebody should look into.")
HEADINGS = ("event", "agency", "occurred", "instrument", "claimed", "computed", "differences", "found")


@app.callback()
def screenings() -> None:
    """Screenings that somebody should look into."""


@app.command()
def conflicts(
    org: Annotated[str, typer.Option(help="Only those of this agency.", show_default=False)] = "",
    most: Most = 50,
    all_: Annotated[bool, typer.Option("--all", help="Also those that somebody has looked into.")] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List screenings whose claim differs from what the instrument gives, newest first: those still open."""
    request = pb.ListScreeningConflictsRequest(org=org, all=all_)
    who = session.speaker(as_, role="supervisor")
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        found = Paged(CaseServiceStub(channel).ListScreeningConflicts, request, "conflicts", most)
        listing.tell(found, HEADINGS, _row, session.language(lang), json=json)


@app.command()
def review(
    event_id: Annotated[str, typer.Argument(help="Id of the screening, as the list shows it.")],
    outcome: Annotated[
        ScreeningReviewOutcome,
        typer.Argument(metavar="CODE", help="What was found: {ScreeningReviewOutcome}."),
    ],
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Say what you found who looked into a screening. Neither claim nor computation changes."""
    request = pb.ReviewScreeningRequest(event_id=event_id, outcome=outcome, expected_version=expect)
    who, language = session.speaker(as_, role="supervisor"), session.language(lang)
    answer = carry_out(CaseServiceStub, request, request_id, who, state, lang=lang, json=json)
    if json:
        session.as_json(answer)
        return
    found = catalogue.name_in("ScreeningReviewOutcome", outcome, language)
    out.print(f"{word('found', language)}: {found}  {answer.outcome.event_id}", markup=False)


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
        _found(one.review, language) if one.HasField("review") else "",
    )


def _found(one: pb.ScreeningReview, language: str) -> str:
    outcome = catalogue.name_in("ScreeningReviewOutcome", one.outcome, language)
    return f"{outcome} ({one.org}, {one.event_id})"


def _difference(one: pb.ScreeningDifference, language: str) -> str:
    about = catalogue.name_in("ScreeningDifferenceKind", one.about, language)
    substance = catalogue.name_in("Substance", one.substance, language) if one.substance else ""
    claimed, computed = (
        catalogue.in_words("RiskBand", told, language) if told else "–"
        for told in (one.claimed, one.computed)
    )
    return f"{about} {substance}: {claimed} / {computed}".replace(" :", ":")
