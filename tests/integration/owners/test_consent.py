"""Consent where something is shared: asked before it goes out, and again when the client takes it back."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from contracts import catalogue
from contracts.base import Label, Payload
from contracts.envelope import Recorded
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.events.consent import ConsentExpired
from contracts.events.intake import ClientRegistered, PlanAgreed, PlanItem
from contracts.events.people import ClientsMerged, ClientsUnmerged
from contracts.events.referral import (
    ConsentLapsed,
    ReferralAccepted,
    ReferralCancelled,
    ReferralReceived,
    ReferralRequested,
    ReferralRequestedPosted,
    ServiceStarted,
)
from contracts.vocabulary import (
    ClientGroup,
    ConsentEnd,
    GuardianRelation,
    MergeGround,
    OrgKind,
    PurposeOfUse,
    Service,
    VoidReason,
)
from referral.application.decider import ReferralDecider
from referral.service import SERVICE

from tests.integration.owners.intake_log import BEGUN, IntakeLog
from tests.integration.owners.world import World, details, eventually, kinds, running

SENDER, STATION, PROVIDER = "ldtbxh-bo-de", "tyt-bo-de", "methadone-long-bien"
REQUEST = ReferralRequestedPosted(service=Service.METHADONE, provider=PROVIDER)
RECEIVED, ACCEPTED, STARTED = ReferralReceived(), ReferralAccepted(), ServiceStarted()
HOUR = timedelta(hours=1)
METHADONE: dict[str, Any] = {
    "purposes": (PurposeOfUse.TREATMENT,),
    "recipients": (OrgKind.METHADONE_CLINIC,),
    "labels": (Label.OST,),
}


@pytest.fixture
def case_id(referral: World) -> UUID:
    case_id = uuid4()
    referral.feed(referral.intake.opened(case_id))
    return case_id


def asks(
    world: World, case_id: UUID, request: ReferralRequestedPosted = REQUEST, org: str = SENDER, **more: Any
) -> Recorded[Payload]:
    """What an agency asks for, already fed."""
    routed = world.intake.routed(case_id, request, org, **more)
    world.feed(routed)
    return routed


def answer_to(world: World, routed: Recorded[Payload]) -> Any:
    """The last that the log says of an agency's event."""
    return [event for event in world.log() if event.meta.causation_id == routed.id][-1].data


def number_of(world: World, case_id: UUID) -> str:
    return next(e.data.number for e in world.log(case_id) if isinstance(e.data, ReferralRequested))


def moves(world: World, case_id: UUID, *made: Payload, at: datetime = BEGUN) -> None:
    number = number_of(world, case_id)
    world.feed(*(world.intake.routed(case_id, one, PROVIDER, number=number, at=at) for one in made))


# What goes out


async def test_a_referral_names_the_consent_that_covers_it_and_keeps_what_it_shared(
    referral: World, case_id: UUID
) -> None:
    plan = PlanAgreed(items=(PlanItem(service=Service.METHADONE, goal="ổn định", due_on=date(2019, 6, 1)),))
    given = referral.intake.consented(case_id, **METHADONE, expires_on=date(2019, 12, 31))
    referral.feed(given, referral.intake.event(case_id, plan, at=BEGUN - HOUR))
    asks(referral, case_id, REQUEST.model_copy(update={"plan_item": 1}))
    data = referral.log(case_id)[-1].data
    assert isinstance(data, ReferralRequested)
    assert data.consent_id == given.id
    assert data.shared is not None
    assert (data.shared.purpose, data.shared.labels) == (PurposeOfUse.TREATMENT, (Label.OST,))
    assert (data.shared.until, data.shared.due_on) == (date(2019, 12, 31), date(2019, 6, 1))
    assert data.shared.goal is None, "a goal may tell of any health, and that the client did not agree to"


async def test_the_goal_of_the_plan_goes_along_where_the_consent_covers_it(
    referral: World, case_id: UUID
) -> None:
    plan = PlanAgreed(items=(PlanItem(service=Service.METHADONE, goal="ổn định"),))
    referral.feed(referral.intake.consented(case_id), referral.intake.event(case_id, plan, at=BEGUN - HOUR))
    asks(referral, case_id, REQUEST.model_copy(update={"plan_item": 1}))
    assert referral.log(case_id)[-1].data.shared.goal == "ổn định"  # type: ignore[attr-defined]


