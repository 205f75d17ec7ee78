"""What agencies take back or correct, as referral and followup answer it on real databases."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from contracts.base import Payload
from contracts.envelope import Recorded
from contracts.events.cases import CaseClosed, CaseReopened
from contracts.events.common import AgencyEventRefused, EventVoided
from contracts.events.followup import (
    DetoxAdmitted,
    DetoxAdmittedPosted,
    DetoxCompleted,
    HandoverNotified,
    ManagementStarted,
)
from contracts.events.intake import AgencyEventRouted, PlanAgreed, PlanItem
from contracts.events.referral import (
    ReferralAccepted,
    ReferralReceived,
    ReferralRequested,
    ReferralRequestedPosted,
    ServiceStarted,
)
from contracts.vocabulary import (
    CloseReason,
    DetoxKind,
    ManagementModel,
    NumberKind,
    ReopenReason,
    Service,
    VoidReason,
)
from followup.domain import Pathway
from reference.days import start_of

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, kinds

SOCIAL, CLINIC = "ldtbxh-bo-de", "methadone-long-bien"
FACILITY, COMMUNE = "cai-nghien-ha-noi", "ubnd-bo-de"
REQUEST = ReferralRequestedPosted(service=Service.METHADONE, provider=CLINIC)
ADMITTED = DetoxAdmittedPosted(kind=DetoxKind.VOLUNTARY)
COMPLETED = DetoxCompleted(months=6)
MANAGED = ManagementStarted(model=ManagementModel.CLUB)
DAY = timedelta(days=1)
IN_MARCH, IN_AUGUST, IN_SEPTEMBER = (start_of(date(2019, month, 1)) for month in (3, 8, 9))


def opened(world: World) -> UUID:
    case_id = uuid4()
    world.feed(world.intake.opened(case_id), world.intake.consented(case_id))
    return case_id


def void_of(world: World, event: Recorded[Payload], *, replaced: bool = False) -> Recorded[Payload]:
    """Intake records that a routed event was wrong."""
    data = EventVoided(
        event_id=event.id, type=AgencyEventRouted.TYPE, reason=VoidReason.WRONG_DATA, replaced=replaced
    )
    return world.intake.event(event.meta.subject, data, org=event.meta.org)


def correction_of(
    world: World, event: Recorded[Payload], payload: Payload, **posted: Any
) -> tuple[Recorded[Payload], Recorded[Payload]]:
    """Intake voids a routed event and routes the one that is right, directly after."""
    void = void_of(world, event, replaced=True)
    right = world.intake.routed(event.meta.subject, payload, event.meta.org, **posted)
    data = right.data.model_copy(update={"replaces": event.id})
    return void, Recorded(id=right.id, type=right.type, source=right.source, meta=right.meta, data=data)


def answers(world: World, event: Recorded[Payload]) -> list[Recorded[Any]]:
    """What the service recorded because of an event."""
    return [one for one in world.log() if one.meta.causation_id == event.id]


@pytest.fixture
def requested(referral: World) -> Recorded[Payload]:
    event = referral.intake.routed(opened(referral), REQUEST, SOCIAL)
    referral.feed(event)
    return event


def number_of(world: World) -> str:
    return next(one.data.number for one in world.log() if isinstance(one.data, ReferralRequested))


def move(world: World, event: Recorded[Payload], payload: Payload, org: str = CLINIC) -> Recorded[Payload]:
    number = number_of(world)
    moved = world.intake.routed(event.meta.subject, payload, org, number=number)
    world.feed(moved)
    return moved


def test_a_request_that_was_voided_ends_as_if_never_made_and_takes_no_move(
    referral: World, requested: Recorded[Payload]
) -> None:
    move(referral, requested, ReferralReceived())
    void = void_of(referral, requested)
    referral.feed(void)
    [voided] = answers(referral, void)
    assert isinstance(voided.data, EventVoided)
    assert voided.data.event_id.endswith(":1")
    late = move(referral, requested, ReferralAccepted())
    [refused] = answers(referral, late)
    assert isinstance(refused.data, AgencyEventRefused)
    assert (refused.data.code, refused.data.state) == ("move_not_allowed", "voided")


def test_a_move_that_was_voided_is_no_move_and_what_waited_is_tried_again(
    referral: World, requested: Recorded[Payload]
) -> None:
    received = move(referral, requested, ReferralReceived())
    referral.feed(void_of(referral, received))
    again = move(referral, requested, ReferralReceived())
    assert kinds(answers(referral, again)) == ["referral-received"]


def test_what_replaces_a_move_stands_in_its_place_though_others_came_between(
    referral: World, requested: Recorded[Payload]
) -> None:
    received = move(referral, requested, ReferralReceived())
    move(referral, requested, ReferralAccepted())
    number = number_of(referral)
    void, right = correction_of(referral, received, ReferralReceived(), number=number)
    referral.feed(void, right)
    assert kinds(answers(referral, right)) == ["event-voided", "referral-received"]
    assert answers(referral, void) == []
    started = move(referral, requested, ServiceStarted())
    assert kinds(answers(referral, started)) == ["service-started"]


def test_a_request_that_is_corrected_gets_another_number_and_the_old_one_is_void(
    referral: World, requested: Recorded[Payload]
) -> None:
    before = number_of(referral)
    other = REQUEST.model_copy(update={"service": Service.LOAN, "provider": "csxh-long-bien"})
    void, right = correction_of(referral, requested, other)
    referral.feed(void, right)
    voided, made = answers(referral, right)
    assert isinstance(voided.data, EventVoided)
    assert isinstance(made.data, ReferralRequested)
    assert made.data.number != before
    assert voided.data.replaced


def test_a_request_that_is_put_right_into_what_is_refused_stands_and_can_be_put_right_again(
    referral: World, requested: Recorded[Payload]
) -> None:
    nowhere = REQUEST.model_copy(update={"provider": "ubnd-bo-de", "service": Service.LOAN})
    void, refused = correction_of(referral, requested, nowhere)
    referral.feed(void, refused)
    assert kinds(answers(referral, refused)) == ["agency-event-refused"]
    assert "event-voided" not in kinds(referral.log())
    received = move(referral, requested, ReferralReceived())
    assert kinds(answers(referral, received)) == ["referral-received"]
    void, right = correction_of(
        referral, requested, REQUEST.model_copy(update={"service": Service.METHADONE})
    )
    referral.feed(void, right)
    assert kinds(answers(referral, right)) == ["event-voided", "referral-requested"]


@pytest.mark.parametrize("number", ["CG-0000-0000-0000-0", None])
def test_a_move_that_is_put_right_for_a_referral_that_there_is_not_stands(
    referral: World, requested: Recorded[Payload], number: str | None
) -> None:
    received = move(referral, requested, ReferralReceived())
    void, refused = correction_of(referral, received, ReferralReceived(), number=number)
    referral.feed(void, refused)
    assert kinds(answers(referral, refused)) == ["agency-event-refused"]
    accepted = move(referral, requested, ReferralAccepted())
    assert kinds(answers(referral, accepted)) == ["referral-accepted"], "it was received"
    assert "event-voided" not in kinds(referral.log())


def test_voiding_what_was_refused_is_answered_and_so_is_voiding_twice(
    referral: World, requested: Recorded[Payload]
) -> None:
    refused = referral.intake.routed(requested.meta.subject, ReferralReceived(), CLINIC, number="CG-0")
    referral.feed(refused)
    for event, code in ((refused, "nothing_to_void"), (requested, None), (requested, "already_voided")):
        void = void_of(referral, event)
        referral.feed(void)
        [answer] = answers(referral, void)
        assert getattr(answer.data, "code", None) == code


def test_a_consent_that_ends_says_nothing_of_a_request_that_was_voided(
    referral: World, requested: Recorded[Payload]
) -> None:
    referral.feed(void_of(referral, requested))
    before = len(referral.log())
    referral.feed(referral.intake.withdrawn(requested.meta.subject))
    assert len(referral.log()) == before


def test_a_void_of_another_services_event_is_not_answered(
    referral: World, requested: Recorded[Payload]
) -> None:
    admitted = referral.intake.routed(requested.meta.subject, ADMITTED, FACILITY)
    void = void_of(referral, admitted)
    referral.feed(admitted, void)
    assert answers(referral, void) == []


def test_a_request_that_waits_for_a_consent_is_dropped_when_it_is_voided(referral: World) -> None:
    case_id = uuid4()
    asked = referral.intake.routed(case_id, REQUEST, SOCIAL)
    referral.feed(referral.intake.opened(case_id), asked)
    void = void_of(referral, asked)
    referral.feed(void)
    assert kinds(answers(referral, void)) == ["event-voided"]
    referral.feed(referral.intake.consented(case_id))
    assert not any(isinstance(one.data, ReferralRequested) for one in referral.log())


def test_an_admission_that_is_corrected_keeps_its_number_and_all_that_came_after_it(followup: World) -> None:
    case_id = opened(followup)
    admitted = followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH)
    completed = followup.intake.routed(case_id, COMPLETED, FACILITY, at=IN_AUGUST)
    followup.feed(admitted, completed)
    stays = [one.data for one in followup.log() if isinstance(one.data, DetoxAdmitted)]
    other = DetoxAdmittedPosted(kind=DetoxKind.COMPULSORY)
    void, right = correction_of(followup, admitted, other, at=IN_MARCH)
    followup.feed(void, right)
    voided, again = answers(followup, right)
    assert isinstance(voided.data, EventVoided)
    assert (again.data.stay_number, again.data.kind) == (stays[0].stay_number, "compulsory")
    void, once_more = correction_of(followup, right, ADMITTED, at=IN_MARCH)
    followup.feed(void, once_more)
    assert answers(followup, once_more)[1].data.stay_number == stays[0].stay_number
    managed = followup.intake.routed(case_id, MANAGED, COMMUNE, at=IN_SEPTEMBER)
    followup.feed(managed)
    assert kinds(answers(followup, managed)) == ["management-started"]


def test_a_completion_that_was_voided_lets_the_stay_go_on(followup: World) -> None:
    case_id = opened(followup)
    admitted = followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH)
    completed = followup.intake.routed(case_id, COMPLETED, FACILITY, at=IN_AUGUST)
    followup.feed(admitted, completed, void_of(followup, completed))
    again = followup.intake.routed(case_id, COMPLETED, FACILITY, at=IN_SEPTEMBER)
    followup.feed(again)
    assert kinds(answers(followup, again)) == ["detox-completed"]


async def test_a_management_that_was_voided_is_no_longer_due_for_evaluation(followup: World) -> None:
    case_id = opened(followup)
    way = [
        followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH),
        followup.intake.routed(case_id, COMPLETED, FACILITY, at=IN_AUGUST),
        followup.intake.routed(case_id, MANAGED, COMMUNE, at=IN_SEPTEMBER),
    ]
    followup.feed(*way)
    due = await followup.call("ListDue", org=COMMUNE, due_by="2021-01-01")
    assert [one.case_id for one in due.due] == [str(case_id)]
    followup.feed(void_of(followup, way[-1]))
    due = await followup.call("ListDue", org=COMMUNE, due_by="2021-01-01")
    assert list(due.due) == []


def test_what_was_kept_is_dropped_when_it_is_voided(followup: World) -> None:
    case_id = opened(followup)
    early = followup.intake.routed(case_id, COMPLETED, FACILITY, at=IN_AUGUST)
    void = void_of(followup, early)
    followup.feed(early, void)
    assert kinds(answers(followup, void)) == ["event-voided"]
    followup.feed(followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH))
    assert "detox-completed" not in kinds(followup.log(case_id))


def test_what_waits_in_the_place_of_what_only_waited_is_not_lost_when_its_pathway_is_read_anew(
    followup: World,
) -> None:
    case_id = opened(followup)
    early = followup.intake.routed(case_id, COMPLETED, FACILITY, at=IN_AUGUST)
    void, right = correction_of(followup, early, DetoxCompleted(months=5), at=IN_AUGUST)
    followup.feed(early, void, right)
    assert kinds(answers(followup, right)) == ["event-voided", "agency-event-deferred"]
    assert followup.parts.store.history.cache.take(Pathway.stream_of(case_id)) is not None
    followup.feed(followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH))
    assert kinds(answers(followup, right))[-1] == "detox-completed"


def test_a_notice_that_is_put_right_while_its_admission_is_void_goes_out_with_the_right_admission(
    followup: World,
) -> None:
    case_id = opened(followup)
    notice = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 9, 1))
    admitted = followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH)
    wrong = followup.intake.routed(case_id, notice, FACILITY, at=IN_AUGUST)
    void, right = correction_of(followup, wrong, notice, at=IN_AUGUST)
    followup.feed(admitted, wrong, void_of(followup, admitted), void, right)
    assert kinds(answers(followup, right)) == ["agency-event-deferred"]
    followup.feed(followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH))
    assert kinds(answers(followup, right))[1:] == ["event-voided", "handover-notified"]


def test_all_in_one_batch_gives_the_same_as_one_by_one(followup: World) -> None:
    logs = []
    for together in (True, False):
        case_id = opened(followup)
        admitted = followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH)
        completed = followup.intake.routed(case_id, COMPLETED, FACILITY, at=IN_AUGUST)
        events = [admitted, completed, *correction_of(followup, admitted, ADMITTED, at=IN_MARCH)]
        for batch in [events] if together else [[event] for event in events]:
            followup.feed(*batch)
        logs.append(kinds(followup.log(case_id)))
    assert logs[0] == logs[1]


def test_a_completion_that_names_its_stay_is_corrected_in_its_place(followup: World) -> None:
    case_id = opened(followup)
    admitted = followup.intake.routed(case_id, ADMITTED, FACILITY, at=IN_MARCH)
    followup.feed(admitted)
    number = next(one.data.stay_number for one in followup.log() if isinstance(one.data, DetoxAdmitted))
    completed = followup.intake.routed(
        case_id, COMPLETED, FACILITY, at=IN_AUGUST, number=number, kind=NumberKind.STAY
    )
    followup.feed(completed)
    void, right = correction_of(
        followup, completed, DetoxCompleted(months=5), at=IN_AUGUST, number=number, kind=NumberKind.STAY
    )
    followup.feed(void, right)
    assert [one.data.months for one in answers(followup, right)[1:]] == [5]


def put_right(world: World, wrong: Recorded[Payload], right: Payload, at: datetime) -> None:
    """Intake puts one of its own events right: it voids it, and records directly after what is right."""
    data = EventVoided(event_id=wrong.id, type=wrong.type, reason=VoidReason.WRONG_DATA, replaced=True)
    case_id, cause = wrong.meta.subject, f"right-{wrong.id}"
    both = (world.intake.event(case_id, data), world.intake.event(case_id, right, at=at))
    for each in both:
        meta = each.meta.model_copy(update={"causation_id": cause})
        world.feed(each.model_copy(update={"meta": meta}))


def test_a_closing_that_is_put_right_closes_nothing_that_was_opened_again(referral: World) -> None:
    case_id, closing = opened(referral), CaseClosed(reason=CloseReason.GOALS_MET)
    closed = referral.intake.event(case_id, closing, at=BEGUN - 3 * DAY)
    again = referral.intake.event(case_id, CaseReopened(reason=ReopenReason.CAME_BACK), at=BEGUN - 2 * DAY)
    referral.feed(closed, again)
    put_right(referral, closed, closing, BEGUN - 4 * DAY)
    referral.feed(asked := referral.intake.routed(case_id, REQUEST, SOCIAL))
    assert kinds(answers(referral, asked)) == ["referral-requested"]
    referral.feed(void_of_own(referral, again))
    referral.feed(asked := referral.intake.routed(case_id, REQUEST, SOCIAL))
    assert kinds(answers(referral, asked)) == ["agency-event-refused"], "the right closing holds again"


def test_a_plan_that_was_voided_is_not_what_a_request_names_an_item_of(referral: World) -> None:
    case_id, item = opened(referral), PlanItem(service=Service.METHADONE)
    agreed = referral.intake.event(case_id, PlanAgreed(items=(item,)), at=BEGUN - DAY)
    referral.feed(agreed)
    put_right(referral, agreed, PlanAgreed(items=(item, item)), BEGUN - 2 * DAY)
    second = REQUEST.model_copy(update={"plan_item": 2})
    referral.feed(asked := referral.intake.routed(case_id, second, SOCIAL))
    assert kinds(answers(referral, asked)) == ["referral-requested"]


def void_of_own(world: World, event: Recorded[Payload]) -> Recorded[Payload]:
    """Intake records that one of its own events was wrong."""
    data = EventVoided(event_id=event.id, type=event.type, reason=VoidReason.WRONG_DATA)
    return world.intake.event(event.meta.subject, data)
