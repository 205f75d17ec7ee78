"""A commune is told of a stay by the client's consent or by the law that the facility names, else not."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from contracts.base import Label, Payload
from contracts.envelope import Recorded
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused, EventVoided
from contracts.events.followup import (
    DetoxAdmitted,
    DetoxAdmittedPosted,
    DetoxCompleted,
    HandoverConsentLapsed,
    HandoverNotified,
    HandoverReceived,
)
from contracts.vocabulary import ConsentEnd, DetoxKind, VoidReason
from followup.application.decider import FollowupDecider
from followup.service import SERVICE

from tests.integration.owners.intake_log import BEGUN, IntakeLog
from tests.integration.owners.test_corrections import correction_of, void_of
from tests.integration.owners.world import World, details, eventually, kinds, running

FACILITY, COMMUNE = "cai-nghien-ha-noi", "ubnd-bo-de"
NOTICE = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 9, 1))
COMPLETED = DetoxCompleted(months=6)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def admitted(world: World, kind: DetoxKind = DetoxKind.VOLUNTARY) -> UUID:
    case_id = uuid4()
    world.feed(world.intake.opened(case_id))
    world.feed(world.intake.routed(case_id, DetoxAdmittedPosted(kind=kind), FACILITY))
    return case_id


def notifies(world: World, case_id: UUID, basis: str | None = None) -> Recorded[Payload]:
    routed = world.intake.routed(case_id, NOTICE, FACILITY, legal_basis=basis)
    world.feed(routed)
    return routed


def marks(world: World, case_id: UUID) -> list[Recorded[Any]]:
    return [one for one in world.log(case_id) if isinstance(one.data, HandoverConsentLapsed)]


def answer_to(world: World, routed: Recorded[Payload]) -> Any:
    return [event for event in world.log() if event.meta.causation_id == routed.id][-1].data


async def test_the_clients_consent_lets_the_commune_be_told(followup: World) -> None:
    case_id = admitted(followup)
    followup.feed(followup.intake.consented(case_id))
    assert answer_to(followup, notifies(followup, case_id)) == NOTICE


async def test_the_law_on_after_care_lets_it_be_told_without_a_consent(followup: World) -> None:
    case_id = admitted(followup)
    assert answer_to(followup, notifies(followup, case_id, "after_care_handover")) == NOTICE


async def test_that_law_does_not_let_it_be_told_that_an_authority_ordered_the_stay(followup: World) -> None:
    case_id = admitted(followup, DetoxKind.COMPULSORY)
    refused = answer_to(followup, notifies(followup, case_id, "after_care_handover"))
    assert isinstance(refused, AgencyEventRefused)
    assert (refused.code, refused.detail["values"]) == ("legal_basis_lacks_labels", "LEGAL")
    assert answer_to(followup, notifies(followup, case_id, "detox_file")) == NOTICE


async def test_a_law_that_there_is_not_is_refused(followup: World) -> None:
    case_id = admitted(followup)
    refused = answer_to(followup, notifies(followup, case_id, "because"))
    assert (refused.code, refused.field) == ("legal_basis_unknown", "/legal_basis")


async def test_without_either_it_waits_and_no_later_move_lets_it_out(followup: World) -> None:
    case_id = admitted(followup)
    routed = notifies(followup, case_id)
    waiting = answer_to(followup, routed)
    assert isinstance(waiting, AgencyEventDeferred)
    assert (waiting.code, waiting.waiting_for) == ("consent_none", "consent_given")
    followup.feed(followup.intake.routed(case_id, COMPLETED, FACILITY, at=BEGUN + DAY))
    assert isinstance(answer_to(followup, routed), AgencyEventDeferred)
    followup.feed(followup.intake.consented(case_id))
    assert answer_to(followup, routed) == NOTICE


async def test_who_may_not_know_the_clients_consents_is_not_told_why_they_do_not_do(followup: World) -> None:
    answers = []
    told: tuple[tuple[tuple[str, dict[str, Any]], ...], ...]
    told = ((), (("consented", {"labels": (Label.OST,)}),), (("consented", {}), ("withdrawn", {})))
    for facts in told:
        case_id = admitted(followup)
        for name, said in facts:
            followup.feed(getattr(followup.intake, name)(case_id, **said))
        answers.append(answer_to(followup, notifies(followup, case_id)).model_dump())
    assert answers[0] == answers[1] == answers[2]


async def test_an_operator_is_refused_at_once(followup: World) -> None:
    case_id = admitted(followup)
    fields = {"case_id": str(case_id), "to_org": COMMUNE, "to_commune": "00139", "due_on": "2019-09-01"}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await followup.call("NotifyHandover", org=FACILITY, **fields)
    assert details(refused.value)["reason"] == "CONSENT_NONE"
    await followup.call("NotifyHandover", org=FACILITY, act={"legal_basis": "after_care_handover"}, **fields)
    assert kinds(followup.log(case_id))[-1] == "handover-notified"


# Consents that end when the commune has been told


@pytest.fixture
def told(followup: World) -> tuple[UUID, Recorded[Payload], Recorded[Payload]]:
    """A case in which a commune was told of a stay by consent: the consent, and the notice as posted."""
    case_id = admitted(followup)
    followup.feed(given := followup.intake.consented(case_id))
    return case_id, given, notifies(followup, case_id)


async def test_a_withdrawal_marks_the_notice_that_went_out_once_and_the_handover_goes_on(
    followup: World, told: tuple[UUID, Recorded[Payload], Recorded[Payload]]
) -> None:
    case_id, given, _ = told
    notice = followup.log(case_id)[-1]
    withdrawn = followup.intake.withdrawn(case_id, given, at=BEGUN + HOUR)
    followup.feed(withdrawn, followup.intake.withdrawn(case_id, at=BEGUN + 2 * HOUR))
    (marked,) = marks(followup, case_id)
    stay = followup.log(case_id)[1].data
    assert isinstance(stay, DetoxAdmitted)
    assert marked.data == HandoverConsentLapsed(
        stay=stay.stay_number,
        facility=FACILITY,
        to_org=COMMUNE,
        reason=ConsentEnd.WITHDRAWN,
        consent=given.id,
        about=notice.id,
        labels=(Label.DRUG,),
    )
    assert (marked.meta.org, marked.meta.causation_id) == ("system:followup", withdrawn.id)
    assert marked.meta.occurred_at == BEGUN + HOUR
    received = followup.intake.routed(case_id, HandoverReceived(), COMMUNE, at=BEGUN + DAY)
    followup.feed(received)
    assert isinstance(answer_to(followup, received), HandoverReceived)
    followup.feed(
        followup.intake.consented(case_id, at=BEGUN + DAY),
        followup.intake.withdrawn(case_id, at=BEGUN + 2 * DAY),
    )
    assert len(marks(followup, case_id)) == 1


async def test_a_notice_on_a_law_or_by_another_consent_is_not_marked(followup: World) -> None:
    by_law, twice = admitted(followup), admitted(followup)
    followup.feed(followup.intake.consented(by_law))
    notifies(followup, by_law, "after_care_handover")
    followup.feed(followup.intake.withdrawn(by_law, at=BEGUN + HOUR))
    first, second = (followup.intake.consented(twice) for _ in range(2))
    followup.feed(first, second)
    notifies(followup, twice)
    followup.feed(followup.intake.withdrawn(twice, second, at=BEGUN + HOUR))
    assert marks(followup, by_law) == marks(followup, twice) == []
    followup.feed(followup.intake.withdrawn(twice, first, at=BEGUN + HOUR))
    assert len(marks(followup, twice)) == 1


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_in_whatever_order_consent_withdrawal_and_notice_come_it_is_marked_once(
    followup: World, one_by_one: bool
) -> None:
    for order in itertools.permutations(range(3)):
        case_id = admitted(followup)
        given = followup.intake.consented(case_id)
        events = [
            given,
            followup.intake.withdrawn(case_id, given, at=BEGUN + HOUR),
            followup.intake.routed(case_id, NOTICE, FACILITY),
        ]
        fed = [events[n] for n in order]
        for batch in [[one] for one in fed] if one_by_one else [fed]:
            followup.feed(*batch)
        said = [kind for kind in kinds(followup.log(case_id))[2:] if kind != "agency-event-deferred"]
        assert said == ["handover-notified", "handover-consent-lapsed"], order
        assert marks(followup, case_id)[0].meta.occurred_at == BEGUN + HOUR


async def test_a_consent_recorded_in_error_marks_it_and_a_notice_told_anew_can_be_marked_again(
    followup: World, told: tuple[UUID, Recorded[Payload], Recorded[Payload]]
) -> None:
    case_id, given, posted = told
    void = EventVoided(event_id=given.id, type=given.type, reason=VoidReason.WRONG_PERSON)
    followup.feed(followup.intake.event(case_id, void))
    assert [one.data.reason for one in marks(followup, case_id)] == [ConsentEnd.VOIDED]
    wrong = EventVoided(event_id=posted.id, type=posted.type, reason=VoidReason.WRONG_DATA)
    followup.feed(followup.intake.event(case_id, wrong), followup.intake.consented(case_id))
    notifies(followup, case_id)
    followup.feed(followup.intake.withdrawn(case_id, at=BEGUN + HOUR))
    first, second = (one.data for one in marks(followup, case_id))
    assert (first.stay, second.reason) == (second.stay, ConsentEnd.WITHDRAWN)
    assert first.about != second.about


async def test_an_operator_does_not_date_a_notice_back_to_before_the_withdrawal(followup: World) -> None:
    case_id = admitted(followup)
    followup.feed(followup.intake.consented(case_id), followup.intake.withdrawn(case_id, at=BEGUN + HOUR))
    fields = {"case_id": str(case_id), "to_org": COMMUNE, "to_commune": "00139", "due_on": "2019-09-01"}
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await followup.call("NotifyHandover", org=FACILITY, act={"at": BEGUN}, **fields)
    assert details(refused.value)["reason"] == "CONSENT_NONE"


async def test_a_notice_that_another_instance_tells_at_that_moment_is_found_by_the_second_look(
    followup: World, postgres_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The withdrawal is committed after the notice was decided on what was read before it."""
    case_id = admitted(followup)
    followup.feed(given := followup.intake.consented(case_id))
    async with running(SERVICE, postgres_dsn, tmp_path / "other", BEGUN + HOUR) as other:
        other.intake = IntakeLog("intake.elsewhere.v1")
        decide = FollowupDecider.decide
        done_there: list[Any] = []

        def at_that_moment(self: FollowupDecider, uow: Any, item: Any) -> bytes | None:
            done = decide(self, uow, item)
            if self is followup.parts.writer._decider and not done_there:
                done_there.append(other.feed(other.intake.withdrawn(case_id, given, at=BEGUN - HOUR)))
            return done

        monkeypatch.setattr(FollowupDecider, "decide", at_that_moment)
        notifies(followup, case_id)
        assert marks(followup, case_id) == []
        other.clock_shows(BEGUN + 2 * DAY)
        await eventually(lambda: len(marks(followup, case_id)) == 1, "the second look")