async def test_an_item_that_the_plan_does_not_have_is_refused(referral: World, case_id: UUID) -> None:
    plan = PlanAgreed(items=(PlanItem(service=Service.METHADONE),))
    referral.feed(referral.intake.consented(case_id), referral.intake.event(case_id, plan, at=BEGUN - HOUR))
    refused = answer_to(referral, asks(referral, case_id, REQUEST.model_copy(update={"plan_item": 2})))
    assert (refused.code, refused.field) == ("plan_item_unknown", "/data/plan_item")


@pytest.mark.parametrize(
    ("scope", "code", "named"),
    [
        ({"purposes": (PurposeOfUse.COORDINATION,)}, "consent_lacks_purpose", "treatment"),
        ({"recipients": (OrgKind.PROVIDER,)}, "consent_lacks_recipient", "methadone_clinic"),
        ({"labels": (Label.DRUG,)}, "consent_lacks_labels", "OST"),
        ({"expires_on": date(2019, 3, 1)}, "consent_expired", "2019-03-01"),
    ],
)
async def test_what_the_consent_does_not_cover_is_refused_with_what_is_missing(
    referral: World, case_id: UUID, scope: dict[str, Any], code: str, named: str
) -> None:
    referral.feed(referral.intake.consented(case_id, **METHADONE | scope))
    refused = answer_to(referral, asks(referral, case_id))
    assert isinstance(refused, AgencyEventRefused)
    assert (refused.code, refused.detail["values"]) == (code, named)
    assert kinds(referral.log(case_id)) == ["agency-event-refused"]


async def test_everything_that_is_missing_is_told_at_once_in_both_languages(
    referral: World, case_id: UUID
) -> None:
    referral.feed(
        referral.intake.consented(
            case_id, purposes=(PurposeOfUse.COORDINATION,), recipients=(OrgKind.PROVIDER,), labels=()
        )
    )
    refused = answer_to(referral, asks(referral, case_id))
    assert refused.code == "consent_lacks_several"
    told = catalogue.remedy(refused.code, refused.detail)
    assert all(word in told["en"] for word in ("treatment", "methadone clinic", "methadone"))
    assert "Methadone" in told["vi"]
    assert "…" not in told["vi"] + told["en"]


@pytest.mark.parametrize(
    ("says", "allowed"), [(None, False), ((Label.OST,), True), ((), True), ((Label.HIV,), False)]
)
async def test_a_note_may_tell_anything_of_health_unless_its_labels_are_said(
    referral: World, case_id: UUID, says: tuple[Label, ...] | None, allowed: bool
) -> None:
    referral.feed(referral.intake.consented(case_id, **METHADONE))
    noted = REQUEST.model_copy(update={"note": "gọi trước khi đến", "note_labels": says})
    answer = answer_to(referral, asks(referral, case_id, noted))
    assert isinstance(answer, ReferralRequested) is allowed
    if not allowed:
        assert answer.code == "consent_lacks_labels"


async def test_a_child_without_a_guardians_consent_is_not_referred(referral: World, case_id: UUID) -> None:
    child = ClientRegistered(client_group=ClientGroup.DRUG_USER, birth_year=2006, residence_commune="00139")
    referral.feed(referral.intake.event(case_id, child), referral.intake.consented(case_id, **METHADONE))
    assert answer_to(referral, asks(referral, case_id)).code == "consent_lacks_guardian"


# Another ground than consent


def on_the_law(world: World, case_id: UUID, basis: str) -> Any:
    routed = world.intake.routed(case_id, REQUEST, SENDER, legal_basis=basis)
    world.feed(routed)
    return answer_to(world, routed)


async def test_a_law_that_gives_the_ground_needs_no_consent_and_is_not_touched_by_a_withdrawal(
    referral: World, case_id: UUID
) -> None:
    answer = on_the_law(referral, case_id, "substitution_transfer")
    assert isinstance(answer, ReferralRequested)
    assert answer.consent_id is None
    referral.feed(referral.intake.consented(case_id), referral.intake.withdrawn(case_id, at=BEGUN + HOUR))
    assert kinds(referral.log(case_id)) == ["referral-requested"]


