"""Consent is asked again whenever something is read: what rests on one that has ended is withheld."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import grpc
import pytest
from contracts.base import Label
from contracts.events import common, consent, followup, people, referral
from contracts.vocabulary import (
    ConsentEnd,
    DetoxKind,
    GuardianRelation,
    MergeGround,
    OrgKind,
    PurposeOfUse,
    Service,
    VoidReason,
)
from reftrack.reporting.v1 import consents_pb2
from reftrack.reporting.v1 import status_pb2 as pb
from reftrack.reporting.v1.consents_pb2_grpc import ConsentServiceStub
from reporting.statements import CONSENT_TYPES

from tests.integration.reporting.conftest import TODAY, World
from tests.integration.reporting.test_status import refused
from tests.unit.reporting.corrected import merged, unmerged
from tests.unit.reporting.pathway import (
    CLINIC,
    HIV_CLINIC,
    POLICE,
    SOCIAL,
    at,
    numbered,
    reached,
    registered,
)
from tests.unit.reporting.story import Story, named

CASE, NUMBER = str(named("case", "an")), numbered("CG", "an/methadone")
LAST_DAY = date(2021, 3, 31)
SYSTEM = "system:referral"
OPERATOR = ("operator", "agency")


def agreed(story: Story, name: str = "an", client: UUID | None = None, **changes: Any) -> str:
    """The client agrees; the id of the event."""
    usual: dict[str, Any] = {
        "purposes": (PurposeOfUse.TREATMENT,),
        "recipients": (OrgKind.METHADONE_CLINIC, OrgKind.PROVIDER),
        "labels": (Label.OST, Label.HIV),
        "form_number": "GDY-17",
    }
    given = consent.ConsentGiven(**usual | changes)
    (entry,) = story.intake(name, given, at=at(4), org=SOCIAL, client=client)
    return entry.event_id


def sent(
    story: Story,
    consent_id: str | None,
    service: Service = Service.METHADONE,
    provider: str = CLINIC,
    **more: Any,
) -> None:
    label = {Service.METHADONE: Label.OST, Service.HIV_TEST: Label.HIV}[service]
    asked = referral.ReferralRequested(
        service=service,
        provider=provider,
        number=numbered("CG", f"an/{service}"),
        note="gọi trước",
        note_labels=(),
        consent_id=consent_id,
        shared=referral.Shared(purpose=PurposeOfUse.TREATMENT, labels=(label,)),
    )
    story.referral("an", f"an/{service}", asked, at=at(5), org=SOCIAL, **more)
    story.referral("an", f"an/{service}", referral.ReferralReceived(), at=at(6), org=provider)


def withdrawn(story: Story, name: str = "an", day: int = 9, **taken: Any) -> None:
    story.intake(name, consent.ConsentWithdrawn(**taken), at=at(day), org=SOCIAL)


@pytest.fixture
def story() -> Story:
    story = Story()
    reached(story, "an")
    return story


async def read(world: World, org: str = CLINIC, role: str = "operator", number: str = NUMBER) -> Any:
    answer = await world.status.GetReferral(pb.GetReferralRequest(number=number), **world.by(role, org))
    return answer.referral


async def listed(world: World, org: str = CLINIC, **asked: Any) -> list[Any]:
    answer = await world.status.ListReferrals(pb.ListReferralsRequest(**asked), **world.by("operator", org))
    return list(answer.referrals)


@pytest.mark.parametrize("role", OPERATOR)
async def test_while_the_consent_holds_the_provider_reads_what_it_was_sent(
    world: World, story: Story, role: str
) -> None:
    sent(story, agreed(story))
    await world.tell(story)
    found = await read(world, role=role)
    assert (found.service, found.consent_end) == ("methadone", "")


@pytest.mark.parametrize("role", OPERATOR)
async def test_a_withdrawal_withholds_it_before_referral_has_marked_anything(
    world: World, story: Story, role: str
) -> None:
    sent(story, agreed(story))
    withdrawn(story)
    await world.tell(story)
    found = await read(world, role=role)
    assert (found.service, found.state, found.consent_end) == ("withheld", "received", "consent_withdrawn")
    assert found.number == NUMBER
    assert list(found.moves) == ["accept", "reject"]


async def test_it_is_withheld_in_lists_too_and_no_filter_finds_it_by_what_is_withheld(
    world: World, story: Story
) -> None:
    sent(story, agreed(story))
    withdrawn(story)
    lapsed = referral.ConsentLapsed(reason=ConsentEnd.WITHDRAWN)
    story.referral("an", "an/methadone", lapsed, at=at(9), org=SYSTEM)
    await world.tell(story)
    (found,) = await listed(world)
    assert (found.service, found.consent_end) == ("withheld", "consent_withdrawn")
    assert await listed(world, service="methadone") == await listed(world, service="hiv_test") == []
    (of_sender,) = await listed(world, SOCIAL, service="methadone")
    assert (of_sender.service, of_sender.consent_end) == ("methadone", "consent_withdrawn")


async def test_the_timeline_of_the_provider_keeps_what_it_did_and_loses_what_it_was_told(
    world: World, story: Story
) -> None:
    from contracts.events import followup

    sent(story, agreed(story))
    story.followup("an", followup.MethadoneInducted(clinic=CLINIC), at=at(8), org=CLINIC)
    await world.tell(story)

    async def fields() -> dict[str, set[str]]:
        request = pb.GetTimelineRequest(case_id=CASE)
        answer = await world.status.GetTimeline(request, **world.by("operator", CLINIC))
        return {entry.type.split(".")[2]: {fact.field for fact in entry.facts} for entry in answer.entries}

    before = await fields()
    assert {"service", "note"} <= before["referral-requested"]
    withdrawn(story)
    await world.tell(story)
    after = await fields()
    assert after["referral-requested"] & {"service", "note", "plan_item", "shared/purpose"} == set()
    assert {"referral-received", "methadone-inducted"} <= after.keys()


async def test_what_is_watched_is_withheld_from_the_next_change_on(world: World, story: Story) -> None:
    sent(story, agreed(story))
    await world.tell(story)
    watch = world.status.WatchReferral(pb.WatchReferralRequest(number=NUMBER), **world.by("operator", CLINIC))
    first = await watch.read()
    assert first.changes[0].referral.service == "methadone"
    withdrawn(story)
    story.referral("an", "an/methadone", referral.ReferralAccepted(), at=at(10), org=CLINIC)
    await world.tell(story)
    then = await watch.read()
    assert [change.referral.service for change in then.changes] == ["withheld"]
    watch.cancel()


async def test_the_last_day_is_over_at_midnight_in_viet_nam_whether_or_not_the_clock_has_said_so(
    world: World, story: Story
) -> None:
    sent(story, agreed(story, expires_on=LAST_DAY))
    await world.tell(story)
    midnight = datetime(2021, 3, 31, 17, tzinfo=UTC)
    world.set_clock(midnight - timedelta(seconds=1))
    assert (await read(world)).service == "methadone"
    world.set_clock(midnight)
    found = await read(world)
    assert (found.service, found.consent_end) == ("withheld", "consent_expired")


async def test_a_new_consent_lets_the_provider_read_it_again(world: World, story: Story) -> None:
    sent(story, agreed(story))
    withdrawn(story)
    await world.tell(story)
    assert (await read(world)).service == "withheld"
    story.intake(
        "an",
        consent.ConsentGiven(
            purposes=(PurposeOfUse.TREATMENT,), recipients=(OrgKind.METHADONE_CLINIC,), labels=(Label.OST,)
        ),
        at=at(12),
        org=SOCIAL,
    )
    await world.tell(story)
    assert (await read(world)).service == "methadone"


async def test_what_rests_on_the_law_is_read_on(world: World, story: Story) -> None:
    sent(story, None)
    withdrawn(story)
    await world.tell(story)
    found = await read(world)
    assert (found.service, found.consent_end) == ("methadone", "")


async def test_only_what_is_no_longer_covered_is_withheld(world: World, story: Story) -> None:
    given = agreed(story)
    sent(story, given)
    sent(story, given, Service.HIV_TEST, HIV_CLINIC)
    withdrawn(story, labels=(Label.HIV,))
    await world.tell(story)
    assert (await read(world)).service == "methadone"
    hiv = await read(world, HIV_CLINIC, number=numbered("CG", "an/hiv_test"))
    assert (hiv.service, hiv.consent_end) == ("withheld", "consent_narrowed")


async def test_what_was_stopped_is_shown_as_cancelled_with_the_reason_to_both_sides(
    world: World, story: Story
) -> None:
    given = agreed(story)
    asked = referral.ReferralRequested(
        service=Service.METHADONE,
        provider=CLINIC,
        number=NUMBER,
        consent_id=given,
        shared=referral.Shared(purpose=PurposeOfUse.TREATMENT, labels=(Label.OST,)),
    )
    story.referral("an", "an/methadone", asked, at=at(5), org=SOCIAL)
    withdrawn(story)
    cancelled = referral.ReferralCancelled(reason=ConsentEnd.WITHDRAWN, consent=given)
    story.referral("an", "an/methadone", cancelled, at=at(9), org=SYSTEM)
    await world.tell(story)
    for org, service in ((CLINIC, "withheld"), (SOCIAL, "methadone")):
        found = await read(world, org)
        assert (found.state, found.fhir_status, found.consent_end) == (
            "cancelled",
            "cancelled",
            "consent_withdrawn",
        )
        assert (found.service, list(found.moves)) == (service, [])


async def test_a_withdrawal_in_another_case_of_the_same_person_counts(world: World, story: Story) -> None:
    sent(story, agreed(story))
    reached(story, "binh")
    merged = people.ClientsMerged(
        merge=named("merge", "1"),
        survivor=named("client", "an"),
        merged=named("client", "binh"),
        survivor_case=named("case", "an"),
        merged_case=named("case", "binh"),
        ground=MergeGround.PAPERS_SEEN,
    )
    for name in ("an", "binh"):
        story.intake(name, merged, at=at(8), org=SOCIAL)
    await world.tell(story)
    assert (await read(world)).service == "methadone"
    withdrawn(story, "binh")
    await world.tell(story)
    assert (await read(world)).service == "withheld"


async def test_a_consent_told_of_a_merged_client_is_that_clients_again(world: World, story: Story) -> None:
    reached(story, "binh")
    story.intake("binh", registered(), at=at(3), org=SOCIAL)
    merged(story, "an", "binh")
    theirs = agreed(story, client=named("client", "binh"))
    sent(story, theirs)
    await world.tell(story)
    assert (await read(world)).service == "methadone"
    assert [one.event_id for one in await consents(world)] == [theirs]
    unmerged(story, "an", "binh")
    await world.tell(story)
    assert (await read(world)).service == "withheld"
    assert await consents(world) == []
    assert [one.event_id for one in await consents(world, case=str(named("case", "binh")))] == [theirs]


async def test_who_has_nothing_to_do_with_it_learns_nothing_of_the_withdrawal(
    world: World, story: Story
) -> None:
    sent(story, agreed(story))
    await world.tell(story)
    request = pb.GetReferralRequest(number=NUMBER)
    before = await refused(world.status.GetReferral(request, **world.by("operator", HIV_CLINIC)))
    police = await world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **world.by("operator", POLICE))
    withdrawn(story)
    await world.tell(story)
    after = await refused(world.status.GetReferral(request, **world.by("operator", HIV_CLINIC)))
    again = await world.status.GetCase(pb.GetCaseRequest(case_id=CASE), **world.by("operator", POLICE))
    assert before is after is grpc.StatusCode.NOT_FOUND
    assert police == again


# The list of consents


async def consents(world: World, org: str = SOCIAL, case: str = CASE) -> list[Any]:
    stub: Any = ConsentServiceStub(world.channel)
    request = consents_pb2.ListConsentsRequest(case_id=case)
    return list((await stub.ListConsents(request, **world.by("operator", org))).consents)


async def test_the_list_shows_scope_evidence_last_day_and_what_was_withdrawn(
    world: World, story: Story
) -> None:
    first = agreed(story, expires_on=LAST_DAY)
    second = agreed(story, form_number=None, file_sha256="ab" * 32, guardian=GuardianRelation.PARENT)
    withdrawn(story, consent=first, labels=(Label.HIV,))
    withdrawn(story, consent=second)
    await world.tell(story)
    one, other = sorted(await consents(world), key=lambda each: each.event_id != first)
    assert (one.form_number, one.expires_on, one.state) == ("GDY-17", "2021-03-31", "narrowed")
    assert (list(one.labels), list(one.labels_left)) == (["OST", "HIV"], ["OST"])
    assert list(one.withdrawals[0].labels) == ["HIV"]
    assert (other.file_sha256, other.guardian, other.state) == ("ab" * 32, "parent", "withdrawn")
    assert list(other.purposes_left) == []
    world.set_clock(TODAY + timedelta(days=60))
    assert {each.state for each in await consents(world)} == {"expired", "withdrawn"}


@pytest.mark.parametrize("org", [CLINIC, HIV_CLINIC, POLICE, "tyt-bo-de", "ubnd-bo-de", "ldtbxh-me-tri"])
async def test_who_does_not_see_the_whole_case_with_all_that_a_consent_tells_sees_no_list(
    world: World, story: Story, org: str
) -> None:
    sent(story, agreed(story))
    await world.tell(story)
    with pytest.raises(grpc.aio.AioRpcError) as error:
        await consents(world, org)
    assert error.value.code() is grpc.StatusCode.NOT_FOUND


def test_the_statement_reads_every_event_that_a_decision_depends_on() -> None:
    from consent.told import TELLS

    assert all(model.TYPE in CONSENT_TYPES for model in TELLS)


# Handovers of which a commune was told


FACILITY, COMMUNE = "cai-nghien-ha-noi", "ubnd-bo-de"
STAY = numbered("LT", "an")
HANDOVER: dict[str, Any] = {
    "purposes": (PurposeOfUse.COORDINATION,),
    "recipients": (OrgKind.COMMUNE_AUTHORITY,),
    "labels": (Label.DRUG,),
}


def handed_over(story: Story, consent_id: str, **more: Any) -> str:
    """A stay of which the commune was told, and the mark of that consent's end; the id of the notice."""
    admitted = followup.DetoxAdmitted(kind=DetoxKind.VOLUNTARY, facility=FACILITY, stay_number=STAY)
    told = followup.HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=LAST_DAY)
    story.followup("an", admitted, at=at(5), org=FACILITY, **more)
    (notice,) = story.followup("an", told, at=at(6), org=FACILITY, **more)
    if not more:
        withdrawn(story)
    lapsed = followup.HandoverConsentLapsed(
        stay=STAY,
        facility=FACILITY,
        to_org=COMMUNE,
        consent=consent_id,
        reason=ConsentEnd.WITHDRAWN,
        about=notice.event_id,
        labels=(Label.DRUG,),
    )
    story.followup("an", lapsed, at=at(9), org="system:followup", **more)
    return notice.event_id


