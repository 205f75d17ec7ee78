"""The view `referrals`: where each referral stands."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from psycopg import Cursor

from reporting.pathway.entry import Entry
from reporting.pathway.referrals import ReferralStatus, begins_a_referral, may_concern_a_referral
from reporting.views.table import Column, Table


def _column(name: str, type_: str) -> Column[ReferralStatus]:
    return Column(name, type_, attrgetter(name))


_TEXTS = ("number", "service", "sender", "provider", "state", "ended_as", "result")

REFERRALS = Table(
    "referrals",
    [
        _column("referral_id", "uuid"),
        _column("case_id", "uuid NOT NULL"),
        *(_column(name, "text NOT NULL") for name in _TEXTS),
        _column("version", "bigint NOT NULL"),
        _column("requested_at", "timestamptz NOT NULL"),
        _column("changed_at", "timestamptz NOT NULL"),
        _column("appointment_at", "timestamptz"),
        _column("last_event_id", "text NOT NULL"),
    ],
    key=1,
    read=ReferralStatus,
    indexes=[
        "UNIQUE INDEX ON referrals (number)",
        "INDEX ON referrals (case_id)",
        "INDEX ON referrals (provider, changed_at, referral_id)",
        "INDEX ON referrals (sender, changed_at, referral_id)",
        "INDEX ON referrals (changed_at, referral_id)",
    ],
)


@dataclass(frozen=True)
class ReferralsView:
    """Folds pages into the table of referrals."""

    name: str = "referrals"
    version: int = 1

    def create(self, cursor: Cursor[Any], schema: str) -> None:  # noqa: ARG002 - names are bare
        """Makes the empty table."""
        REFERRALS.create(cursor)

    def fold(self, cursor: Cursor[Any], page: Sequence[Entry]) -> None:
        """Takes in a page of the history, in the transaction of the cursor."""
        told = [entry for entry in page if may_concern_a_referral(entry)]
        if told:
            known = REFERRALS.load(cursor, {entry.stream for entry in told})
            REFERRALS.save(cursor, fold_referrals(known, told))


def fold_referrals(known: Iterable[ReferralStatus], told: Iterable[Entry]) -> list[ReferralStatus]:
    """The rows of the referrals that referral's log tells of, after it; `known` are those that there were."""
    referrals = {referral.referral_id: referral for referral in known}
    for entry in told:
        referral = referrals.get(entry.stream)
        if referral is None and begins_a_referral(entry):
            referral = referrals[entry.stream] = ReferralStatus(entry.stream, entry.case_id)
        if referral is not None:
            referral.fold(entry)
    return list(referrals.values())