@pytest.mark.parametrize(
    ("basis", "code"),
    [
        ("because_i_say_so", "legal_basis_unknown"),
        ("hiv_treating_staff", "legal_basis_lacks_labels"),
        ("detox_file", "consent_lacks_several"),
    ],
)
async def test_a_law_that_there_is_not_or_that_does_not_reach_is_refused_although_a_consent_would_do(
    referral: World, case_id: UUID, basis: str, code: str
) -> None:
    referral.feed(referral.intake.consented(case_id))
    refused = on_the_law(referral, case_id, basis)
    assert (refused.code, refused.field) == (code, "/legal_basis")


# What the sender may know


async def test_a_request_of_whom_no_consent_is_known_waits_for_one(referral: World, case_id: UUID) -> None:
    routed = asks(referral, case_id)
    waiting = answer_to(referral, routed)
    assert isinstance(waiting, AgencyEventDeferred)
    assert (waiting.code, waiting.waiting_for) == ("consent_none", "consent_given")
    given = referral.intake.consented(case_id, **METHADONE)
    referral.feed(given)
    made = answer_to(referral, routed)
    assert isinstance(made, ReferralRequested)
    assert made.consent_id == given.id


async def test_what_waited_is_refused_by_a_consent_that_does_not_cover_it(
    referral: World, case_id: UUID
) -> None:
    routed = asks(referral, case_id)
    referral.feed(referral.intake.consented(case_id, **METHADONE | {"labels": ()}))
    assert answer_to(referral, routed).code == "consent_lacks_labels"
    referral.feed(referral.intake.consented(case_id))
    assert isinstance(answer_to(referral, routed), AgencyEventRefused)


async def test_request_and_consent_in_one_batch_in_either_order_give_one_referral(referral: World) -> None:
    for turned in (False, True):
        case_id = uuid4()
        events = [
            referral.intake.consented(case_id),
            referral.intake.routed(case_id, REQUEST, SENDER),
        ]
        referral.feed(referral.intake.opened(case_id), *(reversed(events) if turned else events))
        assert kinds(referral.log(case_id)).count("referral-requested") == 1


async def test_an_operator_is_refused_at_once(referral: World, case_id: UUID) -> None:
    fields = {"case_id": str(case_id), "service": "methadone", "provider": PROVIDER}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call("RequestReferral", org="cap-bo-de", **fields)
    referral.feed(referral.intake.consented(case_id, **METHADONE | {"labels": ()}))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call("RequestReferral", org=SENDER, **fields)
    assert details(refused.value)["reason"] == "CONSENT_LACKS_LABELS"
    assert referral.log(case_id) == []


async def test_an_operator_does_not_date_a_request_back_to_before_the_withdrawal(
    referral: World, case_id: UUID
) -> None:
    referral.feed(referral.intake.consented(case_id), referral.intake.withdrawn(case_id, at=BEGUN + HOUR))
    fields = {"case_id": str(case_id), "service": "methadone", "provider": PROVIDER}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await referral.call("RequestReferral", org=SENDER, act={"at": BEGUN}, **fields)
    assert details(refused.value)["reason"] == "CONSENT_WITHDRAWN"


@pytest.mark.parametrize("life", ["expired", "withdrawn", "narrow", "child", "none"])
async def test_who_may_not_know_the_consents_of_others_is_answered_as_if_there_were_none(
    referral: World, case_id: UUID, life: str
) -> None:
    intake = referral.intake
    facts = {
        "expired": [intake.consented(case_id, **METHADONE, expires_on=date(2019, 3, 1))],
        "withdrawn": [
            intake.consented(case_id, **METHADONE),
            intake.withdrawn(case_id, at=BEGUN - HOUR),
        ],
        "narrow": [intake.consented(case_id, **METHADONE | {"labels": ()})],
        "child": [
            intake.event(
                case_id,
                ClientRegistered(
                    client_group=ClientGroup.DRUG_USER, birth_year=2006, residence_commune="00139"
                ),
            ),
            intake.consented(case_id, **METHADONE),
        ],
        "none": [],
    }[life]
    if facts:
        referral.feed(*facts)
    answer = answer_to(referral, asks(referral, case_id, org=STATION))
    said = answer.model_dump(exclude={"data"})
    assert said["code"] == "consent_none"
    assert said == {
        **said,
        "type": REQUEST.TYPE,
        "waiting_for": "consent_given",
        "number": None,
        "state": None,
        "moves": (),
    }


