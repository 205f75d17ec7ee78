"""Each group of clients goes its own way: what it has, what it does not, and what a refusal must not tell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from tests.integration.intake.case_posts import declined, of_group, revision
from tests.integration.intake.desk import POLICE, SOCIAL, Desk, verdicts
from tests.integration.intake.posts import (
    Post,
    contact,
    counselling,
    intervention,
    introduction,
    plan,
    referral,
    screening,
)

CLINIC = "methadone-long-bien"
LEGAL_AID = "tgpl-ha-noi"
GROUPS = ("drug_user", "sex_worker", "person_with_hiv", "relative", "trafficking_victim")
SERVICES = {"methadone": CLINIC, "legal_aid": LEGAL_AID}


def told(desk: Desk, group: str, posts: Iterable[Post]) -> list[str]:
    """The code of each refusal, "" for what was taken or passed on."""
    desk.post(of_group(SOCIAL, "TV-1", group))
    codes = []
    for post in posts:
        receipts = desk.post(post)
        codes.append(receipts[0].get("code", "") if receipts else "")
    return codes


def admission(about: dict[str, str]) -> Post:
    """The commune authority takes somebody in for detoxification at home."""
    data = {"kind": "home_community"}
    return Post("ubnd-bo-de", "detox-admitted", about, data)


def test_a_drug_user_is_screened_gets_a_brief_intervention_a_plan_and_treatment(desk: Desk) -> None:
    way = (screening(SOCIAL, "TV-1"), intervention(SOCIAL, "TV-1"), plan(SOCIAL, "TV-1"))
    assert told(desk, "drug_user", (*way, referral(SOCIAL, "TV-1", CLINIC))) == [""] * 4


@pytest.mark.parametrize("group", ["person_with_hiv", "sex_worker"])
def test_a_plan_and_referrals_need_no_screening_and_a_screening_is_possible(desk: Desk, group: str) -> None:
    way = (plan(SOCIAL, "TV-1"), referral(SOCIAL, "TV-1", LEGAL_AID, "legal_aid"))
    more = (screening(SOCIAL, "TV-1"), referral(SOCIAL, "TV-1", CLINIC))
    assert told(desk, group, (*way, *more)) == [""] * 4


def test_a_relative_is_counselled_and_referred_but_neither_screened_nor_treated(desk: Desk) -> None:
    family = counselling(SOCIAL, "TV-1")
    family = replace(family, data={**family.data, "topic": "family", "audience": "relative"})
    has = (family, plan(SOCIAL, "TV-1"), referral(SOCIAL, "TV-1", LEGAL_AID, "legal_aid"))
    has_not = (screening(SOCIAL, "TV-1"), declined(SOCIAL, "TV-1"), intervention(SOCIAL, "TV-1"))
    assert told(desk, "relative", (*has, *has_not)) == [""] * 3 + ["not_in_path"] * 3
    (receipt,) = desk.post(referral(SOCIAL, "TV-1", CLINIC))
    assert (receipt["code"], receipt["field"]) == ("service_not_in_path", "/data/service")


@pytest.mark.parametrize(("group", "code"), [("relative", "not_in_path"), ("sex_worker", None)])
def test_detox_of_a_relative_is_refused_here_and_never_reaches_the_service_that_decides(
    desk: Desk, group: str, code: str | None
) -> None:
    first = contact(POLICE, "PX-1")
    first = replace(first, data={**first.data, "client_group": group})
    _, introduced = desk.post(first, introduction(POLICE, "PX-1", SOCIAL))
    posted = admission({"introduction": introduced["numbers"]["introduction"]})
    codes = [receipt.get("code") for receipt in desk.post(posted)]
    assert codes == ([code] if code else [])
    assert ("agency-event-routed" in desk.types()) is (code is None)


def test_a_victim_of_trafficking_returns_with_papers_and_legal_aid_and_is_not_screened(desk: Desk) -> None:
    has = (plan(SOCIAL, "TV-1"), referral(SOCIAL, "TV-1", LEGAL_AID, "legal_aid"))
    has_not = (screening(SOCIAL, "TV-1"), referral(SOCIAL, "TV-1", CLINIC))
    assert told(desk, "trafficking_victim", (*has, *has_not)) == [
        "",
        "",
        "not_in_path",
        "service_not_in_path",
    ]


def test_the_way_of_the_latest_registration_is_the_one_that_counts(desk: Desk) -> None:
    wrong = of_group(SOCIAL, "TV-1", "relative")
    desk.post(wrong, replace(of_group(SOCIAL, "TV-1", "drug_user"), corrects=wrong.id))
    assert verdicts(desk.post(screening(SOCIAL, "TV-1"))) == ["accepted"]


@pytest.mark.parametrize("group", GROUPS)
def test_a_plan_is_revised_only_where_there_is_one(desk: Desk, group: str) -> None:
    assert told(desk, group, [revision(SOCIAL, "TV-1", "legal_aid")]) == ["too_early"]
    assert verdicts(desk.post(plan(SOCIAL, "TV-1"))) == ["accepted", "accepted"]
    assert desk.types()[-2:] == ["plan-agreed", "plan-revised"]


def test_no_refusal_says_of_which_group_the_client_is(desk: Desk) -> None:
    desk.post(of_group(SOCIAL, "TV-1", "trafficking_victim"), of_group(SOCIAL, "TV-2", "relative"))
    one, other = (desk.post(referral(SOCIAL, ref, CLINIC))[0] for ref in ("TV-1", "TV-2"))
    unlike = ("id", "offset")
    assert {**one, **dict.fromkeys(unlike)} == {**other, **dict.fromkeys(unlike)}


def test_police_are_told_the_same_of_everybody(desk: Desk) -> None:
    answers = set()
    for n, group in enumerate(GROUPS):
        first = contact(POLICE, f"PX-{n}")
        desk.post(replace(first, data={**first.data, "client_group": group}))
        (receipt,) = desk.post(contact(POLICE, f"PX-{n}"))
        answers.add((receipt["verdict"], receipt.get("code")))
    assert answers == {("accepted", None)}