async def stays_of(world: World, org: str, case: str = CASE) -> list[tuple[str, str]]:
    answer = await world.status.GetCase(pb.GetCaseRequest(case_id=case), **world.by("operator", org))
    return [(one.number, one.consent_end) for one in answer.case.stays]


async def test_a_handover_shows_why_its_consent_ended_until_the_client_agrees_anew(
    world: World, story: Story
) -> None:
    handed_over(story, agreed(story, **HANDOVER))
    await world.tell(story)
    for org in (SOCIAL, FACILITY, COMMUNE):
        assert await stays_of(world, org) == [(STAY, "consent_withdrawn")]
        told = await world.status.GetTimeline(
            pb.GetTimelineRequest(case_id=CASE), **world.by("operator", org)
        )
        (mark,) = (one for one in told.entries if one.type == followup.HandoverConsentLapsed.TYPE)
        assert (mark.number, mark.org) == (STAY, "system:followup")
    anew = consent.ConsentGiven(**HANDOVER, form_number="GDY-18")
    story.intake("an", anew, at=at(11), org=SOCIAL)
    await world.tell(story)
    assert await stays_of(world, SOCIAL) == [(STAY, "")]


async def test_a_notice_that_was_voided_needed_no_consent(world: World, story: Story) -> None:
    notice = handed_over(story, agreed(story, **HANDOVER))
    wrong = common.EventVoided(
        event_id=notice, type=followup.HandoverNotified.TYPE, reason=VoidReason.WRONG_DATA
    )
    story.followup("an", wrong, at=at(10), org=FACILITY)
    await world.tell(story)
    assert await stays_of(world, SOCIAL) == [(STAY, "")]
