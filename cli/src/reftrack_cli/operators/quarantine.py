"""`reftrack quarantine list|show|release|discard`: deliveries that could not be read; a person decides."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.intake.v1 import intake_pb2, intake_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State, out

app = typer.Typer(no_args_is_help=True, help="Deliveries that could not be read.")
HEADINGS = ("id", "agency", "where", "received", "bytes", "problem")
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
    request = intake_pb2.ListQuarantinedRequest(org=org, page_size=200)
    table = session.table(*session.words(HEADINGS, session.language(lang)))
    with session.calling(
        "intake", session.speaker(as_, role="supervisor"), state, lang=lang, json=json
    ) as channel:
        quarantine = intake_pb2_grpc.QuarantineServiceStub(channel)
        while True:
            page = quarantine.ListQuarantined(request)
            for one in page.deliveries:
                session.as_json(one) if json else table.add_row(*_row(one))
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if not json:
        session.show(table, session.language(lang))


@app.command()
def show(
    quarantine_id: int,
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
    out.print(" ".join(_row(answer.delivery)), markup=False)
    for header in answer.headers:
        value = "null" if header.is_null else header.value.decode("utf-8", "backslashreplace")
        out.print(f"{header.name}: {value}", markup=False)
    out.print(
        "null" if answer.value_is_null else answer.value.decode("utf-8", "backslashreplace"), markup=False
    )


@app.command()
def release(
    quarantine_id: int,
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
        session.as_json(intake_pb2_grpc.QuarantineServiceStub(channel).ReleaseQuarantined(request).receipt)


@app.command()
def discard(
    quarantine_id: int,
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
        session.as_json(intake_pb2_grpc.QuarantineServiceStub(channel).DiscardQuarantined(request).receipt)


def _row(one: intake_pb2.Quarantined) -> tuple[str, ...]:
    problems = "; ".join(f"{problem.code} {problem.field}".strip() for problem in one.problems)
    where = f"{one.topic}/{one.partition}/{one.offset}" if one.topic else "gRPC"
    return str(one.quarantine_id), one.org, where, session.local(one.received_at), str(one.size), problems
