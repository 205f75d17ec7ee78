"""`reftrack parked list|show|retry|skip`: what a service could not handle, and what waits behind."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import typer
from reftrack.admin.v1 import admin_pb2, admin_pb2_grpc
from rich.table import Table

from reftrack_cli import session
from reftrack_cli.session import LAST, As, Json, Language, State

app = typer.Typer(no_args_is_help=True, help="Parked cases of one service.")
RECORD_HEADINGS = ("record", "where", "event", "since", "error", "attempts")
HEADINGS = ("case", "records", "since", "error", "attempts")


class Service(StrEnum):
    INTAKE = "intake"
    REFERRAL = "referral"
    FOLLOWUP = "followup"
    REPORTING = "reporting"


Where = Annotated[Service, typer.Argument(help="In which service.")]
Case = Annotated[str, typer.Argument(help="Id of the case, as the list shows it.")]


@app.command(name="list")
def list_(
    service: Where, state: State = None, as_: As = None, json: Json = False, lang: Language = None
) -> None:
    """List the cases that are parked in a service."""
    with session.calling(
        service, session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        answer = admin_pb2_grpc.AdminServiceStub(channel).ListParked(admin_pb2.ListParkedRequest())
    if not json:
        session.show(listed(answer.cases, session.language(lang)), session.language(lang))
        return
    for case in answer.cases:
        session.as_json(case)


def listed(cases: Iterable[admin_pb2.ParkedCase], language: str) -> Table:
    """A line for each case."""
    table = session.table(*session.words(HEADINGS, language))
    for case in cases:
        told = (case.case_key, str(case.records), session.local(case.since), case.error, str(case.attempts))
        table.add_row(*told)
    return table


@app.command()
def show(
    service: Where,
    case_key: Case,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Show the parked records of one case in their order, without their content."""
    with session.calling(
        service, session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        request = admin_pb2.ShowParkedRequest(case_key=case_key)
        answer = admin_pb2_grpc.AdminServiceStub(channel).ShowParked(request)
    if json:
        session.as_json(answer)
        return
    table = session.table(*session.words(RECORD_HEADINGS, session.language(lang)))
    for one in answer.records:
        where = f"{one.topic}/{one.partition}/{one.offset}" if one.partition >= 0 else one.topic
        since = session.local(one.parked_at)
        table.add_row(str(one.parked_id), where, one.type, since, one.error, str(one.attempts))
    session.show(table, session.language(lang))


@app.command()
def retry(
    service: Where,
    case_key: Case,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Handle the records of a case again, in their order."""
    with session.calling(
        service, session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        request = admin_pb2.RetryParkedRequest(case_key=case_key)
        _tell(admin_pb2_grpc.AdminServiceStub(channel).RetryParked(request), session.language(lang), json)


@app.command()
def skip(
    service: Where,
    case_key: Case,
    reason: Annotated[str, typer.Option(help="Why, without names or other personal data; it is kept.")],
    record: Annotated[
        int,
        typer.Option(
            min=1,
            max=LAST,
            metavar="N",
            help="The record that `parked show` names first.",
            show_default=False,
        ),
    ],
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Give up the first parked record of a case; those behind it go on."""
    request = admin_pb2.SkipParkedRequest(case_key=case_key, parked_id=record, reason=reason)
    with session.calling(
        service, session.speaker(as_, role="administrator"), state, lang=lang, json=json
    ) as channel:
        _tell(admin_pb2_grpc.AdminServiceStub(channel).SkipParked(request), session.language(lang), json)


def _tell(
    answer: admin_pb2.RetryParkedResponse | admin_pb2.SkipParkedResponse, language: str, json: bool
) -> None:
    if json:
        session.as_json(answer)
        return
    told = session.say("parked_left", language, handled=answer.handled, left=answer.left)
    session.out.print(told, markup=False)
