"""`reftrack referrals list|show|watch`: what was sent, to whom, and where it stands."""

from __future__ import annotations

from typing import Annotated

import typer
from contracts import catalogue
from reftrack.reporting.v1 import status_pb2, status_pb2_grpc

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.operators import naming
from reftrack_cli.session import LAST, As, Json, Language, Most, State, out, word

app = typer.Typer(no_args_is_help=True, help="Referrals: list them, show one, watch one.")
Number = Annotated[str, typer.Argument(help="Number of the referral, CG-….")]
HEADINGS = ("number", "service", "sender", "provider", "commune", "state", "changed")


@app.command(name="list")
def list_(
    provider: Annotated[str, typer.Option(help="Only to this organisation.", show_default=False)] = "",
    sender: Annotated[str, typer.Option(help="Only from this organisation.", show_default=False)] = "",
    commune: Annotated[str, typer.Option(help="Only of clients of this commune.", show_default=False)] = "",
    service: Annotated[
        str, typer.Option(metavar="CODE", help="Only for this service: {Service}.", show_default=False)
    ] = "",
    in_state: Annotated[
        list[str] | None,
        typer.Option("--in-state", metavar="CODE", help="Only these; may be repeated: {ReferralState}."),
    ] = None,
    most: Most = 50,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List referrals, the newest change first."""
    request = status_pb2.ListReferralsRequest(
        provider=provider,
        sender=sender,
        commune=commune,
        service=service,
        states=in_state or (),
    )
    who = session.speaker(as_, role="supervisor")
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        found = Paged(status_pb2_grpc.StatusServiceStub(channel).ListReferrals, request, "referrals", most)
        listing.tell(found, HEADINGS, _row, session.language(lang), json=json)


@app.command()
def show(
    number: Number, state: State = None, as_: As = None, json: Json = False, lang: Language = None
) -> None:
    """Show where one referral stands and which moves that allows."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        answer = status_pb2_grpc.StatusServiceStub(channel).GetReferral(
            status_pb2.GetReferralRequest(number=number)
        )
    if json:
        session.as_json(answer.referral)
        return
    table = session.table(*session.words(HEADINGS, language))
    table.add_row(*_row(answer.referral, language))
    out.print(table, markup=False)
    moves = [catalogue.name_in("Move", move, language) for move in answer.referral.moves]
    out.print(f"{word('moves', language)}: {'; '.join(moves) or word('none', language)}")
    out.print(f"{word('case', language)}: {answer.referral.case_id}")
    if answer.referral.consent_end:
        ended = catalogue.name_in("ConsentEnd", answer.referral.consent_end, language)
        out.print(f"{word('consent_end', language)}: {ended}", markup=False)


@app.command()
def watch(
    number: Number,
    after: Annotated[
        int,
        typer.Option(
            min=0, max=LAST, metavar="N", help="Only changes after this `seq` of an earlier answer."
        ),
    ] = 0,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """Print the referral as it is, then each change as it is recorded, until Ctrl-C."""
    request = status_pb2.WatchReferralRequest(number=number, after_seq=after)
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    with session.calling("reporting", who, state, lang=lang, json=json) as channel:
        try:
            for answer in status_pb2_grpc.StatusServiceStub(channel).WatchReferral(request):
                for change in answer.changes:
                    if json:
                        session.as_json(change)
                    else:
                        recorded = session.local(change.recorded_at)
                        named = naming.state(change.referral.state, language)
                        out.print(f"{change.seq:>8}  {recorded:16}  {named}")
        except KeyboardInterrupt:
            session.err.print(word("stopped", language))


def _row(referral: status_pb2.Referral, language: str) -> tuple[str, ...]:
    return (
        referral.number,
        naming.service(referral.service, language),
        referral.sender,
        referral.provider,
        naming.place(referral.commune, language),
        naming.state(referral.state, language),
        session.local(referral.changed_at),
    )
