"""`reftrack due`: the terms that run of referrals, handovers and moves, the one that ends first first."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from contracts import catalogue
from reftrack.common.v1.deadline_pb2 import DueDeadline
from reftrack.followup.v1 import followup_pb2, followup_pb2_grpc
from reftrack.intake.v1 import cases_pb2, cases_pb2_grpc
from reftrack.referral.v1 import referral_pb2, referral_pb2_grpc

from reftrack_cli import listing, session
from reftrack_cli.listing import Paged
from reftrack_cli.session import LAST, As, Json, Language, State

HEADINGS = ("due_by", "due", "number", "must_act", "waiting_side", "since", "overdue")

_LISTS: tuple[tuple[str, Any, type[Any]], ...] = (
    ("referral", referral_pb2_grpc.ReferralServiceStub, referral_pb2.ListDeadlinesRequest),
    ("followup", followup_pb2_grpc.FollowupServiceStub, followup_pb2.ListDeadlinesRequest),
    ("intake", cases_pb2_grpc.CaseServiceStub, cases_pb2.ListDeadlinesRequest),
)


def due(
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only what has ended while nothing came.")
    ] = False,
    which: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only these; may be repeated: {Deadline}.")
    ] = None,
    most: Annotated[
        int, typer.Option(min=1, max=LAST, metavar="N", help="How many of each service at the most.")
    ] = 200,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List what is due, to your organisation and from it; who supervises sees its territory."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    asked: dict[str, Any] = {"overdue_only": overdue, "which": which or ()}
    found: list[DueDeadline] = []
    more = False
    for service, stub, request in _LISTS:
        with session.calling(service, who, state, lang=lang, json=json) as channel:
            page = Paged(stub(channel).ListDeadlines, request(**asked), "deadlines", most)
            found += page
            more = more or page.more
    found.sort(key=lambda one: (one.due_at.seconds, one.number))
    listing.tell(found, HEADINGS, _row, language, json=json)
    session.tell_more(more, language)


def _row(one: DueDeadline, language: str) -> tuple[str, ...]:
    which = catalogue.name_in("Deadline", one.which, language)
    overdue = session.word("overdue", language) if one.overdue else ""
    return session.local(one.due_at), which, one.number, one.org, one.other, one.since, overdue
