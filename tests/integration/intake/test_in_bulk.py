"""A batch is looked up together: how often PostgreSQL is asked does not grow with the batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.store.datastore import Datastore
from contracts.envelope import Meta
from contracts.events.referral import ReferralRequested
from contracts.vocabulary import Service

from tests.integration.intake.desk import SOCIAL, Desk
from tests.integration.intake.people import corrected
from tests.integration.intake.posts import NOW, contact, referral, registration

CLINIC = "methadone-long-bien"


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a connection was lent since the last call."""
    times, lend = [0], Datastore.get_connection

    def counted(self: Datastore) -> AbstractContextManager[Any]:
        times[0] += 1
        return lend(self)

    def since() -> int:
        count, times[0] = times[0], 0
        return count

    monkeypatch.setattr(Datastore, "get_connection", counted)
    return since


def test_twenty_posts_cost_as_many_queries_as_two(desk: Desk, lent: Callable[[], int]) -> None:
    desk.post(*(contact(SOCIAL, f"TV-{n}") for n in range(40)))
    lent()
    desk.post(*(contact(SOCIAL, f"TV-{n}") for n in range(2)))
    few = lent()
    desk.post(*(contact(SOCIAL, f"TV-{n}") for n in range(20, 40)))
    assert lent() == few


def test_twenty_registrations_of_people_known_by_number_cost_as_many_queries_as_two(
    desk: Desk, lent: Callable[[], int]
) -> None:
    """New references, references bound before, and people of whom each has the number of somebody else."""
    others = "ldtbxh-ngoc-lam"
    desk.post(
        *(registration(SOCIAL, {"agency_ref": f"TV-{n}"}, id_number=f"0010900{n:05}") for n in range(44))
    )
    desk.post(*(registration(others, {"agency_ref": f"NL-{n}"}) for n in range(22)))
    lent()
    costs = []
    for some in (range(2), range(2, 22)):
        linked = [registration(others, {"agency_ref": f"NG-{n}"}, id_number=f"0010900{n:05}") for n in some]
        bound = [corrected(others, f"NL-{n}", full_name=f"Trần Thị {n}") for n in some]
        desk.post(*linked, *bound)
        costs.append(lent())
    assert costs[0] == costs[1]
    assert desk.types().count("case-opened") == 66


def test_twenty_answers_of_an_owner_cost_as_many_queries_as_two(desk: Desk, lent: Callable[[], int]) -> None:
    desk.post(*(registration(SOCIAL, {"agency_ref": f"TV-{n}"}) for n in range(22)))
    desk.post(*(referral(SOCIAL, f"TV-{n}", CLINIC) for n in range(22)))
    answers = [requested(desk, n, *routed) for n, routed in enumerate(all_routed(desk))]
    lent()
    desk.take(answers[:2])
    few = lent()
    assert len(desk.take(answers[2:])) == 20
    assert lent() == few


def all_routed(desk: Desk) -> list[tuple[str, UUID]]:
    routed = [event for event in desk.events() if event["type"] == "org.reftrack.agency-event-routed.v1"]
    return [(event["id"], UUID(event["meta"]["subject"])) for event in routed]


def requested(desk: Desk, n: int, cause: str, case: UUID) -> Any:
    data = ReferralRequested(service=Service.METHADONE, provider=CLINIC, number=f"CG-4F7K-92QX-T6{n:02}-M")
    meta = Meta(
        subject=case,
        occurred_at=NOW,
        received_at=NOW,
        actor="x",
        org=CLINIC,
        policy_version="p@1",
        correlation_id="c",
        causation_id=cause,
    )
    return desk.owner_says("referral", uuid4(), 1, data, meta)
