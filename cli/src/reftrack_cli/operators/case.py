"""`reftrack case show|find|history`: where a person's pathway stands, and how it came there."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer
from reftrack.reporting.v1 import audit_pb2, audit_pb2_grpc, status_pb2, status_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State, out

app = typer.Typer(no_args_is_help=True, help="Where a case stands, and its history.")
FACTS = (
    "stage",
    "client_group",
    "commune",
    "district",
    "opened_on",
    "closed_on",
    "introduction_number",
    "followup_state",
)
By = Annotated[
    str | None, typer.Option(show_default=False, metavar="T", help="A day, or a moment with its zone.")
]


@app.command()
def show(case_id: str, state: State = None, as_: As = None, json: Json = False) -> None:
    """Show where a case stands."""
    with session.calling("reporting", session.speaker(as_, role="supervisor"), state) as channel:
        status = status_pb2_grpc.StatusServiceStub(channel)
        _print(status.GetCase(status_pb2.GetCaseRequest(case_id=case_id)).case, json)


@app.command()
def find(
    what: Annotated[str, typer.Argument(help="Your own reference, or a number GT-…, CG-…, LT-….")],
    state: State = None,
    as_: As = None,
    json: Json = False,
) -> None:
    """Find a case by the caller's own reference or by the number of an introduction, referral or stay."""
    kinds = {"GT": "introduction", "CG": "referral", "LT": "stay"}
    kind = kinds.get(what[:2].upper(), "agency_ref") if what[2:3] == "-" else "agency_ref"
    request = status_pb2.FindCaseRequest(**{kind: what})
    with session.calling("reporting", session.speaker(as_, role="supervisor"), state) as channel:
        _print(status_pb2_grpc.StatusServiceStub(channel).FindCase(request).case, json)


@app.command()
def history(
    case_id: str,
    occurred_by: By = None,
    recorded_by: By = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Replay a case from its first event, with the state after each step, as of a moment on either axis."""
    request = audit_pb2.ReplayCaseRequest(
        case_id=case_id,
        occurred_by=session.moment(occurred_by, "--occurred-by"),
        recorded_by=session.moment(recorded_by, "--recorded-by"),
    )
    language = session.language(lang)
    table = session.table("recorded", "occurred", "event", "by", "state after it")
    before: dict[str, object] = {}
    with session.calling(
        "reporting", session.speaker(as_, role="auditor", org="thanh-tra-ha-noi"), state
    ) as channel:
        for answer in audit_pb2_grpc.AuditServiceStub(channel).ReplayCase(request):
            for step in answer.steps:
                if json:
                    session.as_json(step)
                    continue
                after = jsonlib.loads(step.state_json)
                table.add_row(*_row(step, language), _changed(before, after))
                before = after
    if not json:
        out.print(table)


def _row(step: audit_pb2.ReplayStep, language: str) -> tuple[str, str, str, str]:
    event = step.event
    title = step.title_vi if language == "vi" else step.title_en
    org = jsonlib.loads(event.value)["meta"]["org"]
    return session.local(event.recorded_at), session.local(event.occurred_at), title, org


def _changed(before: dict[str, object], after: dict[str, object]) -> str:
    """Only what the step changed: a state is long, a step is short."""
    fields = [name for name, value in after.items() if before.get(name) != value and name != "seq"]
    return "; ".join(f"{name}: {jsonlib.dumps(after[name], ensure_ascii=False)}" for name in fields)


def _print(case: status_pb2.Case, json: bool) -> None:
    if json:
        session.as_json(case)
        return
    facts = session.table("field", "value", title=f"Case {case.case_id}")
    for name in FACTS:
        if getattr(case, name):
            facts.add_row(name, str(getattr(case, name)))
    facts.add_row("plan", ", ".join(item.service for item in case.plan))
    out.print(facts)
    referrals = session.table("referral", "service", "provider", "state", "changed")
    for referral in case.referrals:
        referrals.add_row(
            referral.number,
            referral.service,
            referral.provider,
            referral.state,
            session.local(referral.changed_at),
        )
    if case.referrals:
        out.print(referrals)
    for stay in case.stays:
        out.print(
            f"Stay {stay.number} at {stay.facility}: {stay.admitted_on} to {stay.completed_on or 'now'}"
        )
