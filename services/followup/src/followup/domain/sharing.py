"""What a handover notice tells a commune, and on what ground it may: asked of `consent.decide`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from answering import Posting
from answering.consents import may_know, not_covered
from chassis.refusal import Refusal
from consent import NOTHING_KNOWN, Known, Missing, Recipient, Refused, Request, What, decide
from contracts.base import Label
from contracts.vocabulary import DetoxKind, OrgKind, PurposeOfUse
from reference import Policy

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


@dataclass(frozen=True)
class Sharing:
    """What is known of a client's consents, and of who is told."""

    offices: Offices
    known: Known = NOTHING_KNOWN

    def check(self, kind: DetoxKind, to_org: str, posting: Posting, policy: Policy) -> None:
        """Raises `Refusal` unless a stay of that kind may be told to an organisation: by the client's consent
        or by the law that the posting names. `later` while none is known that may still be reported."""
        sender, recipient = self.offices.get(posting.meta.org), self.offices.get(to_org)
        if sender is None or recipient is None:
            raise Refusal("organisation_unknown", field="/data/to_org")
        request = Request(
            PurposeOfUse.COORDINATION,
            Recipient(to_org, OrgKind(recipient.kind)),
            frozenset({Label.DRUG, Label.LEGAL} if kind in LEGAL else {Label.DRUG}),
            self.known.client,
            posting.meta.legal_basis,
            sender.policy_province,
        )
        at = posting.meta.occurred_at
        if not isinstance(decide(self.known.consents, request, at, policy), Refused):
            return
        told = may_know(self.known, posting.meta.org, sender.kind)
        why = decide(told.consents, request, at, policy)
        refused = why if isinstance(why, Refused) else Refused((Missing(What.NO_CONSENT),))
        later = [one.what for one in refused.missing] == [What.NO_CONSENT]
        raise not_covered(refused, FIELDS, later=later)
