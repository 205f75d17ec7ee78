"""What a client agreed to, who agreed, on what evidence; and what somebody wants to share.

Instants are aware; days are those of Asia/Ho_Chi_Minh. Nothing here names a person: a consent is known by the
id of its event.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import reduce

from contracts.base import Label
from contracts.vocabulary import OrgKind, PurposeOfUse

NO_ORGS: frozenset[str] = frozenset()
NO_KINDS: frozenset[OrgKind] = frozenset()
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Recipient:
    """The organisation that would get to know."""

    org: str
    kind: OrgKind


@dataclass(frozen=True, slots=True)
class Recipients:
    """Kinds of organisation, single organisations, or both."""

    kinds: frozenset[OrgKind] = NO_KINDS
    orgs: frozenset[str] = NO_ORGS

    def has(self, recipient: Recipient) -> bool:
        """Whether an organisation is among them, by its kind or by itself."""
        return recipient.kind in self.kinds or recipient.org in self.orgs


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a consent: the number of the paper form, the SHA-256 of the signed file, or both."""

    form_number: str | None = None
    file_sha256: str | None = None

    def __post_init__(self) -> None:
        if self.form_number is None and self.file_sha256 is None:
            raise ValueError("evidence is empty: give form_number, file_sha256 or both")
        if self.file_sha256 is not None and not _SHA256.fullmatch(self.file_sha256):
            raise ValueError("file_sha256: give the SHA-256 of the file, 64 lower-case hex digits")

    def is_file(self, content: bytes) -> bool:
        """Whether a file is the one that was signed."""
        return hashlib.sha256(content).hexdigest() == self.file_sha256


@dataclass(frozen=True, slots=True)
class Guardian:
    """Somebody who agreed for a child or for who cannot decide; `relation`: parent, guardian."""

    relation: str


@dataclass(frozen=True, slots=True)
class Client:
    """What a decision needs of a person. `born`: the day or only the year, none where neither is known;
    `represented`: a court or the law lets a guardian decide for an adult."""

    born: date | int | None = None
    represented: bool = False

    def least_age(self, on: date) -> int | None:
        """The age in years on a day; where only the year of birth is known the lower of the two possible."""
        if self.born is None:
            return None
        if isinstance(self.born, int):
            return max(on.year - self.born - 1, 0)
        return on.year - self.born.year - ((on.month, on.day) < (self.born.month, self.born.day))


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Takes back all of a consent, or, where something is named, only that: purposes, labels, recipients."""

    at: datetime
    purposes: frozenset[PurposeOfUse] = frozenset()
    labels: frozenset[Label] = frozenset()
    recipients: Recipients = field(default_factory=Recipients)

    @property
    def whole(self) -> bool:
        """Whether nothing is left."""
        return not (self.purposes or self.labels or self.recipients.kinds or self.recipients.orgs)


@dataclass(frozen=True, slots=True)
class Scope:
    """What one consent lets go where. `barred` goes before `recipients`: who was withdrawn by name stays out,
    whatever its kind."""

    purposes: frozenset[PurposeOfUse]
    recipients: Recipients
    labels: frozenset[Label] = frozenset()
    barred: Recipients = field(default_factory=Recipients)

    def lets(self, recipient: Recipient) -> bool:
        """Whether it reaches an organisation."""
        return self.recipients.has(recipient) and not self.barred.has(recipient)

    def without(self, withdrawal: Withdrawal) -> Scope:
        """What a withdrawal leaves of it: never more."""
        taken = withdrawal.recipients
        barred = Recipients(self.barred.kinds | taken.kinds, self.barred.orgs | taken.orgs)
        purposes = self.purposes - withdrawal.purposes
        left = replace(self, purposes=purposes, labels=self.labels - withdrawal.labels, barred=barred)
        return replace(left, purposes=frozenset()) if withdrawal.whole else left


@dataclass(frozen=True, slots=True)
class Consent:
    """One consent of one client, known by the id of its event, with everything withdrawn from it since.

    `expires_on` is the last day on which it holds, none where no day was set; `by_client`: the client agreed,
    alone or beside the guardian; `represented`: a court or the law lets that guardian decide.
    """

    id: str
    given_at: datetime
    scope: Scope
    expires_on: date | None = None
    by_client: bool = True
    guardian: Guardian | None = None
    evidence: Evidence | None = None
    withdrawals: tuple[Withdrawal, ...] = ()
    represented: bool = False

    def withdrawn(self, withdrawal: Withdrawal) -> Consent:
        """The same consent after a withdrawal."""
        return replace(self, withdrawals=(*self.withdrawals, withdrawal))

    def scope_at(self, at: datetime) -> Scope:
        """What it covers at an instant, by what was withdrawn up to it."""
        if not self.withdrawals:
            return self.scope
        effective = [one for one in self.withdrawals if one.at <= at]
        return reduce(Scope.without, effective, self.scope)

    def withdrawn_whole(self, at: datetime) -> bool:
        """Whether nothing of it is left at an instant."""
        return bool(self.withdrawals) and any(one.whole and one.at <= at for one in self.withdrawals)


@dataclass(frozen=True, slots=True)
class Request:
    """What would be shared: labels that the content carries, with whom, for what; `legal_basis` the code of a
    ground other than consent, where the sender names one; `province` whose policy judges it."""

    purpose: PurposeOfUse
    recipient: Recipient
    labels: frozenset[Label] = frozenset()
    client: Client = field(default_factory=Client)
    legal_basis: str | None = None
    province: str = "01"
