"""`reftrack matches list|decide`: people who may be registered twice; a person decides."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer
from contracts import catalogue
from contracts.vocabulary import MergeGround
from reftrack.intake.v1 import matching_pb2 as pb
from reftrack.intake.v1.matching_pb2_grpc import MatchingServiceStub

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.operators.commanding import Expected, LegalBasis, Request, carry_out
from reftrack_cli.session import As, Json, Language, State, out, word

app = typer.Typer(no_args_is_help=True, help="People who may be registered twice.")
HEADINGS = ("match", "state", "likely", "case", "other_case", "since", "signs")

Ground = Annotated[
    MergeGround, typer.Option(metavar="CODE", help="On what the decision rests: {MergeGround}.")
]


class MatchState(StrEnum):
    """What is listed."""

    OPEN = "open"
    SAME = "same"
    DISTINCT = "distinct"
    ALL = "all"


class Decision(StrEnum):
    """What somebody decides."""

    SAME = "same"
    DISTINCT = "distinct"


@app.command(name="list")
def list_(
    which: Annotated[MatchState, typer.Option("--which", help="Those in this state.")] = MatchState.OPEN,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List who may be registered twice, newest first; of who lives elsewhere nothing is told."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = pb.ListMatchesRequest(state=which)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        found = Paged(MatchingServiceStub(channel).ListMatches, request, "matches")
        listing.tell(found, HEADINGS, _row, language, json=json)


@app.command()
def decide(
    match_id: Annotated[str, typer.Argument(help="Id of the match, as the list shows it.")],
    decision: Annotated[Decision, typer.Argument(help="same: one person; distinct: two people, for good.")],
    ground: Ground,
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Say whether the two are one person: they are merged, or never proposed again."""
    request = pb.DecideMatchRequest(
        match_id=match_id, decision=decision, ground=ground, legal_basis=legal_basis, expected_version=expect
    )
    who, language = session.speaker(as_, role="supervisor"), session.language(lang)
    answer = carry_out(MatchingServiceStub, request, request_id, who, state, lang=lang, json=json)
    if json:
        session.as_json(answer)
        return
    out.print(catalogue.name_in("MatchState", answer.state, language), answer.merge_id, markup=False)


def _row(one: pb.Match, language: str) -> tuple[str, ...]:
    signs = "; ".join(reason.vi if language == "vi" else reason.en for reason in one.reasons)
    return (
        one.match_id,
        catalogue.name_in("MatchState", one.state, language),
        f"{one.likely} %" if one.HasField("other") else "",
        one.one.case_id,
        one.other.case_id if one.HasField("other") else word("withheld", language),
        session.local(one.proposed_at),
        signs,
    )
