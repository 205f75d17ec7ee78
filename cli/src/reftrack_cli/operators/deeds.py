"""`reftrack case void|close|reopen|move|acknowledge|revise|decline`: what people command about a case."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from contracts import catalogue
from google.protobuf.message import Message
from reftrack.common.v1.command_pb2 import Act
from reftrack.intake.v1 import cases_pb2 as pb
from reftrack.intake.v1.cases_pb2_grpc import CaseServiceStub

from reftrack_cli import session
from reftrack_cli.operators.case import app as app
from reftrack_cli.operators.cases_named import Case, id_of
from reftrack_cli.operators.commanding import Expected, LegalBasis, Request, carry_out
from reftrack_cli.operators.undoing import NAMES, void_where_it_stands
from reftrack_cli.session import As, Json, Language, State, out, word

Note = Annotated[str, typer.Option(help="For who works on the case; names nobody.", show_default=False)]
On = Annotated[
    str, typer.Option(metavar="YYYY-MM-DD", help="The day on which it happened; now.", show_default=False)
]


@app.command()
def void(
    event: Annotated[str, typer.Argument(help="Id of the record, or the id that its agency gave it.")],
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why it was wrong: {VoidReason}.")],
    org: Annotated[str, typer.Option(help="The agency that posted it; your own.", show_default=False)] = "",
    note: Note = "",
    on: On = "",
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Void a record that was wrong. Nothing is deleted: both stay visible."""
    said: dict[str, Any] = {
        "reason": reason,
        "note": note,
        "act": Act(on=on, legal_basis=legal_basis),
        "expected_version": expect,
    }
    if org or ":" not in event:
        request = pb.VoidEventRequest(posted_id=event, org=org, **said)
        _carry_out(request, request_id, as_, state, json, lang)
        return
    said, who = {"event_id": event, **said}, session.speaker(as_, role="operator")
    _tell(void_where_it_stands(said, request_id, who, state, lang=lang, json=json), json, lang)


@app.command()
def close(
    case: Case,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why it ends: {CloseReason-merged}.")],
    note: Note = "",
    on: On = "",
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Close a case: nothing that happens later belongs to it."""
    request = pb.CloseCaseRequest(
        case_id=_id(case, as_, state, json, lang),
        reason=reason,
        note=note,
        act=Act(on=on, legal_basis=legal_basis),
        expected_version=expect,
    )
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def reopen(
    case: Case,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why it goes on: {ReopenReason-unmerged}.")],
    note: Note = "",
    on: On = "",
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Let a closed case go on, unless the client has a later one."""
    request = pb.ReopenCaseRequest(
        case_id=_id(case, as_, state, json, lang),
        reason=reason,
        note=note,
        act=Act(on=on, legal_basis=legal_basis),
        expected_version=expect,
    )
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def move(
    case: Case,
    to_commune: Annotated[str, typer.Argument(help="Code of the commune moved to.")],
    notified_on: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="The day on which the commune left was told.")
    ],
    to_org: Annotated[
        str, typer.Option(help="Who takes the client up there; found if left out.", show_default=False)
    ] = "",
    on: On = "",
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Record that a client moves; who takes the client up has 24 hours to acknowledge."""
    request = pb.MoveClientRequest(
        case_id=_id(case, as_, state, json, lang),
        to_commune=to_commune,
        notified_on=notified_on,
        to_org=to_org,
        act=Act(on=on, legal_basis=legal_basis),
        expected_version=expect,
    )
    answer = _carry_out(request, request_id, as_, state, json, lang)
    if not json and answer.to_org:
        due = session.local(answer.due_at)
        out.print(f"{word('to_org', session.language(lang))}: {answer.to_org}, {due}", markup=False)


@app.command()
def acknowledge(
    case: Case,
    number: Annotated[
        str, typer.Option(help="The number of the move; the latest to you.", show_default=False)
    ] = "",
    note: Note = "",
    on: On = "",
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Acknowledge that a client has moved to your commune."""
    request = pb.AcknowledgeMoveRequest(
        case_id=_id(case, as_, state, json, lang),
        number=number,
        note=note,
        act=Act(on=on, legal_basis=legal_basis),
        expected_version=expect,
    )
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def revise(
    case: Case,
    item: Annotated[
        list[str],
        typer.Option("--item", help="SERVICE, or SERVICE:YYYY-MM-DD; all items of the plan. {Service}."),
    ],
    note: Note = "",
    on: On = "",
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Revise the plan: as it is from now on, all items."""
    items = [
        pb.PlannedItem(service=service, due_on=due) for service, _, due in (i.partition(":") for i in item)
    ]
    request = pb.RevisePlanRequest(
        case_id=_id(case, as_, state, json, lang),
        items=items,
        note=note,
        act=Act(on=on, legal_basis=legal_basis),
        expected_version=expect,
    )
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def decline(
    case: Case,
    reason: Annotated[str, typer.Option(metavar="CODE", help="Why not: {DeclineReason}.")],
    instrument: Annotated[
        str, typer.Option(metavar="CODE", help="Which instrument; any. {Instrument}.", show_default=False)
    ] = "",
    on: On = "",
    legal_basis: LegalBasis = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Record that the client does not want to be screened."""
    request = pb.DeclineScreeningRequest(
        case_id=_id(case, as_, state, json, lang),
        reason=reason,
        instrument=instrument,
        act=Act(on=on, legal_basis=legal_basis),
        expected_version=expect,
    )
    _carry_out(request, request_id, as_, state, json, lang)


def _id(case: str, as_: str | None, state: Path | None, json: bool, lang: str | None) -> str:
    return id_of(case, session.speaker(as_, role="operator"), state, lang=lang, json=json)


def _carry_out(
    request: Message,
    request_id: str | None,
    as_: str | None,
    state: Path | None,
    json: bool,
    lang: str | None,
) -> Any:
    who = session.speaker(as_, role="operator")
    answer = carry_out(CaseServiceStub, request, request_id, who, state, lang=lang, json=json)
    _tell(answer, json, lang)
    return answer


def _tell(answer: Any, json: bool, lang: str | None) -> None:
    """Where the case stands now, and what it allows."""
    if json:
        session.as_json(answer)
        return
    language, outcome = session.language(lang), answer.outcome
    states, moves = NAMES.get(type(answer), ("Step", "Step"))
    lines = {
        "event": outcome.event_id,
        "state": catalogue.name_in(states, outcome.state, language),
        "number": outcome.number,
        "moves": "; ".join(catalogue.name_in(moves, one, language) for one in outcome.moves),
        "version": str(outcome.version),
    }
    for code, text in lines.items():
        if text:
            out.print(f"{word(code, language)}: {text}", markup=False, soft_wrap=True)
    if isinstance(answer, pb.VoidEventResponse) and answer.routed:
        out.print(word("routed_void", language), markup=False)
