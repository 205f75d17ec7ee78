"""However a consent ends, what was shared on it ends alike: a referral that its provider does not have yet is
stopped, one that has gone out and a handover that was told are marked; once, as of when the consent ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.common import AgencyEventRefused, EventVoided
from contracts.events.consent import ConsentExpired
from contracts.events.followup import DetoxAdmittedPosted, HandoverConsentLapsed, HandoverNotified
from contracts.events.referral import (
    ConsentLapsed,
    ReferralCancelled,
    ReferralReceived,
    ReferralRequested,
    ReferralRequestedPosted,
)
from contracts.vocabulary import DetoxKind, OrgKind, Service, VoidReason
from followup.service import SERVICE as FOLLOWUP
from referral.service import SERVICE as REFERRAL

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.test_joined_cases import merged, told_apart, unmerged
from tests.integration.owners.world import World, eventually, running

SOCIAL, CLINIC, FACILITY, COMMUNE = "ldtbxh-bo-de", "methadone-long-bien", "cai-nghien-ha-noi", "ubnd-bo-de"
LAST_DAY = date(2019, 3, 2)
OVER = datetime(2019, 3, 2, 17, tzinfo=UTC)
"""The end, in Viet Nam, of the last day; on that day the tests begin (`BEGUN`)."""

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ENDS = (ReferralCancelled, ConsentLapsed, HandoverConsentLapsed)


class Shared:
    """What is shared on a client's consent: a referral, gone out or not, or the notice of a handover."""

    def __init__(self, world: World, what: str) -> None:
        self.world = world
        self._what = what

    def share(self, case_id: UUID, at: datetime = BEGUN) -> Recorded[Payload]:
        """What an agency posts to share it; as far as it goes."""
        intake = self.world.intake
        if self._what == "handover":
            admitted = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
            self.world.feed(intake.routed(case_id, admitted, FACILITY, at=BEGUN - DAY))
            told = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 9, 1))
            posted = intake.routed(case_id, told, FACILITY, at=at)
        else:
            asked = ReferralRequestedPosted(service=Service.METHADONE, provider=CLINIC)
            posted = intake.routed(case_id, asked, SOCIAL, at=at)
        self.world.feed(posted)
        if self._what == "received":
            numbers = [e.data.number for e in self.world.log() if isinstance(e.data, ReferralRequested)]
            for number in numbers:
                self.world.feed(intake.routed(case_id, ReferralReceived(), CLINIC, number=number, at=at))
        return posted

    def given(self, case_id: UUID, **changes: Any) -> Recorded[Payload]:
        """A consent, known by now."""
        consent = self.world.intake.consented(case_id, **{"expires_on": LAST_DAY, **changes})
        self.world.feed(consent)
        return consent

    def expired(self, consent: Recorded[Payload], *, known_at: datetime = OVER) -> Recorded[Payload]:
        """The clock's event, as intake records it: of that midnight, whenever intake came to it: now."""
        self.world.clock_shows(known_at)
        data = ConsentExpired(consent=consent.id, expired_on=LAST_DAY)
        return self.world.intake.event(consent.meta.subject, data, at=OVER, received_at=known_at)

    def voided(self, event: Recorded[Payload]) -> Recorded[Payload]:
        data = EventVoided(event_id=event.id, type=event.type, reason=VoidReason.WRONG_DATA)
        return self.world.intake.event(event.meta.subject, data, at=BEGUN + 2 * HOUR)

    def put_right(self, given: Recorded[Payload], **changes: Any) -> list[Recorded[Payload]]:
        """Intake voids a consent and records in its place the one that is right, directly after."""
        case_id, intake, cause = given.meta.subject, self.world.intake, f"right-{given.id}"
        data = EventVoided(event_id=given.id, type=given.type, reason=VoidReason.WRONG_DATA, replaced=True)
        right = intake.consented(case_id, **{"expires_on": LAST_DAY, **changes})
        both = (intake.event(case_id, data, at=BEGUN + HOUR), right)
        return [
            each.model_copy(update={"meta": each.meta.model_copy(update={"causation_id": cause})})
            for each in both
        ]

    def ends(self) -> list[tuple[str, datetime]]:
        """Why each ended, and since when."""
        return [(e.data.reason, e.meta.occurred_at) for e in self.world.log() if isinstance(e.data, ENDS)]


@pytest.fixture(params=["requested", "received", "handover"])
async def shared(request: Any, postgres_dsn: str, tmp_path: Path) -> AsyncIterator[Shared]:
    service: Any = FOLLOWUP if request.param == "handover" else REFERRAL
    async with running(service, postgres_dsn, tmp_path, BEGUN + HOUR) as world:
        yield Shared(world, request.param)


@pytest.fixture
def case_id(shared: Shared) -> UUID:
    case_id = uuid4()
    shared.world.feed(shared.world.intake.opened(case_id))
    return case_id


