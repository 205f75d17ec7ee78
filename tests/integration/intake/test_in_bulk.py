"""A batch is looked up together: how often PostgreSQL is asked does not grow with the batch."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from chassis.store.datastore import Datastore
from contracts.envelope import Meta
from contracts.events.referral import ReferralRequested
from contracts.vocabulary import Service

from tests.integration.intake.desk import SOCIAL, Desk
from tests.integration.intake.people import BO_DE, case_of, corrected, merge, merge_id
from tests.integration.intake.posts import NOW, closing, contact, counselling, referral, registration

FIRST = NOW - timedelta(days=15)
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


@pytest.mark.parametrize("joined", [False, True])
def test_twenty_posts_of_people_who_came_back_or_were_merged_cost_as_many_queries_as_two(
    desk: Desk, lent: Callable[[], int], joined: bool
) -> None:
    refs = [f"TV-{n}" for n in range(22)]
    desk.post(*(contact(BO_DE, ref, at=FIRST) for ref in refs))
    if joined:
        desk.post(*(contact(BO_DE, f"X-{ref}", at=FIRST) for ref in refs))
        for ref in refs:
            merge_id(merge(desk, case_of(desk, BO_DE, f"X-{ref}"), case_of(desk, BO_DE, ref)))
    else:
        desk.post(*(closing(BO_DE, ref, at=FIRST + timedelta(hours=1)) for ref in refs))
        desk.post(*(contact(BO_DE, ref) for ref in refs))
    desk.post(*(counselling(BO_DE, ref) for ref in refs))
    costs = []
    for some in (refs[:2], refs[2:]):
        anew = desk.started_again()
        lent()
        results = anew.submit(*(counselling(BO_DE, ref) for ref in some))
        assert not any(result.error or result.parked for result in results)
        costs.append(lent())
        anew.close()
    assert costs[0] == costs[1]


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
