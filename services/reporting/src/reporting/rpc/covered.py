"""Referrals with what becomes of them where the consent on which they rest covers them no more."""

from __future__ import annotations

from dataclasses import replace

from reporting.access import Part, Reader
from reporting.queries import FoundReferral, Queries
from reporting.sharing import Sharing, by_consent_only


class Covered:
    """Asks, whenever a referral is read, whether it is still covered."""

    def __init__(self, queries: Queries, sharing: Sharing) -> None:
        self._queries = queries
        self._sharing = sharing

    async def judged(self, reader: Reader, part: Part, found: FoundReferral) -> FoundReferral:
        """The referral with why its consent has ended, and whether its content is withheld from the reader.

        One that was stopped stays so, whatever the client agrees to later.
        """
        if found.told is None:
            return found
        referral, told = found.referral, found.told
        if found.merged:
            told = await self._queries.consents_of(referral.case_id)
        end = self._sharing.end_of(referral, told)
        if referral.state == "cancelled":
            end = referral.lapse or end
        return replace(found, consent_end=end, withheld=bool(end) and by_consent_only(reader, part, referral))
