"""A commune is told of a stay by the client's consent or by the law that the facility names, else not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import grpc
import pytest
from contracts.base import Label, Payload
from contracts.envelope import Recorded
from contracts.events.common import AgencyEventDeferred, AgencyEventRefused
from contracts.events.followup import DetoxAdmittedPosted, DetoxCompleted, HandoverNotified
from contracts.vocabulary import DetoxKind

from tests.integration.owners.intake_log import BEGUN
from tests.integration.owners.world import World, details, kinds

FACILITY, COMMUNE = "cai-nghien-ha-noi", "ubnd-bo-de"
NOTICE = HandoverNotified(to_org=COMMUNE, to_commune="00139", due_on=date(2019, 9, 1))
COMPLETED = DetoxCompleted(months=6)
DAY = timedelta(days=1)


def admitted(world: World, kind: DetoxKind = DetoxKind.VOLUNTARY) -> UUID:
    case_id = uuid4()
    world.feed(world.intake.opened(case_id))
    world.feed(world.intake.routed(case_id, DetoxAdmittedPosted(kind=kind), FACILITY))
    return case_id


def notifies(world: World, case_id: UUID, basis: str | None = None) -> Recorded[Payload]:
    routed = world.intake.routed(case_id, NOTICE, FACILITY, legal_basis=basis)
    world.feed(routed)
    return routed


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