async def test_who_recorded_a_consent_is_told_what_it_lacks(referral: World, case_id: UUID) -> None:
    referral.feed(referral.intake.consented(case_id, org=STATION, **METHADONE | {"labels": ()}))
    assert answer_to(referral, asks(referral, case_id, org=STATION)).code == "consent_lacks_labels"


# Withdrawn, expired, voided


async def test_a_withdrawal_stops_what_the_provider_does_not_have_yet(referral: World, case_id: UUID) -> None:
    referral.feed(given := referral.intake.consented(case_id, **METHADONE))
    asks(referral, case_id)
    withdrawn = referral.intake.withdrawn(case_id, given, at=BEGUN + HOUR)
    began = time.monotonic()
    referral.feed(withdrawn)
    assert time.monotonic() - began < 2
    stopped = referral.log(case_id)[-1]
    assert stopped.data == ReferralCancelled(reason=ConsentEnd.WITHDRAWN, consent=given.id)
    assert (stopped.meta.org, stopped.meta.causation_id) == ("system:referral", withdrawn.id)
    assert stopped.meta.occurred_at == BEGUN + HOUR


async def test_and_marks_what_has_gone_out_while_the_service_goes_on(referral: World, case_id: UUID) -> None:
    referral.feed(given := referral.intake.consented(case_id, **METHADONE))
    asks(referral, case_id)
    moves(referral, case_id, RECEIVED, ACCEPTED)
    referral.feed(referral.intake.withdrawn(case_id, given, at=BEGUN + HOUR))
    marked = referral.log(case_id)[-1].data
    assert marked == ConsentLapsed(reason=ConsentEnd.WITHDRAWN, consent=given.id)
    moves(referral, case_id, STARTED, at=BEGUN + 2 * HOUR)
    assert kinds(referral.log(case_id))[-1] == "service-started"


async def test_asking_twice_does_the_same_once(referral: World, case_id: UUID) -> None:
    referral.feed(given := referral.intake.consented(case_id, **METHADONE))
    asks(referral, case_id)
    for _ in range(2):
        referral.feed(referral.intake.withdrawn(case_id, given), referral.intake.withdrawn(case_id))
    referral.clock_shows(BEGUN + timedelta(days=3))
    await eventually(lambda: count(referral, "timers") <= 1, "the second looks")
    assert kinds(referral.log(case_id)).count("referral-cancelled") == 1
    assert "consent-lapsed" not in kinds(referral.log(case_id))


async def test_an_expiry_does_the_same_by_the_event_of_the_clock(referral: World, case_id: UUID) -> None:
    given = referral.intake.consented(case_id, **METHADONE, expires_on=date(2019, 3, 2))
    referral.feed(given)
    asks(referral, case_id)
    over = datetime(2019, 3, 2, 17, tzinfo=UTC)
    data = ConsentExpired(consent=given.id, expired_on=date(2019, 3, 2))
    referral.feed(referral.intake.event(case_id, data, at=over))
    stopped = referral.log(case_id)[-1]
    assert isinstance(stopped.data, ReferralCancelled)
    assert (stopped.data.reason, stopped.meta.occurred_at) == ("consent_expired", over)


async def test_a_consent_that_was_recorded_in_error_counts_as_withdrawn(
    referral: World, case_id: UUID
) -> None:
    referral.feed(given := referral.intake.consented(case_id, **METHADONE))
    asks(referral, case_id)
    voided = EventVoided(event_id=given.id, type=given.type, reason=VoidReason.WRONG_PERSON)
    referral.feed(referral.intake.event(case_id, voided))
    stopped = referral.log(case_id)[-1].data
    assert isinstance(stopped, ReferralCancelled)
    assert stopped.reason == "consent_voided"


