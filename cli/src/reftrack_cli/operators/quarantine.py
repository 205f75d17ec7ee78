"""`reftrack quarantine list|show|release|discard`: deliveries that could not be read; a person decides."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.operators.receipts import problems, tell
from reftrack_cli.session import LAST, As, Json, Language, State, out

app = typer.Typer(no_args_is_help=True, help="Deliveries that could not be read.")
HEADINGS = ("id", "agency", "where", "received", "bytes", "event", "problem")
Id = Annotated[
    int, typer.Argument(min=1, max=LAST, metavar="N", help="The id in the list.", show_default=False)
]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]


@app.command(name="list")
def list_(
    org: Annotated[str, typer.Option(help="Only of this agency.", show_default=False)] = "",
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List what lies in quarantine, oldest first."""
    request, who = intake_pb2.ListQuarantinedRequest(org=org), session.speaker(as_, role="supervisor")
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        quarantine = intake_pb2_grpc.QuarantineServiceStub(channel)
        found = Paged(quarantine.ListQuarantined, request, "deliveries")
        listing.tell(found, HEADINGS, _row, session.language(lang), json=json)


@app.command()
def show(
    quarantine_id: Id,
    reason: Reason,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Show one delivery with its content: it may hold personal data, so look only if you must."""
    request = intake_pb2.ShowQuarantinedRequest(quarantine_id=quarantine_id, reason=reason)
    with session.calling(
        "intake", session.speaker(as_, role="supervisor"), state, lang=lang, json=json
    ) as channel:
        answer = intake_pb2_grpc.QuarantineServiceStub(channel).ShowQuarantined(request)
    if json:
        session.as_json(answer)
        return
    language = session.language(lang)
    table = session.table(*session.words(HEADINGS, language))
    table.add_row(*_row(answer.delivery, language))
    session.show(table, language)
    for header in answer.headers:
        value = "null" if header.is_null else header.value.decode("utf-8", "backslashreplace")
        out.print(f"{header.name}: {value}", markup=False)
    out.print(
        "null" if answer.value_is_null else answer.value.decode("utf-8", "backslashreplace"), markup=False
    )


@app.command()
def release(
    quarantine_id: Id,
    reason: Reason,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Decide about it again, e.g. after an update that can read it."""
    request = intake_pb2.ReleaseQuarantinedRequest(quarantine_id=quarantine_id, reason=reason)
    with session.calling(
        "intake", session.speaker(as_, role="supervisor"), state, lang=lang, json=json
    ) as channel:
        receipt = intake_pb2_grpc.QuarantineServiceStub(channel).ReleaseQuarantined(request).receipt
    tell(receipt, str(quarantine_id), session.language(lang), json=json)


@app.command()
def discard(
    quarantine_id: Id,
    reason: Reason,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Give it up for good; its agency gets the verdict `discarded`."""
    request = intake_pb2.DiscardQuarantinedRequest(quarantine_id=quarantine_id, reason=reason)
    with session.calling(
        "intake", session.speaker(as_, role="supervisor"), state, lang=lang, json=json
    ) as channel:
        receipt = intake_pb2_grpc.QuarantineServiceStub(channel).DiscardQuarantined(request).receipt
    tell(receipt, str(quarantine_id), session.language(lang), json=json)


def _row(one: intake_pb2.Quarantined, language: str) -> tuple[str, ...]:
    where = f"{one.topic}/{one.partition}/{one.offset}" if one.topic else "gRPC"
    wrong = "\n".join(problems(one.problems, one.type, language))
    received = session.local(one.received_at)
    return str(one.quarantine_id), one.org, where, received, str(one.size), one.id, wrong
