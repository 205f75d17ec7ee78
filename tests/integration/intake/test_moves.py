"""Clients who move: who takes them up, the number for that, and the 24 hours to acknowledge it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from typing import Any
from uuid import UUID

import pytest
from chassis.timers import RING, Timer
from intake.domain.case import Case
from intake.domain.order import Step

from tests.integration.intake.case_posts import acknowledgement, move, void
from tests.integration.intake.desk import SOCIAL, Desk, verdicts
from tests.integration.intake.posts import NOW, Post, closing, registration

NEAR, FAR = "00145", "00625"
OTHER = "ldtbxh-ngoc-lam"
THERE = "ldtbxh-my-dinh-1"


def moved(desk: Desk, to_commune: str = FAR, to_org: str | None = None) -> dict[str, Any]:
    """The receipt of a registered client's move."""
    return desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), move(SOCIAL, "TV-1", to_commune, to_org))[
        1
    ]


def ring(desk: Desk) -> None:
    """What the clock does: everything that is due, once."""
    rows = desk.rows("SELECT kind, stream, key, due_at FROM timers WHERE due_at <= %s", desk.clock.now())
    desk.take([desk.command(RING, Timer(*row).message(), "system") for row in rows])


def case_of(desk: Desk) -> Case:
    case = desk.store.unit_of_work().get(Case, UUID(desk.events()[0]["meta"]["subject"]))
    assert case is not None
    return case


def test_the_office_of_the_commune_is_found_and_takes_the_client_up_by_the_number(desk: Desk) -> None:
    told = moved(desk)
    number = told["numbers"]["introduction"]
    recorded = desk.events()[-1]["data"]
    assert (recorded["to_org"], recorded["number"]) == (THERE, number)
    taken_up = registration(THERE, {"agency_ref": "MD-1", "introduction": number})
    assert verdicts(desk.post(taken_up)) == ["accepted"]
    took_on = {one.org for one in case_of(desk).reports if one.step is Step.REGISTERED}
    assert took_on == {SOCIAL, THERE}


def test_the_office_there_has_24_hours_from_when_we_were_told(desk: Desk) -> None:
    moved(desk)
    assert desk.events()[-1]["data"]["due_at"] == "2019-03-21T03:00:00Z"


def test_a_move_to_where_no_office_of_ours_is_is_recorded_and_nobody_owes_an_answer(desk: Desk) -> None:
    told = moved(desk, to_commune="27259")
    recorded = desk.events()[-1]["data"]
    assert (told["verdict"], told.get("numbers")) == ("accepted", None)
    assert (recorded["to_org"], recorded["number"], recorded["due_at"]) == (None, None, None)
    assert desk.count("timers") == 0


def test_an_office_that_does_not_work_in_that_commune_is_not_sent_anybody_there(desk: Desk) -> None:
    told = moved(desk, to_org=OTHER)
    assert (told["verdict"], told["code"], told["field"]) == ("rejected", "to_org_elsewhere", "/data/to_org")


def test_only_social_workers_take_somebody_up(desk: Desk) -> None:
    told = moved(desk, to_org="cap-my-dinh-1")
    assert (told["verdict"], told["code"]) == ("rejected", "not_for_this_kind")


def test_in_a_commune_made_of_several_it_has_to_be_said_which_office(desk: Desk) -> None:
    """Since 1 July 2025 the ward 00118 is made of Ngọc Lâm, parts of Bồ Đề and others."""
    at = datetime(2025, 8, 1, 3, tzinfo=UTC)
    desk.clock.move_to(at + timedelta(days=1))
    told = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), move(SOCIAL, "TV-1", "00118", at=at))[1]
    assert (told["verdict"], told["code"]) == ("rejected", "several_take_up")
    assert OTHER in told["remedy"]["en"]
    (again,) = desk.post(move(SOCIAL, "TV-1", "00118", OTHER, at=at))
    assert again["verdict"] == "accepted"
    assert desk.events()[-1]["data"]["to_org"] == OTHER


@pytest.mark.parametrize("by_number", [True, False])
def test_whoever_was_sent_the_client_acknowledges(desk: Desk, *, by_number: bool) -> None:
    number = moved(desk)["numbers"]["introduction"]
    desk.post(registration(THERE, {"agency_ref": "MD-1", "introduction": number}))
    about = {"introduction": number} if by_number else {"agency_ref": "MD-1"}
    (told,) = desk.post(acknowledgement(THERE, about))
    assert told["verdict"] == "accepted"
    (at,) = (event["id"] for event in desk.events() if event["type"] == "org.reftrack.client-moved.v1")
    assert desk.events()[-1]["data"]["move"] == at


def test_the_commune_authority_of_the_place_may_answer_for_the_office(desk: Desk) -> None:
    number = moved(desk)["numbers"]["introduction"]
    (told,) = desk.post(acknowledgement("ubnd-my-dinh-1", {"introduction": number}))
    assert told["verdict"] == "accepted"


