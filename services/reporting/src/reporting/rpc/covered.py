"""Referrals, and what communes were told of stays, where a consent covers that no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from reporting.access import Part, Reader
from reporting.pathway.cases import Stay
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
            told = await self._queries.consents_of(found.case_id)
        end = self._sharing.end_of(referral, told)
        if referral.state == "cancelled":
            end = referral.lapse or end
        return replace(found, consent_end=end, withheld=bool(end) and by_consent_only(reader, part, referral))

    async def ends_of_notices(self, case_id: UUID, stays: Sequence[Stay]) -> Mapping[str, str]:
        """Of the stays of a person, one of whose cases is this: the number of each of which a commune was
        told by a consent that covers it no more, and why."""
        if not any(stay.told_to for stay in stays):
            return {}
        told = await self._queries.consents_of(case_id)
        return {stay.number: self._sharing.end_of_notice(stay, told) for stay in stays}
