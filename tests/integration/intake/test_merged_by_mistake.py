"""Two who were merged by a mistyped ID number are two again once the registration counts no more."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.intake.case_posts import void
from tests.integration.intake.desk import POLICE, Desk, verdicts
from tests.integration.intake.people import BO_DE, NGOC_LAM, case_of, registered, told
from tests.integration.intake.posts import Post, contact, introduction

NUMBER, RIGHT = "001090123456", "001090999999"


def test_voiding_the_registration_that_merged_two_parts_them(desk: Desk) -> None:
    slip = merged_by_a_slip(desk)
    assert verdicts(desk.post(void(BO_DE, "B", slip.id))) == ["accepted"]
    assert {one["data"]["ground"] for one in told(desk, "clients-unmerged")} == {"other"}
    assert case_of(desk, POLICE, "PX") != case_of(desk, NGOC_LAM, "A")
    assert told(desk, "case-reopened")[-1]["data"]["reason"] == "unmerged"
    assert told(desk, "clients-distinguished") == []


def test_a_correction_to_another_number_parts_them_and_one_that_keeps_it_does_not(desk: Desk) -> None:
    slip = merged_by_a_slip(desk)
    kept = registered(BO_DE, "B", id_number=NUMBER, year=1991, corrects=slip.id)
    assert verdicts(desk.post(kept)) == ["accepted"]
    assert told(desk, "clients-unmerged") == []
    other = merged_by_a_slip(desk, tag="2", number="001090123457")
    right = registered(BO_DE, "B2", id_number=RIGHT, corrects=other.id)
    assert verdicts(desk.post(right)) == ["accepted"]
    assert len(told(desk, "clients-unmerged")) == 2
    assert case_of(desk, BO_DE, "B2") != case_of(desk, NGOC_LAM, "A2")


def merged_by_a_slip(desk: Desk, tag: str = "", number: str = NUMBER) -> Post:
    """B is registered with the number of A; the registration."""
    desk.post(registered(NGOC_LAM, f"A{tag}", id_number=number), contact(POLICE, f"PX{tag}"))
    desk.post(introduction(POLICE, f"PX{tag}", BO_DE))
    given = told(desk, "client-introduced")[-1]["data"]["number"]
    about: dict[str, Any] = {"agency_ref": f"B{tag}", "introduction": given}
    slip = registered(BO_DE, f"B{tag}", id_number=number, about=about)
    before = len(told(desk, "clients-merged"))
    assert verdicts(desk.post(slip)) == ["accepted"]
    assert len(told(desk, "clients-merged")) == before + 2
    return slip


@pytest.mark.parametrize("corrects", [True, False])
def test_it_may_have_been_mistyped_for_either(desk: Desk, *, corrects: bool) -> None:
    merged_by_a_slip(desk)
    (slip, *_) = told(desk, "client-registered")
    slip_id = slip["meta"]["causation_id"]
    right = registered(NGOC_LAM, "A", id_number=RIGHT, corrects=slip_id)
    assert verdicts(desk.post(right if corrects else void(NGOC_LAM, "A", slip_id))) == ["accepted"]
    assert len(told(desk, "clients-unmerged")) == 2


@pytest.mark.parametrize("corrects", [True, False])
def test_the_correction_that_parted_them_is_corrected_or_voided_like_any_other(
    desk: Desk, *, corrects: bool
) -> None:
    slip = merged_by_a_slip(desk)
    right = registered(BO_DE, "B", id_number=RIGHT, corrects=slip.id)
    desk.post(right)
    again = registered(BO_DE, "B", id_number="001090888888", corrects=right.id)
    assert verdicts(desk.post(again if corrects else void(BO_DE, "B", right.id))) == ["accepted"]