def test_nobody_else_acknowledges_and_nobody_twice(desk: Desk) -> None:
    number = moved(desk)["numbers"]["introduction"]
    desk.post(acknowledgement(SOCIAL, {"agency_ref": "TV-1"}))
    assert desk.receipts()[-1]["code"] == "move_to_somebody_else"
    desk.post(acknowledgement(OTHER, {"introduction": number}))
    assert desk.receipts()[-1]["code"] == "number_unknown"
    desk.post(
        acknowledgement(THERE, {"introduction": number}), acknowledgement(THERE, {"introduction": number})
    )
    assert verdicts(desk.receipts()[-2:]) == ["accepted", "rejected"]
    assert desk.receipts()[-1]["code"] == "already_recorded"


def test_an_acknowledgement_waits_for_the_move(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), acknowledgement(SOCIAL, {"agency_ref": "TV-1"}))
    told = desk.receipts()[-1]
    assert (told["verdict"], told["code"]) == ("waiting", "too_early")


def test_a_move_is_acknowledged_after_the_case_was_closed_too(desk: Desk) -> None:
    number = moved(desk)["numbers"]["introduction"]
    at = NOW - timedelta(days=9)
    desk.post(closing(SOCIAL, "TV-1", at=at))
    (told,) = desk.post(acknowledgement(THERE, {"introduction": number}, at=at + timedelta(days=1)))
    assert told["verdict"] == "accepted"


# The clock


def later(desk: Desk, **more: float) -> None:
    desk.clock.move_to(NOW + timedelta(**more))


def test_after_24_hours_without_an_answer_the_clock_says_so_once(desk: Desk) -> None:
    moved(desk)
    later(desk, hours=23)
    ring(desk)
    assert "deadline-passed" not in desk.types()
    later(desk, hours=24)
    ring(desk)
    ring(desk)
    told = desk.events()[-1]
    assert desk.types().count("deadline-passed") == 1
    assert told["data"]["which"] == "move_acknowledgement"
    assert told["data"]["about"] == desk.events()[-2]["id"]
    assert (told["meta"]["occurred_at"], told["meta"]["actor"]) == ("2019-03-21T03:00:00Z", "clock")
    assert desk.count("timers") == 0


def test_hours_that_ran_into_another_law_are_judged_by_that_of_the_day_from_which_they_ran(
    desk: Desk,
) -> None:
    told_at = datetime(2026, 6, 30, 11, tzinfo=UTC)
    desk.clock.move_to(told_at)
    moved(desk)
    desk.clock.move_to(told_at + timedelta(days=1))
    ring(desk)
    passed = desk.events()[-1]
    assert passed["type"] == "org.reftrack.deadline-passed.v1"
    assert passed["meta"]["occurred_at"] == "2026-07-01T11:00:00Z"
    assert passed["meta"]["policy_version"].startswith("vn-law-2021@")


def test_what_was_acknowledged_in_time_or_voided_is_not_overdue(desk: Desk) -> None:
    first = move(SOCIAL, "TV-1", FAR)
    _, told = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), first)
    desk.post(acknowledgement(THERE, {"introduction": told["numbers"]["introduction"]}))
    second = move(SOCIAL, "TV-1", NEAR)
    desk.post(second, void(SOCIAL, "TV-1", second.id, "did_not_happen"))
    later(desk, days=2)
    ring(desk)
    assert "deadline-passed" not in desk.types()


def test_an_answer_that_is_voided_after_the_deadline_leaves_the_move_overdue(desk: Desk) -> None:
    number = moved(desk)["numbers"]["introduction"]
    answer = acknowledgement(THERE, {"introduction": number})
    desk.post(answer)
    later(desk, hours=25)
    ring(desk)
    assert "deadline-passed" not in desk.types()
    desk.post(void(THERE, {"introduction": number}, answer.id, "did_not_happen"))
    ring(desk)
    assert desk.types()[-1] == "deadline-passed"
    assert desk.count("timers") == 0


def test_an_answer_after_the_deadline_is_taken_all_the_same(desk: Desk) -> None:
    number = moved(desk)["numbers"]["introduction"]
    later(desk, days=2)
    ring(desk)
    (told,) = desk.post(acknowledgement(THERE, {"introduction": number}, at=NOW + timedelta(days=2)))
    assert told["verdict"] == "accepted"


def test_who_was_sent_a_move_that_was_voided_is_told_so(desk: Desk) -> None:
    post = move(SOCIAL, "TV-1", FAR)
    _, told = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), post)
    desk.post(void(SOCIAL, "TV-1", post.id, "did_not_happen"))
    number = told["numbers"]["introduction"]
    desk.post(acknowledgement(THERE, {"introduction": number}))
    assert desk.receipts()[-1]["code"] == "introduction_voided"


def test_a_move_stands_on_the_work_list_late_or_not_until_it_is_acknowledged(desk: Desk) -> None:
    def due() -> list[Any]:
        return desk.rows("SELECT which, number, org, other, since::text, case_id::text FROM deadlines")

    number = moved(desk)["numbers"]["introduction"]
    case_id = desk.events()[0]["meta"]["subject"]
    row = ("move_acknowledgement", number, THERE, SOCIAL, "2019-03-20", case_id)
    later(desk, days=2)
    ring(desk)
    assert due() == [row]
    answer = acknowledgement(THERE, {"introduction": number}, at=NOW + timedelta(days=2))
    desk.post(answer)
    assert due() == []
    desk.post(void(THERE, {"introduction": number}, answer.id, "did_not_happen"))
    assert due() == [row]


