"""The view `referrals`: where each referral stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from psycopg import Cursor

from reporting.pathway.corrections import is_void
from reporting.pathway.entry import REFERRAL, Entry
from reporting.pathway.referrals import (
    ReferralStatus,
    begins_a_referral,
    may_concern_a_referral,
    referral_after,
)
from reporting.views.anew import History, history_of
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
        _column("voids", "bigint NOT NULL"),
        *(_column(name, "text NOT NULL") for name in ("consent_id", "purpose", "labels", "lapse")),
        _column("client_id", "uuid"),
    ],
    key=1,
    read=ReferralStatus,
    indexes=[
        "UNIQUE INDEX ON referrals (number)",
        "INDEX ON referrals (case_id)",
        "INDEX ON referrals (client_id) WHERE client_id IS NOT NULL",
        "INDEX ON referrals (provider, changed_at, referral_id)",
        "INDEX ON referrals (sender, changed_at, referral_id)",
        "INDEX ON referrals (changed_at, referral_id)",
    ],
)


@dataclass(frozen=True)
class ReferralsView:
    """Folds pages into the table of referrals."""

    name: str = "referrals"
    version: int = 4

    def create(self, cursor: Cursor[Any], schema: str) -> None:  # noqa: ARG002 - names are bare
        """Makes the empty table."""
        REFERRALS.create(cursor)

    def fold(self, cursor: Cursor[Any], page: Sequence[Entry]) -> None:
        """Takes in a page of the history, in the transaction of the cursor."""
        told = [entry for entry in page if may_concern_a_referral(entry)]
        if told:
            known = REFERRALS.load(cursor, {entry.stream for entry in told})
            whole = history_of(cursor, page[-1].seq, source=REFERRAL)
            REFERRALS.save(cursor, fold_referrals(known, told, whole))


def fold_referrals(
    known: Iterable[ReferralStatus], told: Collection[Entry], whole: History
) -> list[ReferralStatus]:
    """The rows of the referrals that referral's log tells of, after it; `known` are those that there were.

    A referral of which something was voided is folded anew from all that its case's `whole` history tells.
    """
    referrals = {referral.referral_id: referral for referral in known}
    touched = {stream for stream, referral in referrals.items() if referral.voids}
    touched |= {entry.stream for entry in told if is_void(entry)}
    for entry in told:
        if entry.stream not in touched:
            _take_in(referrals, entry)
    if touched:
        cases = {entry.case_id for entry in told if entry.stream in touched}
        referrals |= _anew(touched, whole(cases))
    return list(referrals.values())


def _take_in(referrals: dict[UUID, ReferralStatus], entry: Entry) -> None:
    referral = referrals.get(entry.stream)
    if referral is None and begins_a_referral(entry):
        referral = referrals[entry.stream] = ReferralStatus(entry.stream, entry.case_id)
    if referral is not None:
        referral.fold(entry)


def _anew(streams: Collection[UUID], cases: Mapping[UUID, Sequence[Entry]]) -> dict[UUID, ReferralStatus]:
    entries = [entry for told in cases.values() for entry in told if may_concern_a_referral(entry)]
    own = {stream: [entry for entry in entries if entry.stream == stream] for stream in streams}
    found = {stream: referral_after(told) for stream, told in own.items()}
    return {stream: referral for stream, referral in found.items() if referral is not None}
