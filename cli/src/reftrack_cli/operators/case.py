"""`reftrack case show|find|timeline|history`: where a person's pathway stands, and how it came there."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated

import typer
from contracts import catalogue
from reftrack.reporting.v1 import audit_pb2, audit_pb2_grpc, status_pb2, status_pb2_grpc
from rich.markup import escape

from reftrack_cli import session
from reftrack_cli.listing import Paged
from reftrack_cli.operators import changes, naming
from reftrack_cli.operators.cases_named import Case, found, id_of
from reftrack_cli.session import As, Json, Language, State, out, word

app = typer.Typer(no_args_is_help=True, help="Where a case stands, and its history.")
By = Annotated[
    str | None, typer.Option(show_default=False, metavar="T", help="A day, or a moment with its zone.")
]


@app.command()
def show(case: Case, state: State = None, as_: As = None, json: Json = False, lang: Language = None) -> None:
    """Show where a case stands."""
    who = session.speaker(as_, role="supervisor")
    case_id = id_of(case, who, state, lang=lang, json=json)
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        request = status_pb2.GetCaseRequest(case_id=case_id)
        shown = status_pb2_grpc.StatusServiceStub(channel).GetCase(request).case
    _print(shown, json, session.language(lang))


@app.command()
def find(
    what: Annotated[str, typer.Argument(help="Your own reference, or a number GT-…, CG-…, LT-….")],
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Find a case by the caller's own reference or by the number of an introduction, referral or stay.

    What has the form of a number is looked for as one first, then as a reference.
    """
    who = session.speaker(as_, role="supervisor")
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        case = found(status_pb2_grpc.StatusServiceStub(channel), what)
    _print(case, json, session.language(lang))


@app.command()
def timeline(
    case: Case, state: State = None, as_: As = None, json: Json = False, lang: Language = None
) -> None:
    """Tell what happened in a case, as far as the caller may know it."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = status_pb2.GetTimelineRequest(case_id=id_of(case, who, state, lang=lang, json=json))
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        status = status_pb2_grpc.StatusServiceStub(channel)
        for entry in Paged(status.GetTimeline, request, "entries"):
            session.as_json(entry) if json else _tell(entry, language)


@app.command()
def history(
    case: Case,
    occurred_by: By = None,
    recorded_by: By = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Replay a case from its first event, with the state after each step, as of a moment on either axis."""
    who = session.speaker(as_, role="auditor", org="thanh-tra-ha-noi")
    request = audit_pb2.ReplayCaseRequest(
        occurred_by=session.moment(occurred_by, "--occurred-by"),
        recorded_by=session.moment(recorded_by, "--recorded-by"),
    )
    request.case_id = id_of(case, who, state, lang=lang, json=json)
    language, before = session.language(lang), dict[str, object]()
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        for answer in audit_pb2_grpc.AuditServiceStub(channel).ReplayCase(request):
            for step in answer.steps:
                if json:
                    session.as_json(step)
                    continue
                after = jsonlib.loads(step.state_json)
                _step(step, changes.between(before, after, language), language)
                before = after
    if not json and not before:
        out.print(word("nothing_known", language))


def _tell(entry: status_pb2.TimelineEntry, language: str) -> None:
    vi = language == "vi"
    when = session.local(entry.occurred_at)[: 10 if entry.day_only else 16]
    title = entry.title_vi if vi else entry.title_en
    named = f"{entry.org} {entry.event_id or entry.posted_id}"
    out.print(f"{when:16}  {title}  {entry.number}  [dim]{escape(named)}[/]", soft_wrap=True)
    if facts := facts_in_words(entry, language):
        session.below("; ".join(facts))
    if entry.HasField("voided"):
        void = entry.voided
        when, reason = session.local(void.recorded_at)[:16], void.reason_vi if vi else void.reason_en
        session.below(f"{word('voided', language)}: {when}  {void.org}  {reason}")


def facts_in_words(entry: status_pb2.TimelineEntry, language: str) -> list[str]:
    """What an event says, by the titles of its fields; the text of a reason holds its detail already."""
    vi = language == "vi"
    return [
        f"{fact.title_vi}: {fact.text_vi}" if vi else f"{fact.title_en}: {fact.text_en}"
        for fact in entry.facts
        if fact.field != "detail"
    ]


def _step(step: audit_pb2.ReplayStep, changed: list[str], language: str) -> None:
    event = step.event
    title = step.title_vi if language == "vi" else step.title_en
    org = jsonlib.loads(event.value)["meta"]["org"]
    occurred, recorded = session.local(event.occurred_at), session.local(event.recorded_at)
    when = f"[dim]{word('occurred', language)}[/] {occurred}  [dim]{word('recorded', language)}[/] {recorded}"
    out.print(f"{when}  [bold]{title}[/]  [dim]{org}[/]", soft_wrap=True)
    for line in changed:
        session.below(line)


def _print(case: status_pb2.Case, json: bool, language: str) -> None:
    if json:
        session.as_json(case)
        return
    read = session.data(case)
    facts = session.table("", "")
    facts.show_header = False
    for name in ("case_id", *changes.FIELDS):
        if name in read and name not in {"referrals", "stays"}:
            facts.add_row(word(name, language), naming.value(name, read[name], language))
    out.print(facts, markup=False)
    columns = ("referral", "service", "provider", "state", "changed")
    referrals = session.table(*session.words(columns, language))
    for one in case.referrals:
        named = naming.service(one.service, language), one.provider, naming.state(one.state, language)
        referrals.add_row(one.number, *named, session.local(one.changed_at))
    if case.referrals:
        out.print(referrals, markup=False)
    for stay in case.stays:
        until = stay.completed_on or word("now", language)
        out.print(f"{word('stay', language)} {stay.number}: {stay.facility}, {stay.admitted_on} – {until}")
        if stay.consent_end:
            ended = catalogue.name_in("ConsentEnd", stay.consent_end, language)
            session.below(f"{word('consent_end', language)}: {ended}")