def test_a_move_that_was_voided_is_due_for_nobody_and_one_that_corrects_it_is(desk: Desk) -> None:
    first = move(SOCIAL, "TV-1", FAR)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), first)
    right = replace(move(SOCIAL, "TV-1", "00133"), corrects=first.id)
    desk.post(right)
    assert desk.rows("SELECT org FROM deadlines") == [(OTHER,)]
    desk.post(void(SOCIAL, "TV-1", right.id, "did_not_happen"))
    assert desk.count("deadlines") == 0


def put_right(desk: Desk, first: Post) -> None:
    """The same move, of which we were told on another day than it was first said."""
    right = replace(move(SOCIAL, "TV-1", FAR, notified_on="2019-03-11"), corrects=first.id)
    assert verdicts(desk.post(right)) == ["accepted"]


def test_a_move_to_the_same_office_that_is_put_right_is_due_when_the_wrong_one_was(desk: Desk) -> None:
    first = move(SOCIAL, "TV-1", FAR)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), first)
    due = desk.rows("SELECT org, since, due_at FROM deadlines")
    later(desk, hours=23)
    put_right(desk, first)
    assert desk.rows("SELECT org, since, due_at FROM deadlines") == due
    later(desk, hours=24)
    ring(desk)
    assert desk.types()[-1] == "deadline-passed"
    put_right(desk, replace(first, id=desk.events()[-2]["meta"]["causation_id"]))
    ring(desk)
    assert desk.types().count("deadline-passed") == 1, "it is late already"
    assert desk.rows("SELECT org, since, due_at FROM deadlines") == due


def test_a_move_that_was_acknowledged_and_is_put_right_stays_acknowledged_by_the_same_office(
    desk: Desk,
) -> None:
    first = move(SOCIAL, "TV-1", FAR)
    _, told = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), first)
    desk.post(acknowledgement(THERE, {"introduction": told["numbers"]["introduction"]}))
    put_right(desk, first)
    later(desk, days=2)
    ring(desk)
    assert (desk.count("deadlines"), "deadline-passed" in desk.types()) == (0, False)
    right = desk.events()[-1]["meta"]["causation_id"]
    desk.post(replace(move(SOCIAL, "TV-1", "00133"), corrects=right))
    assert desk.rows("SELECT org FROM deadlines") == [(OTHER,)], "another office owes its own answer"


# The notice that the law asks for


LAW = datetime(2026, 6, 30, 17, tzinfo=UTC)
"""1 July 2026, 0:00 in Viet Nam: Law 120/2025/QH15 asks for a notice within 24 hours of the move."""


def left(desk: Desk, at: datetime, notified_on: str) -> dict[str, Any]:
    """What is recorded of a move, reported on the third day after it."""
    desk.clock.move_to(at + timedelta(days=3))
    went = move(SOCIAL, "TV-1", "27259", notified_on=notified_on, at=at)
    _, told = desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), went)
    assert told["verdict"] == "accepted"
    return desk.events()[-1]


@pytest.mark.parametrize(
    ("moved_at", "notified_on", "late"),
    [
        (LAW - timedelta(seconds=1), "2026-07-03", None),
        (LAW, "2026-07-01", False),
        (LAW, "2026-07-02", False),
        (LAW, "2026-07-03", True),
        (LAW + timedelta(hours=9), "2026-07-02", False),
        (LAW + timedelta(hours=9), "2026-07-03", True),
        (LAW + timedelta(hours=9), "2026-06-29", False),
    ],
)
def test_a_notice_is_late_by_the_law_of_the_day_of_the_move_and_never_refused(
    desk: Desk, moved_at: datetime, notified_on: str, late: bool | None
) -> None:
    told = left(desk, moved_at, notified_on)
    due = None if late is None else moved_at + timedelta(hours=24)
    said = told["data"]["notice_due_at"]
    assert (told["data"]["notified_late"], said and datetime.fromisoformat(said)) == (late, due)
    assert told["meta"]["policy_version"].startswith("vn-law-2021" if late is None else "vn-law-2025")


def test_moves_of_before_there_was_the_list_stand_on_it(desk: Desk) -> None:
    number, wrong = moved(desk)["numbers"]["introduction"], move(SOCIAL, "TV-1", "00133")
    _, answered = desk.post(wrong, move(SOCIAL, "TV-1", FAR))
    desk.post(void(SOCIAL, "TV-1", wrong.id))
    desk.post(acknowledgement(THERE, {"introduction": answered["numbers"]["introduction"]}, at=NOW))
    row = desk.rows("SELECT * FROM deadlines")
    assert [one[4] for one in row] == [number]
    desk.execute("DELETE FROM deadlines")
    desk.execute((files("intake") / "migrations" / "0270_moves_of_before.sql").read_text())
    assert desk.rows("SELECT * FROM deadlines") == row
