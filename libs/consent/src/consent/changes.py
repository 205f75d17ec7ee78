"""What a withdrawal or an expiry does to what was shared: stop what has not gone out, mark what has."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from contracts.vocabulary import ConsentEnd
from reference.days import local_day, start_of
from reference.policy import Policy

from consent.deciding import Allowed, decide
from consent.model import Consent, Request

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Share:
    """Something shared or about to be: `id` of the referral, what it shares, when it went out, none where it
    has not."""

    id: str
    request: Request
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """Ids of what may no longer go out, and of what has gone out and is no longer covered."""

    stop: tuple[str, ...] = ()
    mark: tuple[str, ...] = ()


def after_change(
    consents: Sequence[Consent], shares: Iterable[Share], at: datetime, policy: Policy
) -> Effects:
    """What the consents, as they are at an instant, no longer cover of what was to be or has been shared.

    To be asked after a withdrawal and at `next_expiry`; asking twice gives the same.
    """
    uncovered = [
        share for share in shares if not isinstance(decide(consents, share.request, at, policy), Allowed)
    ]
    return Effects(
        stop=tuple(share.id for share in uncovered if share.sent_at is None),
        mark=tuple(share.id for share in uncovered if share.sent_at is not None),
    )


def why_ended(consents: Iterable[Consent], consent_id: str | None, at: datetime) -> ConsentEnd:
    """Why what rested on that consent rests on it no more; a consent that is not among those that count was
    voided."""
    consent = next((one for one in consents if one.id == consent_id), None)
    if consent is None:
        return ConsentEnd.VOIDED
    if consent.withdrawn_whole(at):
        return ConsentEnd.WITHDRAWN
    if consent.expires_on is not None and consent.expires_on < local_day(at):
        return ConsentEnd.EXPIRED
    return ConsentEnd.NARROWED


def ended_at(consents: Iterable[Consent], consent_id: str | None, at: datetime) -> datetime:
    """Since when a consent holds no more, of one that holds no more at an instant: what happened before was
    covered. That instant itself where no record says it."""
    consent = next((one for one in consents if one.id == consent_id), None)
    if consent is None:
        return at
    ends = [one.at for one in consent.withdrawals if one.at <= at and one.whole]
    expired = expires_at(consent)
    ends += [expired] if expired is not None and expired <= at else []
    parts = [one.at for one in consent.withdrawals if one.at <= at]
    return min(ends) if ends else max(parts, default=at)


def expires_at(consent: Consent) -> datetime | None:
    """The first instant at which a consent no longer holds, by the clock alone: the start, in Viet Nam, of
    the day after its last; none where it has no last day."""
    return None if consent.expires_on is None else expires_on_at(consent.expires_on)


def expires_on_at(last_day: date) -> datetime:
    """The instant at which a last day is over in Viet Nam. Whoever says 9999-12-31 means never: the last day
    that there is ends as it begins."""
    return start_of(min(last_day, date.max - ONE_DAY) + ONE_DAY)


def next_expiry(consents: Iterable[Consent], after: datetime) -> tuple[datetime, tuple[str, ...]] | None:
    """When the next consents expire and which, for a timer; none where none will."""
    ends = [(end, one.id) for one in consents if (end := expires_at(one)) is not None and end > after]
    if not ends:
        return None
    first = min(end for end, _ in ends)
    return first, tuple(sorted(identity for end, identity in ends if end == first))