async def test_what_another_consent_still_covers_goes_on(referral: World, case_id: UUID) -> None:
    first, second = (referral.intake.consented(case_id, **METHADONE) for _ in range(2))
    referral.feed(first, second)
    asks(referral, case_id)
    referral.feed(referral.intake.withdrawn(case_id, second))
    assert kinds(referral.log(case_id)) == ["referral-requested"]
    referral.feed(referral.intake.withdrawn(case_id, first))
    assert kinds(referral.log(case_id))[-1] == "referral-cancelled"


async def test_a_withdrawal_of_what_it_does_not_share_changes_nothing(referral: World, case_id: UUID) -> None:
    referral.feed(given := referral.intake.consented(case_id))
    asks(referral, case_id)
    referral.feed(referral.intake.withdrawn(case_id, given, labels=(Label.HIV,)))
    assert kinds(referral.log(case_id)) == ["referral-requested"]
    referral.feed(referral.intake.withdrawn(case_id, given, labels=(Label.OST,)))
    stopped = referral.log(case_id)[-1].data
    assert isinstance(stopped, ReferralCancelled)
    assert stopped.reason == "consent_narrowed"


async def test_a_withdrawal_known_before_the_request_that_it_follows_stops_it_at_once(
    referral: World, case_id: UUID
) -> None:
    referral.feed(referral.intake.consented(case_id), referral.intake.withdrawn(case_id, at=BEGUN + HOUR))
    referral.clock_shows(BEGUN + timedelta(days=1))
    asks(referral, case_id)
    assert kinds(referral.log(case_id)) == ["referral-requested", "referral-cancelled"]


async def test_what_the_provider_had_before_the_withdrawal_and_reports_later_is_marked_not_lost(
    referral: World, case_id: UUID
) -> None:
    referral.feed(referral.intake.consented(case_id))
    asks(referral, case_id)
    referral.feed(referral.intake.withdrawn(case_id, at=BEGUN + 2 * HOUR))
    assert kinds(referral.log(case_id))[-1] == "referral-cancelled"
    moves(referral, case_id, RECEIVED, at=BEGUN + HOUR)
    assert kinds(referral.log(case_id))[-2:] == ["referral-received", "consent-lapsed"]
    moves(referral, case_id, ACCEPTED, at=BEGUN + 3 * HOUR)
    assert kinds(referral.log(case_id))[-1] == "referral-accepted"


async def test_what_the_provider_does_after_the_withdrawal_is_refused(referral: World, case_id: UUID) -> None:
    referral.feed(referral.intake.consented(case_id))
    asks(referral, case_id)
    referral.feed(referral.intake.withdrawn(case_id, at=BEGUN + HOUR))
    moves(referral, case_id, RECEIVED, at=BEGUN + 2 * HOUR)
    refused = referral.log(case_id)[-1].data
    assert isinstance(refused, AgencyEventRefused)
    assert (refused.code, refused.state) == ("move_not_allowed", "cancelled")


