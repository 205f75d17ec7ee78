"""`reftrack referrals list|show|watch`: what was sent, to whom, and where it stands."""

from __future__ import annotations

from typing import Annotated

import typer
from reftrack.reporting.v1 import status_pb2, status_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, State, out

app = typer.Typer(no_args_is_help=True, help="Referrals: list them, show one, watch one.")
Narrowed = Annotated[str, typer.Option(show_default=False)]
HEADINGS = ("number", "service", "sender", "provider", "commune", "state", "changed")


@app.command(name="list")
def list_(
    provider: Narrowed = "",
    sender: Narrowed = "",
    commune: Narrowed = "",
    service: Narrowed = "",
    in_state: Annotated[
        list[str] | None, typer.Option("--in-state", help="e.g. accepted; may be repeated.")
    ] = None,
    most: Annotated[int, typer.Option(help="How many at the most.")] = 50,
    state: State = None,
    as_: As = None,
    json: Json = False,
) -> None:
    """List referrals, the newest change first."""
    request = status_pb2.ListReferralsRequest(
        provider=provider,
        sender=sender,
        commune=commune,
        service=service,
        states=in_state or (),
        page_size=min(most, 500),
    )
    table, left = session.table(*HEADINGS), most
    with session.calling("reporting", session.speaker(as_, role="supervisor"), state) as channel:
        status = status_pb2_grpc.StatusServiceStub(channel)
        while left > 0:
            page = status.ListReferrals(request)
            for referral in page.referrals[:left]:
                session.as_json(referral) if json else table.add_row(*_row(referral))
            left -= len(page.referrals)
            request.page_token = page.next_page_token
            if not page.next_page_token:
                break
    if not json:
        out.print(table)


@app.command()
def show(number: str, state: State = None, as_: As = None, json: Json = False) -> None:
    """Show where one referral stands and which moves that allows."""
    with session.calling("reporting", session.speaker(as_, role="supervisor"), state) as channel:
        answer = status_pb2_grpc.StatusServiceStub(channel).GetReferral(
            status_pb2.GetReferralRequest(number=number)
        )
    if json:
        session.as_json(answer.referral)
        return
    table = session.table(*HEADINGS)
    table.add_row(*_row(answer.referral))
    out.print(table)
    out.print(f"Moves allowed: {', '.join(answer.referral.moves) or 'none'}")


@app.command()
def watch(
    number: str,
    after: Annotated[int, typer.Option(help="Only changes after this place in the history.")] = 0,
    state: State = None,
    as_: As = None,
    json: Json = False,
) -> None:
    """Print the referral as it is, then each change as it is recorded, until Ctrl-C."""
    request = status_pb2.WatchReferralRequest(number=number, after_seq=after)
    with session.calling("reporting", session.speaker(as_, role="supervisor"), state) as channel:
        try:
            for answer in status_pb2_grpc.StatusServiceStub(channel).WatchReferral(request):
                for change in answer.changes:
                    if json:
                        session.as_json(change)
                    else:
                        recorded = session.local(change.recorded_at)
                        out.print(f"{change.seq:>8}  {recorded:16}  {change.referral.state}")
        except KeyboardInterrupt:
            out.print("stopped")


def _row(referral: status_pb2.Referral) -> tuple[str, ...]:
    return (
        referral.number,
        referral.service,
        referral.sender,
        referral.provider,
        referral.commune,
        referral.state,
        session.local(referral.changed_at),
    )
