"""What a handover notice tells a commune, and on what ground it may: asked of `consent.decide`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from answering import Posting
from answering.consents import may_know, not_covered
from answering.unknown_offices import unknown
from consent import (
    Decision,
    Known,
    Missing,
    Recipient,
    Refused,
    Request,
    What,
    decide,
    ended_at,
    why_ended,
)
from contracts.base import Label
from contracts.vocabulary import ConsentEnd, DetoxKind, OrgKind, PurposeOfUse
from reference import Policy

from followup.domain.stays import Stay

LEGAL = frozenset({DetoxKind.COMPULSORY, DetoxKind.NO_FIXED_RESIDENCE})
"""Stays that an authority ordered: to tell of one tells of that."""

FIELDS = {
    What.RECIPIENT: "/data/to_org",
    What.NOT_ON_THE_LIST: "/data/to_org",
    What.BASIS_UNKNOWN: "/legal_basis",
    What.BASIS_PURPOSE: "/legal_basis",
    What.BASIS_RECIPIENT: "/legal_basis",
    What.BASIS_LABELS: "/legal_basis",
}


class Office(Protocol):
    """An organisation of the directory."""

    @property
    def kind(self) -> str: ...

    @property
    def policy_province(self) -> str:
        """The province whose policy packs hold for it."""
        ...


class Offices(Protocol):
    """The directory of organisations."""

    def get(self, org: str, /) -> Office | None:
        """The organisation of that id, or none."""
        ...


class Ended(NamedTuple):
    """Why a consent holds no more, which one (none where nobody can say), since when, for which labels."""

    why: ConsentEnd
    consent: str | None
    since: datetime
    labels: tuple[Label, ...]


@dataclass(frozen=True)
class Sharing:
    """What is known of consents, and of who is told.

    `known`: of the client of whom something tells that stands in the case; none: of the case's own.
    """

    offices: Offices
    known: Callable[[UUID | None], Known]

    def check(self, kind: DetoxKind, to_org: str, posting: Posting, policy: Policy) -> None:
        """Raises `Refusal` unless a stay of that kind may be told to an organisation: by the client's consent
        or by the law that the posting names. `later` while none is known that may still be reported.

        Judged on the day on which it was told; an operator's notice, which goes out now, now as well.
        """
        meta = posting.meta
        known, sender = self.known(meta.client), self.offices.get(meta.org)
        request = self._request(known, kind, to_org, meta.org, meta.legal_basis)
        if request is None or sender is None:
            raise unknown("organisation_unknown", "/data/to_org")
        for at in dict.fromkeys((meta.occurred_at, meta.occurred_at if posting.cause else meta.received_at)):
            if not isinstance(decide(known.consents, request, at, policy), Refused):
                continue
            told = may_know(known, meta.org, sender.kind)
            why = decide(told.consents, request, at, policy)
            refused = why if isinstance(why, Refused) else Refused((Missing(What.NO_CONSENT),))
            later = [one.what for one in refused.missing] == [What.NO_CONSENT]
            raise not_covered(refused, FIELDS, later=later)

    def ended(self, stay: Stay, at: datetime, policy: Policy) -> Ended | None:
        """Why the consent by which a commune was told of a stay covers that no more; none while one does, and
        where none was needed."""
        if not stay.by_consent or stay.notified_to is None or stay.told_at is None:
            return None
        known = self.known(stay.told_of)
        request, consents = self._request(known, stay.kind, stay.notified_to, stay.facility), known.consents
        if request is None or not isinstance(decide(consents, request, at, policy), Refused):
            return None
        rested_on = _rested_on(known, decide(consents, request, stay.told_at, policy))
        labels = tuple(sorted(request.labels))
        return Ended(why_ended(consents, rested_on, at), rested_on, ended_at(consents, rested_on, at), labels)

    def _request(
        self, known: Known, kind: DetoxKind, to_org: str, by: str, legal_basis: str | None = None
    ) -> Request | None:
        """What it takes to tell that organisation; none where one of the two is not known."""
        sender, recipient = self.offices.get(by), self.offices.get(to_org)
        if sender is None or recipient is None:
            return None
        return Request(
            PurposeOfUse.COORDINATION,
            Recipient(to_org, OrgKind(recipient.kind)),
            frozenset({Label.DRUG, Label.LEGAL} if kind in LEGAL else {Label.DRUG}),
            known.client,
            legal_basis,
            sender.policy_province,
        )


def _rested_on(known: Known, decision: Decision) -> str | None:
    """The consent on which a notice rested, as far as is known now: none decides that was voided."""
    if isinstance(decision, Refused) and known.voided:
        return max(known.voided)
    return decision.nearest if isinstance(decision, Refused) else decision.reference
