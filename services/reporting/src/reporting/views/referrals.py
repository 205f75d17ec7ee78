"""The view `referrals`: where each referral stands."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from psycopg import Cursor

from reporting.pathway.entry import Entry
from reporting.pathway.referrals import ReferralStatus, tells_of_a_referral
from reporting.views.table import Column, Table


def _column(name: str, type_: str) -> Column[ReferralStatus]:
    return Column(name, type_, attrgetter(name))


REFERRALS = Table(
    "referrals",
    [
        _column("referral_id", "uuid"),
        _column("case_id", "uuid NOT NULL"),
        *(_column(name, "text NOT NULL") for name in ("number", "service", "provider", "sender", "state")),
        *(_column(name, "text NOT NULL") for name in ("reason", "outcome")),
        *(
            _column(name, "timestamptz")
            for name in ("requested_at", "received_at", "answered_at", "appointment_at", "started_at")
        ),
        *(_column(name, "timestamptz") for name in ("ended_at", "closed_at", "moved_at", "recorded_at")),
        _column("last_event_id", "text NOT NULL"),
    ],
    key=1,
    read=ReferralStatus,
    indexes="""
    CREATE UNIQUE INDEX ON referrals (number);
    CREATE INDEX ON referrals (case_id);
    CREATE INDEX ON referrals (provider, state, requested_at, referral_id);
    CREATE INDEX ON referrals (sender, requested_at, referral_id);
    CREATE INDEX ON referrals (requested_at, referral_id);
    """,
)


@dataclass(frozen=True)
class ReferralsView:
    """Folds pages into the table of referrals."""

    name: str = "referrals"
    version: int = 1
    tables: tuple[Table[Any], ...] = (REFERRALS,)

    def fold(self, cursor: Cursor[Any], page: Iterable[Entry]) -> None:
        """Takes in a page of the history, in the transaction of the cursor."""
        moves = [entry for entry in page if tells_of_a_referral(entry)]
        known = REFERRALS.load(cursor, {move.stream for move in moves})
        REFERRALS.save(cursor, fold_referrals(known, moves))


def fold_referrals(known: Iterable[ReferralStatus], moves: Iterable[Entry]) -> list[ReferralStatus]:
    """The rows of all referrals that the moves are about, after them; `known` are those that there were."""
    referrals = {referral.referral_id: referral for referral in known}
    for move in moves:
        referral = referrals.get(move.stream)
        if referral is None:
            referral = referrals[move.stream] = ReferralStatus(move.stream, move.case_id)
        referral.fold(move)
    return list(referrals.values())
