"""`reftrack clients merge|unmerge|merges`: two records of one person, and merges that were wrong."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.intake.v1 import matching_pb2 as pb
from reftrack.intake.v1.matching_pb2_grpc import MatchingServiceStub

from reftrack_cli import session
from reftrack_cli.operators.cases_named import Case, id_of
from reftrack_cli.operators.commanding import Expected, LegalBasis, Request, carry_out
from reftrack_cli.operators.matches import Ground
from reftrack_cli.session import As, Json, Language, State, out, word

app = typer.Typer(no_args_is_help=True, help="Two records of one person: merge them, or take that back.")
HEADINGS = ("merge", "survivor", "merged")


@app.command()
def merge(
    survivor_case: Annotated[str, typer.Argument(help="Case of the one under whom the other goes.")],
    merged_case: Annotated[str, typer.Argument(help="Case of the other; it is closed if both are open.")],
    ground: Ground,
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Say that the clients of two cases are one person; for who answers for both."""
    who, language = session.speaker(as_, role="supervisor"), session.language(lang)
    survivor, merged = (id_of(one, who, state, lang=lang, json=json) for one in (survivor_case, merged_case))
    request = pb.MergeClientsRequest(
        survivor_case_id=survivor,
        merged_case_id=merged,
        ground=ground,
        legal_basis=legal_basis,
        expected_survivor_version=expect,
    )
    answer = carry_out(MatchingServiceStub, request, request_id, who, state, lang=lang, json=json)
    if json:
        session.as_json(answer)
        return
    out.print(f"{word('merge', language)} {answer.merge_id}", markup=False)
    out.print(f"{word('goes_on_in', language)} {answer.open_case_id}", markup=False)


@app.command()
def unmerge(
    merge_id: Annotated[str, typer.Argument(help="Id of the merge; `reftrack clients merges` tells it.")],
    ground: Ground,
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Take back a merge that was wrong, whatever was merged since."""
    request = pb.UnmergeClientsRequest(
        merge_id=merge_id, ground=ground, legal_basis=legal_basis, expected_version=expect
    )
    who, language = session.speaker(as_, role="supervisor"), session.language(lang)
    answer = carry_out(MatchingServiceStub, request, request_id, who, state, lang=lang, json=json)
    if json:
        session.as_json(answer)
        return
    for case in (answer.survivor_case_id, answer.merged_case_id):
        out.print(f"{word('goes_on_in', language)} {case}", markup=False)


@app.command()
def merges(
    case: Case, state: State = None, as_: As = None, json: Json = False, lang: Language = None
) -> None:
    """List the merges that make the client of a case one with others, in their order."""
    who, language = session.speaker(as_, role="supervisor"), session.language(lang)
    request = pb.ListMergesRequest(case_id=id_of(case, who, state, lang=lang, json=json))
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        answer = MatchingServiceStub(channel).ListMerges(request)
    if json:
        session.as_json(answer)
        return
    table = session.table(*session.words(HEADINGS, language))
    for one in answer.merges:
        table.add_row(one.merge_id, one.survivor_case_id, one.merged_case_id)
    session.show(table, language)
