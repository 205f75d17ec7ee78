"""The decision: may this be shared? Pure, from tables of the policy in force on the day.

Default deny. One ground has to cover the whole request: a consent of the client, or a ground that the law
gives and the sender names. Two grounds that cover half each cover nothing. What the law closes by a list, no
consent opens: HIV by Law 64/2006, Article 30, amended by Law 71/2020; police are not on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from reference.days import local_day
from reference.policy import Holding, LegalBasis, Policy

from consent.model import Client, Consent, Request


class Ground(StrEnum):
    """On what something is shared."""

    CONSENT = "consent"
    LAW = "law"


class What(StrEnum):
    """What is missing; each is a code of the catalogue with its remedy."""

    NO_CONSENT = "consent_none"
    NOT_YET_GIVEN = "consent_not_yet_given"
    WITHDRAWN = "consent_withdrawn"
    EXPIRED = "consent_expired"
    PURPOSE = "consent_lacks_purpose"
    RECIPIENT = "consent_lacks_recipient"
    LABELS = "consent_lacks_labels"
    GUARDIAN = "consent_lacks_guardian"
    CLIENT = "consent_lacks_client"
    BASIS_UNKNOWN = "legal_basis_unknown"
    BASIS_PURPOSE = "legal_basis_lacks_purpose"
    BASIS_RECIPIENT = "legal_basis_lacks_recipient"
    BASIS_LABELS = "legal_basis_lacks_labels"
    NOT_ON_THE_LIST = "recipient_not_on_the_list"


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that stands against it; `values` names what is not covered, in the words of the contracts."""

    what: What
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """It may be shared. `reference`: the consent's event, or the code of the legal basis; `until`: the last
    day on which that ground holds, none where it has no end. `age_unknown`: nobody knew how old the client
    is, who was taken for an adult. `proven`: the consent has its evidence, the law needs none."""

    ground: Ground
    reference: str
    until: date | None = None
    proven: bool = True
    age_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Refused:
    """It may not be shared. `missing`: what the nearest ground lacks; `nearest`: that consent or legal basis,
    none where there is none."""

    missing: tuple[Missing, ...]
    nearest: str | None = None


Decision = Allowed | Refused


def decide(consents: Iterable[Consent], request: Request, at: datetime, policy: Policy) -> Decision:
    """Whether `request` may be shared at an instant, by the client's consents and the policy of its province.

    Asked when something is sent, and again whenever it is read. Who names a law is judged by that law alone:
    the envelope would else say that it rests on what it does not. Of several consents that cover it the
    newest is named; of several that do not, the one that lacks least.
    """
    held = policy.holding(local_day(at), request.province)
    if closed := _closed(request, held):
        return Refused((closed,))
    by_law = _by_law(request, held)
    if by_law is not None:
        return by_law
    tried = [(consent, tuple(_lacks(consent, request, at, policy))) for consent in consents]
    covering = [consent for consent, missing in tried if not missing]
    if covering:
        return _allowed(max(covering, key=_newest), request, at)
    if not tried:
        return Refused((Missing(What.NO_CONSENT),))
    nearest, missing = min(tried, key=lambda pair: (len(pair[1]), *_oldest_last(pair[0])))
    return Refused(missing, nearest.id)


def _closed(request: Request, held: Holding) -> Missing | None:
    """Labels that a closed list of the law keeps from this kind of organisation."""
    kept = [
        label
        for label in request.labels
        if (known := held.may_know(label)) is not None and request.recipient.kind not in known
    ]
    return Missing(What.NOT_ON_THE_LIST, tuple(sorted(kept))) if kept else None


def _by_law(request: Request, held: Holding) -> Allowed | Refused | None:
    code = request.legal_basis
    if code is None:
        return None
    basis = held.legal_basis(code)
    if basis is None:
        return Refused((Missing(What.BASIS_UNKNOWN, (code,)),))
    missing = tuple(_basis_lacks(basis, request))
    return Refused(missing, code) if missing else Allowed(Ground.LAW, code, held.legal_basis_until(code))


def _basis_lacks(basis: LegalBasis, request: Request) -> Iterator[Missing]:
    if request.purpose not in basis.purposes:
        yield Missing(What.BASIS_PURPOSE, (request.purpose,))
    if request.recipient.kind not in basis.recipients:
        yield Missing(What.BASIS_RECIPIENT, (request.recipient.kind,))
    if over := [label for label in request.labels if label not in basis.labels]:
        yield Missing(What.BASIS_LABELS, tuple(sorted(over)))


def _lacks(consent: Consent, request: Request, at: datetime, policy: Policy) -> Iterator[Missing]:
    """Everything for which a consent does not cover a request."""
    if at < consent.given_at:
        yield Missing(What.NOT_YET_GIVEN)
    if consent.withdrawn_whole(at):
        yield Missing(What.WITHDRAWN)
        return
    if consent.expires_on is not None and consent.expires_on < local_day(at):
        yield Missing(What.EXPIRED, (consent.expires_on.isoformat(),))
    scope = consent.scope_at(at)
    if request.purpose not in scope.purposes:
        yield Missing(What.PURPOSE, (request.purpose,))
    if not scope.lets(request.recipient):
        yield Missing(What.RECIPIENT, (request.recipient.kind,))
    if over := request.labels - scope.labels:
        yield Missing(What.LABELS, tuple(sorted(over)))
    yield from _not_agreed(consent, request, at, policy)


def _not_agreed(consent: Consent, request: Request, at: datetime, policy: Policy) -> Iterator[Missing]:
    """Who had to agree and did not: on the day it was given, and as old as the client is now."""
    if not (consent.represented or request.client.represented) and request.client.born is None:
        if not consent.by_client:  # nobody knows the age: an adult, of whom no law has to be asked
            yield Missing(What.CLIENT)
        return
    days = (local_day(consent.given_at), local_day(at))
    client = replace(request.client, represented=request.client.represented or consent.represented)
    who = [who_agrees(client, policy.holding(day, request.province), day) for day in days]
    if consent.guardian is None and any(guardian for guardian, _ in who):
        yield Missing(What.GUARDIAN)
    if not consent.by_client and any(client for _, client in who):
        yield Missing(What.CLIENT)


def who_agrees(client: Client, held: Holding, day: date) -> tuple[bool, bool]:
    """Whether a guardian must agree, and whether the client must, by the age limits of the day."""
    if client.represented:
        return True, False
    age, limit = client.least_age(day), held.age("guardian_consents_below")
    if age is None or limit is None or age >= limit:
        return False, True
    agrees_from = held.age("child_agrees_from")
    return True, agrees_from is not None and age >= agrees_from


def _allowed(consent: Consent, request: Request, at: datetime) -> Allowed:
    return Allowed(
        Ground.CONSENT,
        consent.id,
        consent.expires_on,
        proven=consent.evidence is not None,
        age_unknown=request.client.least_age(local_day(at)) is None,
    )


def _newest(consent: Consent) -> tuple[datetime, str]:
    return consent.given_at, consent.id


def _oldest_last(consent: Consent) -> tuple[float, str]:
    return -consent.given_at.timestamp(), consent.id
