"""`reftrack identity show|reads|refusals`: who a client is, for a reason that is recorded; who has asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from contracts import catalogue
from contracts.base import title_of
from contracts.events.intake import Identity
from reftrack.intake.v1 import identity_pb2, identity_pb2_grpc
from reftrack_local.access import Speaker

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.operators.cases_named import Case, id_of
from reftrack_cli.session import As, Json, Language, State, err, word

app = typer.Typer(no_args_is_help=True, help="Who a client is. Each look is recorded with its reason.")
READS = ("occurred", "agency", "by", "purpose", "reason")
REFUSALS = ("occurred", "agency", "by", "case", "purpose", "reason")


@app.command()
def show(
    case: Case,
    reason: Annotated[str, typer.Option(help="Why; it is kept, sealed, for auditors.")],
    purpose: Annotated[
        str,
        typer.Option(metavar="CODE", help="What for: {PurposeOfUse-statistics}.", show_default=False),
    ] = "",
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CODE",
            help="Only this field; may be given several times: {IdentityField-sex-birth_year}.",
            show_default=False,
        ),
    ] = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Show who the client of a case is. That you looked is recorded first, else nothing is shown."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    request = identity_pb2.ReadIdentityRequest(
        case_id=id_of(case, who, state, lang=lang, json=json),
        reason=reason,
        purpose=purpose,
        fields=field or [],
    )
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        answer = identity_pb2_grpc.IdentityServiceStub(channel).ReadIdentity(request)
    if json:
        session.as_json(answer)
        return
    table = session.table(*session.words(("field", "value", "agency", "recorded"), language))
    for one in answer.values:
        title = title_of_field(one.field, language)
        notes = [word(name, language) for name in ("voided", "cleared") if getattr(one, name)]
        value = f"{one.value} ({', '.join(notes)})" if notes else one.value
        table.add_row(title, value, one.org, session.local(one.recorded_at))
    session.show(table, language)
    err.print(f"{word('read_recorded', language)} {answer.read_event_id}", style="dim", markup=False)


@app.command()
def reads(case: Case, state: State = None, as_: As = None, json: Json = False, lang: Language = None) -> None:
    """List who has read the identity of a case's client, when and why, newest first."""
    who = session.speaker(as_, role="auditor", org="thanh-tra-ha-noi")
    request = identity_pb2.ListIdentityReadsRequest(case_id=id_of(case, who, state, lang=lang, json=json))
    _list(request, READS, _read, who, state, lang, json=json)


@app.command()
def refusals(
    case: Annotated[
        str, typer.Argument(help="Only for this case: its id, as it was asked for.", show_default=False)
    ] = "",
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List who of the offices in your area was refused an identity, when and why, newest first."""
    who = session.speaker(as_, role="auditor", org="thanh-tra-ha-noi")
    request = identity_pb2.ListIdentityReadsRequest(case_id=case, refused=True)
    _list(request, REFUSALS, _refusal, who, state, lang, json=json)


def _list(
    request: identity_pb2.ListIdentityReadsRequest,
    headings: tuple[str, ...],
    row: Callable[[identity_pb2.IdentityRead, str], tuple[str, ...]],
    who: Speaker,
    state: Path | None,
    lang: str | None,
    *,
    json: bool,
) -> None:
    with session.calling("intake", who, state, lang=lang, json=json) as channel:
        found = Paged(identity_pb2_grpc.IdentityServiceStub(channel).ListIdentityReads, request, "reads")
        listing.tell(found, headings, row, session.language(lang), json=json)


def _refusal(one: identity_pb2.IdentityRead, language: str) -> tuple[str, ...]:
    purpose = catalogue.name_in("PurposeOfUse", one.purpose, language) if one.purpose else ""
    why = catalogue.name_in("ReadRefusal", one.refused, language)
    return session.local(one.at), one.org, one.by, one.case_id, purpose, why


def _read(one: identity_pb2.IdentityRead, language: str) -> tuple[str, ...]:
    purpose = catalogue.name_in("PurposeOfUse", one.purpose, language)
    return session.local(one.at), one.org, one.by, purpose, one.reason


def title_of_field(name: str, language: str) -> str:
    """The title of a field of an identity; what the vault keeps of a guardian is named after the guardian."""
    if name in Identity.model_fields:
        return _title(name, language)
    of_guardian = name.removeprefix("guardian_")
    if of_guardian == name or of_guardian not in Identity.model_fields:
        return name
    guardian = catalogue.name_in("IdentityField", "guardian", language)
    return f"{_title(of_guardian, language)} ({guardian})"


def _title(name: str, language: str) -> str:
    title = title_of(Identity.model_fields[name])
    return catalogue.in_lang(title, language) if title else name
