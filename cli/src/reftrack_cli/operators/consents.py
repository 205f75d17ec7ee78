"""`reftrack consents list CASE`: what a client agreed to have shared, and what was withdrawn."""

from __future__ import annotations

from collections.abc import Iterable

import typer
from contracts import catalogue
from reftrack.reporting.v1 import consents_pb2 as pb
from reftrack.reporting.v1.consents_pb2_grpc import ConsentServiceStub

from reftrack_cli import session
from reftrack_cli.operators.cases_named import Case, id_of
from reftrack_cli.session import As, Json, Language, State

app = typer.Typer(no_args_is_help=True, help="What clients agreed to have shared.")
HEADINGS = (
    *("consent", "state", "since", "purposes", "recipients", "data_labels"),
    *("expires_on", "agreed_by", "evidence", "taken_back"),
)


@app.command(name="list")
def list_(
    case: Case,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List the consents of a case, for who sees all of it: scope, evidence, last day, what was withdrawn."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = pb.ListConsentsRequest(case_id=id_of(case, who, state, lang=lang, json=json))
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        answer = ConsentServiceStub(channel).ListConsents(request)
    table = session.table(*session.words(HEADINGS, language))
    for one in answer.consents:
        session.as_json(one) if json else table.add_row(*_row(one, language))
    if not json:
        session.show(table, language)


def _row(one: pb.Consent, language: str) -> tuple[str, ...]:
    return (
        f"{one.event_id}\n{one.org}",
        catalogue.name_in("ConsentState", one.state, language),
        session.local(one.given_at),
        _named("PurposeOfUse", one.purposes, language),
        "; ".join([_named("OrgKind", one.recipients, language), *one.recipient_orgs]).strip("; "),
        _named("Label", one.labels, language),
        one.expires_on,
        _who(one, language),
        "\n".join(filter(None, (one.form_number, one.file_sha256))),
        "\n".join(_withdrawal(each, language) for each in one.withdrawals),
    )


def _who(one: pb.Consent, language: str) -> str:
    agreed = [session.word("the_client", language)] if one.by_client else []
    if one.guardian:
        agreed.append(catalogue.name_in("GuardianRelation", one.guardian, language))
    return " + ".join(agreed)


def _withdrawal(one: pb.Withdrawal, language: str) -> str:
    parts = [
        _named("PurposeOfUse", one.purposes, language),
        _named("OrgKind", one.recipients, language),
        *one.recipient_orgs,
        _named("Label", one.labels, language),
    ]
    what = "; ".join(filter(None, parts)) or session.word("all_of_it", language)
    return f"{session.local(one.at)}: {what}"


def _named(list_name: str, codes: Iterable[str], language: str) -> str:
    return "; ".join(catalogue.name_in(list_name, code, language) for code in codes)
