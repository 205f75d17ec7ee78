"""`reftrack agencies`: the registry of offices, for who supervises their area."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from contracts import catalogue
from google.protobuf.message import Message
from reftrack.intake.v1 import agencies_pb2 as pb
from reftrack.intake.v1.agencies_pb2_grpc import AgencyServiceStub

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.operators.commanding import Expected, Request, carry_out
from reftrack_cli.session import As, Json, Language, State, out

app = typer.Typer(
    no_args_is_help=True, help="The registry of offices: who takes part, where, with what rights."
)
OF_THE_SEED = {"seed_not_asked": "not_asked", "seed_not_let_in": "topics_only"}
"""What the registry says of an office of the seed that was not provisioned, and the word in its column."""
HEADINGS = ("agency", "kind", "territory", "state", "provisioned", "name")
DETAILS = (
    "services",
    "may_post",
    "sealed_only",
    "in_force_from",
    "in_force_until",
    "contact",
    "version",
)

Org = Annotated[str, typer.Argument(help="Id of the office, e.g. cap-bo-de; it names its topics.")]
Commune = Annotated[str | None, typer.Option(help="Code of the commune it answers for.", show_default=False)]
District = Annotated[str | None, typer.Option(help="Or of the district.", show_default=False)]
Province = Annotated[str | None, typer.Option(help="Or of the province.", show_default=False)]
NameVi = Annotated[str | None, typer.Option("--name-vi", help="Name in Vietnamese.", show_default=False)]
NameEn = Annotated[str | None, typer.Option("--name-en", help="Name in English.", show_default=False)]
Services = Annotated[
    list[str] | None,
    typer.Option("--service", help="A service it offers. Can be repeated.", show_default=False),
]
MayPost = Annotated[
    list[str] | None,
    typer.Option(
        "--may-post", help="Only these events, e.g. client-contacted. Can be repeated.", show_default=False
    ),
]
Phone = Annotated[str | None, typer.Option(help="Telephone of the office.", show_default=False)]
Email = Annotated[str | None, typer.Option(help="Mailbox of the office.", show_default=False)]
Address = Annotated[str | None, typer.Option(help="Address of the office.", show_default=False)]
Day = Annotated[
    str | None,
    typer.Option(
        metavar="YYYY-MM-DD",
        help="The first (--since) or the last day (--until) on which it is in force.",
        show_default=False,
    ),
]
Decision = Annotated[str, typer.Option(help="Number of the decision, e.g. 128/QĐ-UBND.", show_default=False)]


@app.command()
def add(
    org: Org,
    kind: Annotated[str, typer.Option(help="Kind of office, e.g. ward_police.")],
    name_vi: Annotated[str, typer.Option("--name-vi", help="Name in Vietnamese.")],
    name_en: Annotated[str, typer.Option("--name-en", help="Name in English.")],
    commune: Commune = None,
    district: District = None,
    province: Province = None,
    service: Services = None,
    may_post: MayPost = None,
    phone: Phone = None,
    email: Email = None,
    address: Address = None,
    sealed_only: Annotated[
        bool, typer.Option("--sealed-only", help="Accept identity only sealed to intake's public key.")
    ] = False,
    since: Day = None,
    until: Day = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Enter an office. Its password for Kafka is shown once, and kept nowhere."""
    request = pb.RegisterAgencyRequest(
        org=org,
        kind=kind,
        name_vi=name_vi,
        name_en=name_en,
        commune=commune or "",
        district=district or "",
        province=province or "",
        services=service or [],
        may_post=None if may_post is None else pb.MayPost(events=may_post),
        contact=_contact(phone, email, address),
        sealed_only=sealed_only,
        since=since or "",
        until=until or "",
    )
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def change(
    org: Org,
    name_vi: NameVi = None,
    name_en: NameEn = None,
    commune: Commune = None,
    district: District = None,
    province: Province = None,
    service: Services = None,
    may_post: MayPost = None,
    may_post_all: Annotated[
        bool, typer.Option("--may-post-all", help="Everything that its kind may post.")
    ] = False,
    phone: Phone = None,
    email: Email = None,
    address: Address = None,
    sealed_only: Annotated[
        bool | None,
        typer.Option("--sealed-only/--clear-too", help="Identity only sealed.", show_default=False),
    ] = None,
    since: Day = None,
    until: Day = None,
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Change what is given; the rest stays as it is."""
    request = pb.ChangeAgencyRequest(
        org=org,
        name_vi=name_vi,
        name_en=name_en,
        commune=commune,
        district=district,
        province=province,
        services=None if service is None else pb.ServicesOffered(services=service),
        may_post=None if may_post is None else pb.MayPost(events=may_post),
        may_post_all=may_post_all,
        contact=_contact(phone, email, address),
        sealed_only=sealed_only,
        since=since,
        until=until,
        expected_version=expect,
    )
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def suspend(
    org: Org,
    reason: Annotated[
        str, typer.Option(help="credentials_leaked, misuse, closed_for_now, by_order or other.")
    ],
    decision: Decision = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Take an office out: nothing it posts or commands counts, and it can write to Kafka no more."""
    request = pb.SuspendAgencyRequest(org=org, reason=reason, decision=decision, expected_version=expect)
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def reinstate(
    org: Org,
    decision: Decision = "",
    expect: Expected = None,
    request_id: Request = None,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Let an office take part again, with a new password."""
    request = pb.ReinstateAgencyRequest(org=org, decision=decision, expected_version=expect)
    _carry_out(request, request_id, as_, state, json, lang)


@app.command()
def credentials(
    org: Org, state: State = None, as_: As = None, json: Json = False, lang: Language = None
) -> None:
    """Make a new password for Kafka; the one before stops working."""
    with session.calling(
        "intake", session.speaker(as_, role="supervisor"), state, lang=lang, json=json
    ) as channel:
        answer = AgencyServiceStub(channel).RenewCredentials(pb.RenewCredentialsRequest(org=org))
    if json:
        session.as_json(answer)
    else:
        _tell_credentials(answer.credentials, session.language(lang))


@app.command()
def show(org: Org, state: State = None, as_: As = None, json: Json = False, lang: Language = None) -> None:
    """Show what the registry says of an office."""
    with session.calling(
        "intake", session.speaker(as_, role="supervisor"), state, lang=lang, json=json
    ) as channel:
        answer = AgencyServiceStub(channel).GetAgency(pb.GetAgencyRequest(org=org))
    session.as_json(answer.agency) if json else _tell_agency(answer.agency, session.language(lang))


@app.command(name="list")
def list_(
    kind: Annotated[str, typer.Option(help="Only of this kind.", show_default=False)] = "",
    suspended: Annotated[bool, typer.Option("--suspended", help="Only those suspended.")] = False,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List the offices of the territory of who asks."""
    language = session.language(lang)
    request = pb.ListAgenciesRequest(kind=kind, state="suspended" if suspended else "")
    with session.calling(
        "intake", session.speaker(as_, role="supervisor"), state, lang=lang, json=json
    ) as channel:
        found = Paged(AgencyServiceStub(channel).ListAgencies, request, "agencies")
        listing.tell(found, HEADINGS, _row, language, json=json)


def _contact(phone: str | None, email: str | None, address: str | None) -> pb.AgencyContact | None:
    if phone is email is address is None:
        return None
    return pb.AgencyContact(phone=phone or "", email=email or "", address=address or "")


def _carry_out(
    request: Message,
    request_id: str | None,
    as_: str | None,
    state: Path | None,
    json: bool,
    lang: str | None,
) -> None:
    who = session.speaker(as_, role="supervisor")
    answer = carry_out(AgencyServiceStub, request, request_id, who, state, lang=lang, json=json)
    _tell(answer, json, lang)


_Answer = (
    pb.RegisterAgencyResponse
    | pb.ChangeAgencyResponse
    | pb.SuspendAgencyResponse
    | pb.ReinstateAgencyResponse
)


def _tell(answer: _Answer, json: bool, lang: str | None) -> None:
    if json:
        session.as_json(answer)
        return
    language = session.language(lang)
    _tell_agency(answer.agency, language)
    given = getattr(answer, "credentials", None)
    if given is not None and given.password:
        _tell_credentials(given, language)


def _tell_agency(one: pb.Agency, language: str) -> None:
    table = session.table("", one.org)
    for heading, said in zip(HEADINGS[1:], _row(one, language)[1:], strict=True):
        table.add_row(session.word(heading, language), said)
    if one.provisioning_problem in OF_THE_SEED:
        table.add_row("", catalogue.text(one.provisioning_problem, language))
    for heading, said in zip(DETAILS, _details(one, language), strict=True):
        if said:
            table.add_row(session.word(heading, language), said)
    session.show(table, language)


def _tell_credentials(given: pb.Credentials, language: str) -> None:
    """Once, on standard output, so that a script can take it; a warning beside it."""
    for heading in ("username", "password", "mechanism", "events_topic", "receipts_topic", "group_prefix"):
        out.print(
            f"{session.word(heading, language)}: {getattr(given, heading)}", markup=False, soft_wrap=True
        )
    session.err.print(session.word("shown_once", language), style="yellow", markup=False)


def _row(one: pb.Agency, language: str) -> tuple[str, ...]:
    name = one.name_vi if language == "vi" else one.name_en
    kind = catalogue.name_in("OrgKind", one.kind, language)
    return (
        one.org,
        kind,
        _territory(one, language),
        _state(one, language),
        _ready(one, language),
        name,
    )


def _state(one: pb.Agency, language: str) -> str:
    """Whether it takes part: its life goes before `active`, and stands beside `suspended`."""
    told = [] if one.state == "active" and one.life else [session.word(one.state, language)]
    if one.suspend_reason:
        told[0] += f" ({catalogue.name_in('SuspendReason', one.suspend_reason, language)})"
    if one.life:
        day = one.until if one.life == "ended" else one.since
        told.append(session.say(f"life_{one.life}", language, day=day))
    return "; ".join(told)


def _territory(one: pb.Agency, language: str) -> str:
    code = one.commune or one.district or one.province
    name = one.territory_vi if language == "vi" else one.territory_en
    return " ".join(filter(None, (code, name))) or session.word("everywhere", language)


def _ready(one: pb.Agency, language: str) -> str:
    if one.provisioned:
        return session.word("taken_away" if one.state == "suspended" else "is_so", language)
    if (word := OF_THE_SEED.get(one.provisioning_problem)) is not None:
        return session.word(word, language)
    why = catalogue.text(one.provisioning_problem, language) if one.provisioning_problem else ""
    return f"{session.word('not_yet', language)} {why}".strip()


def _details(one: pb.Agency, language: str) -> tuple[str, ...]:
    services = "; ".join(catalogue.name_in("Service", each, language) for each in one.services)
    events = ", ".join(one.may_post.events) if one.HasField("may_post") else ""
    sealed = session.word("is_so", language) if one.sealed_only else ""
    contact = "; ".join(filter(None, (one.contact.phone, one.contact.email, one.contact.address)))
    return services, events, sealed, one.since, one.until, contact, str(one.version)