@pytest.mark.parametrize(
    ("basis", "why"), [(None, "consent_none"), ("because", "legal_basis_unknown")], ids=["consent", "law"]
)
async def test_a_notice_that_is_put_right_tells_nobody_else_without_consent_or_law(
    followup: World, basis: str | None, why: str
) -> None:
    case_id, other = admitted(followup), NOTICE.model_copy(update={"to_org": "ubnd-duc-giang"})
    followup.feed(followup.intake.consented(case_id, recipients=(), recipient_orgs=(COMMUNE,)))
    first = notifies(followup, case_id)
    assert answer_to(followup, first) == NOTICE
    void, right = correction_of(followup, first, other, legal_basis=basis)
    followup.feed(void, right)
    assert answer_to(followup, right).code == why
    assert [one.data.to_org for one in followup.log() if isinstance(one.data, HandoverNotified)] == [COMMUNE]
    assert "event-voided" not in kinds(followup.log()), "what was told stands until what is right is told"


async def test_what_is_to_replace_a_notice_waits_with_the_voiding_and_both_go_together(
    followup: World,
) -> None:
    case_id, other = admitted(followup), NOTICE.model_copy(update={"to_org": "ubnd-duc-giang"})
    first = notifies(followup, case_id, "after_care_handover")
    void, right = correction_of(followup, first, other)
    followup.feed(void, right)
    followup.feed(followup.intake.routed(case_id, COMPLETED, FACILITY, at=BEGUN + DAY))
    assert kinds(followup.log())[-2:] == ["agency-event-deferred", "detox-completed"]
    followup.feed(followup.intake.consented(case_id))
    assert kinds(followup.log())[-2:] == ["event-voided", "handover-notified"]
    assert {one.meta.causation_id for one in followup.log()[-2:]} == {right.id}


