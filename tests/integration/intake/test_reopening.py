"""Cases that are closed go on: reopened by who may, unless the client has a later one."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations

import pytest

from tests.integration.intake.case_posts import reopening, void, withdrawal
from tests.integration.intake.desk import POLICE, SOCIAL, Desk, verdicts
from tests.integration.intake.posts import (
    NOW,
    Post,
    closing,
    contact,
    counselling,
    introduction,
    registration,
)

CLOSED_AT = NOW - timedelta(days=6)


def closed(desk: Desk) -> Post:
    post = closing(SOCIAL, "TV-1", at=CLOSED_AT)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), post)
    return post


def after(days: float) -> datetime:
    return CLOSED_AT + timedelta(days=days)


def test_a_reopened_case_goes_on(desk: Desk) -> None:
    closed(desk)
    told = desk.post(
        counselling(SOCIAL, "TV-1", at=after(1)),
        reopening(SOCIAL, "TV-1", at=after(2)),
        counselling(SOCIAL, "TV-1", at=after(3)),
    )
    assert [one.get("code") for one in told] == ["case_closed", None, None]
    assert len({event["meta"]["subject"] for event in desk.events()}) == 1


def test_a_reopened_case_is_closed_and_reopened_again(desk: Desk) -> None:
    closed(desk)
    told = desk.post(
        reopening(SOCIAL, "TV-1", at=after(1)),
        closing(SOCIAL, "TV-1", at=after(2)),
        reopening(SOCIAL, "TV-1", at=after(3)),
        closing(SOCIAL, "TV-1", at=after(4)),
        closing(SOCIAL, "TV-1", at=after(5)),
    )
    assert [one.get("code") for one in told] == [None] * 4 + ["case_closed"]


def test_a_reopening_waits_for_the_closing(desk: Desk) -> None:
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), reopening(SOCIAL, "TV-1", at=after(1)))
    assert desk.receipts()[-1]["code"] == "too_early"
    told = desk.post(closing(SOCIAL, "TV-1", at=CLOSED_AT))
    assert verdicts(told) == ["accepted", "accepted"]
    assert desk.types()[-2:] == ["case-closed", "case-reopened"]


def test_an_open_case_is_not_reopened_nor_one_before_it_was_closed(desk: Desk) -> None:
    closed(desk)
    told = desk.post(
        reopening(SOCIAL, "TV-1", at=after(-1)),
        reopening(SOCIAL, "TV-1", at=after(1)),
        reopening(SOCIAL, "TV-1", at=after(2)),
    )
    assert [one.get("code") for one in told] == ["reopened_before_closing", None, "case_is_open"]


def test_of_a_client_who_has_a_later_case_none_is_reopened(desk: Desk) -> None:
    _, told = desk.post(
        contact(POLICE, "PX-1", at=after(-3)), introduction(POLICE, "PX-1", SOCIAL, at=after(-3))
    )
    number = told["numbers"]["introduction"]
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1", "introduction": number}, at=after(-2)))
    desk.post(closing(SOCIAL, "TV-1", at=CLOSED_AT), contact(SOCIAL, "TV-1", at=after(1)))
    by_number = Post(
        SOCIAL,
        "case-reopened",
        {"introduction": number},
        {"reason": "came_back"},
        CLOSED_AT + timedelta(days=2),
    )
    (told,) = desk.post(by_number)
    assert (told["verdict"], told["code"]) == ("rejected", "later_case_open")


@pytest.mark.parametrize(
    ("office", "code"), [(POLICE, "not_yours_to_report"), ("tyt-bo-de", "not_yours_to_report")]
)
def test_who_may_not_close_cases_may_not_reopen_them(desk: Desk, office: str, code: str) -> None:
    closed(desk)
    (told,) = desk.post(reopening(office, "TV-1", at=after(1)))
    assert told["code"] == code


def test_a_voided_reopening_leaves_the_case_closed(desk: Desk) -> None:
    closed(desk)
    again = reopening(SOCIAL, "TV-1", at=after(1))
    desk.post(again, void(SOCIAL, "TV-1", again.id, "entered_twice"))
    (told,) = desk.post(counselling(SOCIAL, "TV-1", at=after(2)))
    assert told["code"] == "case_closed"


def test_a_consent_is_withdrawn_after_the_closing_too_by_the_agencys_own_id_for_it(desk: Desk) -> None:
    data = {"purposes": ["treatment"], "recipients": ["provider"], "labels": ["DRUG"]}
    consent = Post(SOCIAL, "consent-given", {"agency_ref": "TV-1"}, data)
    desk.post(registration(SOCIAL, {"agency_ref": "TV-1"}), consent, closing(SOCIAL, "TV-1", at=CLOSED_AT))
    (told,) = desk.post(withdrawal(SOCIAL, "TV-1", consent.id, at=after(1)))
    assert told["verdict"] == "accepted"
    given = next(event for event in desk.events() if event["type"] == "org.reftrack.consent-given.v1")
    assert desk.events()[-1]["data"]["consent"] == given["id"]


@pytest.mark.parametrize("by", ["reopening", "voiding the closing"])
@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_later_case_of_which_nothing_stands_blocks_no_reopening(
    desk: Desk, order: tuple[int, ...], by: str
) -> None:
    end = closed(desk)
    (first,) = {event["meta"]["subject"] for event in desk.events()}
    mistaken = [
        contact(SOCIAL, "TV-1", at=after(1)),
        registration(SOCIAL, {"agency_ref": "TV-1"}, at=after(1)),
        counselling(SOCIAL, "TV-1", at=after(1)),
    ]
    desk.post(*mistaken)
    mends = void(SOCIAL, "TV-1", end.id, "did_not_happen") if by != "reopening" else None
    if mends is not None:
        (early,) = desk.post(replace(mends, id="early"))
        assert early["code"] == "later_case_open"
    for n in order:
        assert verdicts(desk.post(void(SOCIAL, "TV-1", mistaken[n].id, "wrong_person"))) == ["accepted"]
    assert desk.events()[-1]["data"] == {"reason": "merged", "note": None, "into_case": first}
    mended, met = desk.post(mends or reopening(SOCIAL, "TV-1", at=after(2)), contact(SOCIAL, "TV-1", at=NOW))
    assert verdicts([mended, met]) == ["accepted"] * 2
    assert desk.events()[-1]["meta"]["subject"] == first


def test_the_only_case_of_a_client_stays_open_though_nothing_stands_in_it(desk: Desk) -> None:
    only = contact(SOCIAL, "TV-1")
    desk.post(only, void(SOCIAL, "TV-1", only.id))
    assert "case-closed" not in desk.types()
