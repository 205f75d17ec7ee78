"""A closing told while two were one person ends the way of whom it was told of, and of nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from reftrack.intake.v1.cases_pb2 import CloseCaseRequest, VoidEventRequest

from tests.integration.intake.case_posts import reopening, void
from tests.integration.intake.desk import Desk, verdicts
from tests.integration.intake.people import (
    BO_DE,
    NGOC_LAM,
    case_of,
    commanded,
    merge,
    merge_id,
    registered,
    told,
    unmerge,
)
from tests.integration.intake.posts import NOW, closing, contact, counselling
from tests.integration.intake.test_told_while_merged import client_of, two


def test_a_closing_told_of_one_of_two_closes_the_own_case_of_that_one_when_they_are_two_again(
    desk: Desk,
) -> None:
    a, b = two(desk)
    first = ended_while_one(desk, a, b)
    assert (first["meta"]["subject"], first["meta"].get("client")) == (a, client_of(desk, b))
    again = [(one["meta"]["subject"], one["data"]["reason"]) for one in told(desk, "case-reopened")]
    assert sorted(again) == sorted([(a, "unmerged"), (b, "unmerged")])
    own = told(desk, "case-closed")[-1]
    assert (own["meta"]["subject"], own["data"]) == (b, first["data"])
    assert (own["meta"]["org"], own["meta"].get("client")) == (NGOC_LAM, None)
    assert (own["meta"]["occurred_at"], own["meta"]["causation_id"]) == (
        first["meta"]["occurred_at"], first["id"],
    )  # fmt: skip
    late = [counselling(org, ref, at=desk.clock.now()) for org, ref in ((BO_DE, "A"), (NGOC_LAM, "B"))]
    assert [one.get("code") for one in desk.post(*late)] == [None, "case_closed"]
    assert told(desk, "counselling-provided")[-1]["meta"]["subject"] == a


def test_who_voids_a_closing_told_while_two_were_one_opens_the_own_case_again(desk: Desk) -> None:
    a, b = two(desk)
    first = ended_while_one(desk, a, b)
    own = told(desk, "case-closed")[-1]
    desk.post(closing(BO_DE, "A", at=desk.clock.now()))
    desk.post(contact(BO_DE, "A", at=desk.clock.now() + timedelta(seconds=1)))
    assert verdicts(desk.post(void(NGOC_LAM, "B", first["meta"]["causation_id"]))) == ["accepted"], (
        "that the other one has a later case by now is nothing to that one"
    )
    voids = told(desk, "event-voided")
    undone = {(one["meta"]["subject"], one["data"]["event_id"]) for one in voids}
    assert undone == {(a, first["id"]), (b, own["id"])}
    assert verdicts(desk.post(counselling(NGOC_LAM, "B", at=desk.clock.now()))) == ["accepted"]
    assert told(desk, "counselling-provided")[-1]["meta"]["subject"] == b


def test_who_corrects_a_closing_told_while_two_were_one_corrects_it_in_the_own_case(desk: Desk) -> None:
    a, b = two(desk)
    first = ended_while_one(desk, a, b)
    slip = first["meta"]["causation_id"]
    for reason in ("lost_contact", "died"):
        right = closing(NGOC_LAM, "B", corrects=slip)
        right = replace(right, data={"reason": reason})
        assert verdicts(desk.post(right)) == ["accepted"]
        slip = right.id
        mine, own = sorted(told(desk, "case-closed")[-2:], key=lambda one: one["meta"]["subject"] != a)
        assert [(one["meta"]["subject"], one["data"]["reason"]) for one in (mine, own)] == [
            (a, reason), (b, reason),
        ]  # fmt: skip
        assert own["meta"]["causation_id"] == mine["id"]
    open_ones = desk.post(
        *(counselling(*who, at=desk.clock.now()) for who in ((BO_DE, "A"), (NGOC_LAM, "B")))
    )
    assert [one.get("code") for one in open_ones] == [None, "case_closed"]
    assert verdicts(desk.post(void(NGOC_LAM, "B", slip))) == ["accepted"]
    assert verdicts(desk.post(counselling(NGOC_LAM, "B", at=desk.clock.now()))) == ["accepted"]


def test_a_closing_told_of_a_third_is_undone_in_every_case_that_it_had_closed(desk: Desk) -> None:
    (a, b), third = two(desk), "ldtbxh-duc-giang"
    desk.post(registered(third, "C", "Lê Văn Ba"))
    c = case_of(desk, third, "C")
    merges = [merge_id(merge(desk, b, c)), merge_id(merge(desk, a, b))]
    slip = closing(third, "C")
    assert verdicts(desk.post(slip)) == ["accepted"]
    for merged in reversed(merges):
        desk.clock.move_to(desk.clock.now() + timedelta(hours=1))
        assert unmerge(desk, merged).refusal is None
    told_of = [(one["meta"]["subject"], one["meta"].get("client")) for one in told(desk, "case-closed")]
    whose = client_of(desk, c)
    assert [one for one in told_of if one[1] or one[0] == c][-3:] == [(a, whose), (b, whose), (c, None)]
    again = reopening(third, "C", at=desk.clock.now())
    right = replace(closing(third, "C", corrects=slip.id), data={"reason": "died"})
    assert verdicts(desk.post(again, right)) == ["accepted", "accepted"]
    here = [(NGOC_LAM, "B"), (third, "C")]
    assert verdicts(desk.post(*(counselling(*who, at=desk.clock.now()) for who in here))) == ["accepted"] * 2
    assert verdicts(desk.post(void(third, "C", right.id))) == ["accepted"]
    undone = [one["meta"]["subject"] for one in told(desk, "event-voided")]
    assert sorted(undone) == sorted([a, b, c] * 2)


def test_who_closes_by_command_closes_for_whom_that_office_has_to_do_with(desk: Desk) -> None:
    a, b = two(desk)
    merged = merge_id(merge(desk, a, b))
    done = commanded(desk, "CloseCase", CloseCaseRequest(case_id=a, reason="goals_met"), NGOC_LAM)
    assert done.refusal is None, done.refusal
    assert unmerge(desk, merged).refusal is None
    assert {one["meta"]["subject"] for one in told(desk, "case-reopened")} == {a, b}
    own = told(desk, "case-closed")[-1]
    assert own["meta"]["subject"] == b
    by_itself = VoidEventRequest(event_id=own["id"], reason="wrong_data")
    assert commanded(desk, "VoidEvent", by_itself, NGOC_LAM).refusal is None
    assert verdicts(desk.post(counselling(NGOC_LAM, "B", at=NOW))) == ["accepted"]


def ended_while_one(desk: Desk, a: str, b: str) -> dict[str, Any]:
    """The closing that was told of B, in the case of both, before the two were found to be two again."""
    merged = merge_id(merge(desk, a, b))
    assert verdicts(desk.post(closing(NGOC_LAM, "B"))) == ["accepted"]
    (over,) = (one for one in told(desk, "case-closed") if one["data"]["reason"] != "merged")
    desk.clock.move_to(NOW + timedelta(hours=1))
    assert unmerge(desk, merged).refusal is None
    return over