async def test_an_expiry_ends_it_as_a_withdrawal_does_once_and_as_of_midnight_however_late_it_is_told(
    shared: Shared, case_id: UUID
) -> None:
    given = shared.given(case_id)
    shared.share(case_id)
    expired = shared.expired(given, known_at=OVER + 9 * HOUR)  # all were down over midnight
    shared.world.feed(expired)
    shared.world.feed(expired, shared.world.intake.withdrawn(case_id, given, at=OVER + DAY))
    assert shared.ends() == [("consent_expired", OVER)]


async def test_the_last_day_counts_in_viet_nam_and_no_minute_longer_though_the_clock_has_told_nothing_yet(
    shared: Shared, case_id: UUID
) -> None:
    shared.given(case_id)
    shared.world.clock_shows(OVER + DAY)
    late, too_late = shared.share(case_id, at=OVER - MINUTE), shared.share(case_id, at=OVER)
    answers = {e.meta.causation_id: e.data for e in shared.world.log()}
    assert isinstance(answers[late.id], ReferralRequested | HandoverNotified)
    assert not isinstance(answers[too_late.id], ReferralRequested | HandoverNotified)
    assert shared.ends()[:1] == [("consent_expired", OVER)]


async def test_a_consent_given_in_a_case_that_was_merged_ends_it_in_the_one_that_goes_on(
    shared: Shared,
) -> None:
    twins = told_apart(shared.world)
    shared.world.feed(
        *(shared.world.intake.withdrawn(one, at=BEGUN - HOUR) for one in (twins.kept, twins.gone))
    )
    given = shared.given(twins.gone, at=BEGUN - MINUTE)
    shared.world.feed(*merged(shared.world, twins))
    shared.share(twins.kept)
    assert shared.ends() == []
    shared.world.feed(shared.expired(given))
    assert shared.ends() == [("consent_expired", OVER)]


async def test_after_unmerging_it_rests_on_nothing_and_ends_at_once_or_by_the_second_look(
    shared: Shared,
) -> None:
    twins = told_apart(shared.world)
    shared.world.feed(
        *(shared.world.intake.withdrawn(one, at=BEGUN - HOUR) for one in (twins.kept, twins.gone))
    )
    given = shared.given(twins.gone, at=BEGUN - MINUTE)
    shared.world.feed(*merged(shared.world, twins))
    shared.share(twins.kept)
    shared.world.feed(*unmerged(shared.world, twins))
    shared.world.clock_shows(BEGUN + 2 * HOUR)
    await eventually(lambda: len(shared.ends()) == 1, "that it ends")
    shared.world.feed(*merged(shared.world, twins), shared.expired(given))
    assert len(shared.ends()) == 1


async def test_a_consent_that_was_voided_and_expires_besides_ends_it_once(
    shared: Shared, case_id: UUID
) -> None:
    given = shared.given(case_id)
    shared.share(case_id)
    shared.world.feed(shared.voided(given), shared.expired(given))
    assert [why for why, _ in shared.ends()] == ["consent_voided"]


async def test_a_consent_that_is_put_right_ends_only_what_the_right_one_does_not_cover(
    shared: Shared, case_id: UUID
) -> None:
    given = shared.given(case_id)
    shared.share(case_id)
    void, right = shared.put_right(given, form_number="GDY-18")
    for each in (void, right):  # also where a batch ends between them
        shared.world.feed(each)
    assert shared.ends() == []
    shared.world.feed(*shared.put_right(right, recipients=(OrgKind.HEALTH_STATION,)))
    assert [why for why, _ in shared.ends()] == ["consent_voided"]


async def test_a_withdrawal_that_was_voided_before_anything_was_shared_lets_it_go_and_expire(
    shared: Shared, case_id: UUID
) -> None:
    given = shared.given(case_id)
    withdrawn = shared.world.intake.withdrawn(case_id, given, at=BEGUN - HOUR)
    shared.world.feed(withdrawn, shared.voided(withdrawn))
    posted = shared.share(case_id)
    assert not any(
        isinstance(e.data, AgencyEventRefused) for e in shared.world.log() if e.meta.causation_id == posted.id
    )
    assert shared.ends() == []
    shared.world.feed(shared.expired(given))
    assert shared.ends() == [("consent_expired", OVER)]


async def test_a_withdrawal_that_was_voided_since_has_ended_it_all_the_same(
    shared: Shared, case_id: UUID
) -> None:
    given = shared.given(case_id)
    shared.share(case_id)
    withdrawn = shared.world.intake.withdrawn(case_id, given, at=BEGUN + HOUR)
    shared.world.feed(withdrawn, shared.voided(withdrawn), shared.expired(given))
    assert shared.ends() == [("consent_withdrawn", BEGUN + HOUR)]
