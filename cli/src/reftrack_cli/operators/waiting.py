"""`reftrack waiting list`: events that wait for what is not reported yet, longest first."""

from __future__ import annotations

from typing import Annotated

import typer
from contracts import catalogue
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.session import As, Json, Language, State

app = typer.Typer(no_args_is_help=True, help="Events that wait for what is not reported yet.")
HEADINGS = ("id", "agency", "event", "waits_for", "received", "until", "overdue")


@app.command(name="list")
def list_(
    org: Annotated[str, typer.Option(help="Only of this agency.", show_default=False)] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only what has waited past its term.")] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List what waits, of the organisation that asks and of those it answers for."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = intake_pb2.ListWaitingRequest(org=org, overdue_only=overdue)
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        found = Paged(intake_pb2_grpc.IntakeServiceStub(channel).ListWaiting, request, "waiting")
        listing.tell(found, HEADINGS, _row, language, json=json)


def _row(one: intake_pb2.Waiting, language: str) -> tuple[str, ...]:
    kind = catalogue.event_title(one.type, language) if one.type else ""
    overdue = session.word("overdue", language) if one.overdue else ""
    times = session.local(one.received_at), session.local(one.until)
    return one.id, one.org, kind, catalogue.awaited(one.waiting_for, language), *times, overdue