@pytest.mark.parametrize("what", ["the correction", "the wrong one"])
async def test_of_a_correction_that_waits_either_may_be_voided(followup: World, what: str) -> None:
    case_id = admitted(followup)
    first = notifies(followup, case_id, "after_care_handover")
    void, right = correction_of(followup, first, NOTICE.model_copy(update={"due_on": date(2019, 10, 1)}))
    followup.feed(void, right)
    followup.feed(void_of(followup, right if what == "the correction" else first))
    followup.feed(followup.intake.consented(case_id))
    told = [one for one in followup.log() if isinstance(one.data, HandoverNotified)]
    right_alone = what == "the wrong one"
    assert [one.meta.causation_id for one in told] == [first.id, right.id][: 1 + right_alone]
    assert (
        answer_to(followup, right).TYPE
        == (AgencyEventDeferred if what == "the correction" else HandoverNotified).TYPE
    )


async def test_a_notice_that_is_put_right_within_the_consent_is_told(followup: World) -> None:
    case_id, later = admitted(followup), NOTICE.model_copy(update={"due_on": date(2019, 10, 1)})
    followup.feed(followup.intake.consented(case_id))
    void, right = correction_of(followup, first := notifies(followup, case_id), later)
    followup.feed(void, right)
    assert (answer_to(followup, first).TYPE, answer_to(followup, right)) == (later.TYPE, later)
