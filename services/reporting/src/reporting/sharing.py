"""Whether what was shared with a provider is still covered when it is read: asked of `consent.decide`.

Only who knows of a referral by nothing but having been sent it depends on the client's consent; who sent it,
or takes care of the whole case, knows it anyway. What rests on the law was judged when it was sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache

from chassis.clock import Clock
from consent import Known, Recipient, Refused, Request, decide, known_of, read, tells, why_ended
from contracts.base import Label
from contracts.vocabulary import OrgKind, PurposeOfUse
from reference import Organisations, Policy

from reporting.access import Part, Reader
from reporting.pathway.cases import Stay
from reporting.pathway.referrals import ReferralStatus


class Sharing:
    """Decides by the client's consents as they are known now."""

    def __init__(self, organisations: Organisations, policy: Policy, clock: Clock) -> None:
        self._organisations = organisations
        self._policy = policy
        self._clock = clock
        self._end = lru_cache(maxsize=16_384)(self._decided)

    def end_of(self, referral: ReferralStatus, told: Iterable[bytes]) -> str:
        """Why the consent on which a referral rests covers it no more, a code of the list ConsentEnd; ""
        while one does. `told`: what intake's log tells of the person's consents.

        Decided anew each minute (days end on one), and at once when anything more is told.
        """
        if not referral.consent_id:
            return ""
        asked = (referral.consent_id, referral.purpose, referral.labels, referral.sender, referral.provider)
        return self._asked_now(asked, told)

    def end_of_notice(self, stay: Stay, told: Iterable[bytes]) -> str:
        """The same of a commune that was told of a stay, once that was found to be covered no more; "" where
        a consent that was given since covers it."""
        if not stay.told_to:
            return ""
        purpose = str(PurposeOfUse.COORDINATION)
        return self._asked_now(
            (stay.consent_id, purpose, stay.told_labels, stay.facility, stay.told_to), told
        )

    def _asked_now(self, asked: tuple[str, ...], told: Iterable[bytes]) -> str:
        return self._end(asked, tuple(told), self._clock.now().replace(second=0, microsecond=0))

    def _decided(self, asked: tuple[str, ...], told: tuple[bytes, ...], minute: datetime) -> str:
        consent_id, purpose, labels, sender, provider = asked
        events = [one for one in map(read, told) if tells(one)]
        known, at = known_of(events), max([minute, *(one.meta.received_at for one in events)])
        request = self._request(known, purpose, labels, sender, provider)
        if request is None or isinstance(decide(known.consents, request, at, self._policy), Refused):
            return str(why_ended(known.consents, consent_id, at))
        return ""

    def _request(self, known: Known, purpose: str, labels: str, sender: str, provider: str) -> Request | None:
        receives, sends = self._organisations.get(provider), self._organisations.get(sender)
        if receives is None:
            return None
        return Request(
            PurposeOfUse(purpose),
            Recipient(provider, OrgKind(receives.kind)),
            frozenset(Label(label) for label in labels.split()),
            known.client,
            province=(sends or receives).policy_province,
        )


def by_consent_only(reader: Reader, part: Part, referral: ReferralStatus) -> bool:
    """Whether a reader knows of a referral by nothing but having been sent it."""
    return reader.org == referral.provider != referral.sender and part is not Part.WHOLE