async def test_a_request_that_another_instance_decides_at_that_moment_is_found_by_the_second_look(
    referral: World, case_id: UUID, postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The withdrawal is committed after the request was decided on what was read before it."""
    referral.feed(given := referral.intake.consented(case_id))
    async with running(SERVICE, postgres_dsn, tmp_path / "other", BEGUN + HOUR) as other:
        other.intake = IntakeLog("intake.elsewhere.v1")
        decide = ReferralDecider.decide

        def at_that_moment(self: ReferralDecider, uow: Any, item: Any) -> bytes | None:
            done = decide(self, uow, item)
            if self is referral.parts.writer._decider and "withdrawn" not in told:
                told.append("withdrawn")
                other.feed(other.intake.withdrawn(case_id, given, at=BEGUN - HOUR))
            return done

        told: list[str] = []
        monkeypatch.setattr(ReferralDecider, "decide", at_that_moment)
        asks(referral, case_id)
        assert kinds(referral.log(case_id)) == ["referral-requested"]
        other.clock_shows(BEGUN + timedelta(days=2))
        await eventually(lambda: "referral-cancelled" in kinds(referral.log(case_id)), "the second look")


async def test_a_withdrawal_in_one_case_of_a_person_reaches_the_referrals_of_all(referral: World) -> None:
    one, other = uuid4(), uuid4()
    opened = [referral.intake.opened(case_id) for case_id in (one, other)]
    clients = [event.data.client_id for event in opened]  # type: ignore[attr-defined]
    referral.feed(*opened, referral.intake.consented(one))
    merged = ClientsMerged(
        merge=uuid4(),
        survivor=clients[0],
        merged=clients[1],
        survivor_case=one,
        merged_case=other,
        ground=MergeGround.PAPERS_SEEN,
    )
    referral.feed(*(referral.intake.event(case_id, merged) for case_id in (one, other)))
    asks(referral, other)
    assert kinds(referral.log(other)) == ["referral-requested"]
    referral.feed(referral.intake.withdrawn(one, at=BEGUN + HOUR))
    assert kinds(referral.log(other))[-1] == "referral-cancelled"


@pytest.mark.parametrize("together", [True, False])
async def test_a_consent_of_an_earlier_case_counts_in_one_that_opens_in_the_batch_of_the_request(
    referral: World, *, together: bool
) -> None:
    earlier, later, log = uuid4(), uuid4(), referral.intake
    opened = log.opened(earlier)
    referral.feed(opened, log.consented(earlier))
    asked = log.routed(later, REQUEST, SENDER)
    events = [log.event(later, opened.data), asked]
    for batch in [events] if together else [[event] for event in events]:
        referral.feed(*batch)
    assert isinstance(answer_to(referral, asked), ReferralRequested)


async def test_what_was_told_of_a_merged_client_is_that_clients_when_the_merge_is_undone(
    referral: World,
) -> None:
    """The case of the other takes the consent and the year of birth while the two are one."""
    one, other = uuid4(), uuid4()
    log = referral.intake
    opened = [log.opened(case_id) for case_id in (one, other)]
    survivor, child = (event.data.client_id for event in opened)  # type: ignore[attr-defined]
    ends: dict[str, Any] = {"survivor": survivor, "merged": child, "ground": MergeGround.PAPERS_SEEN}
    merge = uuid4()
    merged = ClientsMerged(merge=merge, survivor_case=one, merged_case=other, **ends)
    referral.feed(*opened, *(log.event(case_id, merged) for case_id in (one, other)))
    registered = ClientRegistered(
        client_group=ClientGroup.DRUG_USER, birth_year=2007, residence_commune="00139"
    )
    referral.feed(log.event(one, registered, client=child), log.consented(one, client=child))
    assert answer_to(referral, asks(referral, one)).code == "consent_lacks_guardian"
    referral.feed(log.consented(one, client=child, guardian=GuardianRelation.PARENT))
    assert isinstance(answer_to(referral, asks(referral, one)), ReferralRequested)
    unmerged = ClientsUnmerged(merge=merge, **ends)
    referral.feed(*(log.event(case_id, unmerged) for case_id in (one, other)))
    assert kinds(referral.log(one))[-1] == "referral-cancelled", "the other one had agreed"
    assert isinstance(answer_to(referral, asks(referral, other)), ReferralRequested)
    referral.feed(log.consented(one))
    assert isinstance(answer_to(referral, asks(referral, one)), ReferralRequested), "no child, and agreed"


def count(world: World, table: str) -> int:
    import psycopg

    with psycopg.connect(world.parts.dsn) as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


async def test_in_whatever_order_consent_withdrawal_and_request_come_the_end_is_the_same(
    referral: World,
) -> None:
    for order in itertools.permutations(range(3)):
        for one_by_one in (True, False):
            case_id = uuid4()
            given = referral.intake.consented(case_id, **METHADONE)
            events = [
                given,
                referral.intake.withdrawn(case_id, given, at=BEGUN + HOUR),
                referral.intake.routed(case_id, REQUEST, SENDER),
            ]
            told = [events[n] for n in order]
            for batch in [[one] for one in told] if one_by_one else [told]:
                referral.feed(*batch)
            log = referral.log(case_id)
            assert [k for k in kinds(log) if k != "agency-event-deferred"] == [
                "referral-requested",
                "referral-cancelled",
            ], order
            assert log[-1].meta.occurred_at == BEGUN + HOUR
