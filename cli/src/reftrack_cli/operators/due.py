"""`reftrack due`: the terms that run of referrals and handovers, the one that ends first first."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from contracts import catalogue
from reftrack.common.v1.deadline_pb2 import DueDeadline
from reftrack.followup.v1 import followup_pb2, followup_pb2_grpc
from reftrack.referral.v1 import referral_pb2, referral_pb2_grpc

from reftrack_cli import session
from reftrack_cli.session import As, Json, Language, State

HEADINGS = ("until", "due", "number", "must_act", "waiting_side", "since", "overdue")
_PAGE = 200


def due(
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only what has ended while nothing came.")
    ] = False,
    which: Annotated[
        list[str] | None, typer.Option(help="acknowledge, answer, handover_receipt, …; may be repeated.")
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="How many of each service at the most.")] = 200,
    state: State = None,
    as_: As = None,
    json: Json = False,
    lang: Language = None,
) -> None:
    """List what is due, to your organisation and from it; who supervises sees its territory."""
    language, who = session.language(lang), session.speaker(as_, role="supervisor")
    asked: dict[str, Any] = {"overdue_only": overdue, "which": which or ()}
    with session.calling("referral", who, state, lang=lang, json=json) as channel:
        referrals = referral_pb2_grpc.ReferralServiceStub(channel)
        found, cut = _all(referrals.ListDeadlines, referral_pb2.ListDeadlinesRequest(**asked), most)
    with session.calling("followup", who, state, lang=lang, json=json) as channel:
        stays = followup_pb2_grpc.FollowupServiceStub(channel)
        more, also_cut = _all(stays.ListDeadlines, followup_pb2.ListDeadlinesRequest(**asked), most)
    table = session.table(*session.words(HEADINGS, language))
    for one in sorted((*found, *more), key=lambda one: (one.due_at.seconds, one.number)):
        session.as_json(one) if json else table.add_row(*_row(one, language))
    if not json:
        session.show(table, language)
    session.tell_more(cut or also_cut, language)


def _all(ask: Any, request: Any, most: int) -> tuple[list[DueDeadline], bool]:
    """At most so many, and whether there are more."""
    found: list[DueDeadline] = []
    while len(found) < most:
        request.page_size = min(most - len(found), _PAGE)
        page = ask(request)
        found += page.deadlines
        request.page_token = page.next_page_token
        if not page.next_page_token:
            return found, False
    return found, True


def _row(one: DueDeadline, language: str) -> tuple[str, ...]:
    which = catalogue.name_in("Deadline", one.which, language)
    overdue = session.word("overdue", language) if one.overdue else ""
    return session.local(one.due_at), which, one.number, one.org, one.other, one.since, overdue
